"""Suppression, clocks, escalation, notices, shifts and an audit chain

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

from gateway.ledger import chain

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("journal", sa.String(length=64), nullable=False),
        sa.Column("renewed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
    )
    op.create_table(
        "dealt_with",
        sa.Column("point", sa.String(length=200), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("point", name=op.f("pk_dealt_with")),
    )
    _shifts()
    _webhooks()
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parent", sa.String(length=200), nullable=True),
        sa.Column("work_order", sa.String(length=64), nullable=True),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
    )
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.create_index("ix_suppression_ended_at", ["ended_at"], unique=False)

    op.create_table(
        "timer",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_timer")),
    )
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.create_index("ix_timer_due_at", ["due_at"], unique=False)

    op.create_table(
        "escalation",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("chain", sa.JSON(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name=op.f("fk_escalation_ticket")),
        sa.PrimaryKeyConstraint("ticket", "generation", name=op.f("pk_escalation")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("failed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name=op.f("fk_notice_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_next_at", ["next_at"], unique=False)

    op.create_table(
        "ticket_clock",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("run", sa.SmallInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("counting", sa.String(length=64), nullable=True),
        sa.Column("left", sa.BigInteger(), nullable=True),
        sa.Column("met_at", sa.BigInteger(), nullable=True),
        sa.Column("dropped_at", sa.BigInteger(), nullable=True),
        sa.Column("late_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name=op.f("fk_ticket_clock_ticket")),
        sa.PrimaryKeyConstraint("ticket", "kind", "run", name=op.f("pk_ticket_clock")),
    )
    # Defaults are plain words: for an expression Alembic makes the table anew on SQLite, and cannot
    # drop the old one, to which others refer.
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("alarm_class", sa.String(length=16), server_default="process", nullable=False)
        )
        batch_op.add_column(
            sa.Column("quality", sa.String(length=8), server_default="good", nullable=False)
        )
        batch_op.add_column(sa.Column("suppressed", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(
            sa.Column("announced", sa.Boolean(), server_default="1", nullable=False)
        )
        batch_op.add_column(
            sa.Column("first_out", sa.Boolean(), server_default="0", nullable=False)
        )

    with op.batch_alter_table("condition", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("quality", sa.String(length=8), server_default="good", nullable=False)
        )
        batch_op.add_column(sa.Column("counted", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("doubted", sa.JSON(), server_default="[]", nullable=False))

    with op.batch_alter_table("alarm_change", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("occurrence", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.create_index("ix_alarm_change_at", ["at"], unique=False)
        batch_op.add_column(sa.Column("active", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("announced", sa.Boolean(), server_default="1", nullable=False)
        )
    change = sa.table("alarm_change", sa.column("active"), sa.column("after"))
    op.execute(change.update().where(change.c.after.in_(["unack", "acked"])).values(active=True))

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("role", sa.String(length=16), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("place", sa.String(length=64), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("before", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("after", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("hash", sa.String(length=64), server_default="", nullable=False)
        )
    _chain_what_is_there()
    _tickets()


def _tickets() -> None:
    with op.batch_alter_table("ticket_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("doing", sa.JSON(), nullable=True))

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("job", sa.String(length=16), server_default="repair", nullable=False)
        )
        batch_op.add_column(
            sa.Column("source", sa.String(length=16), server_default="alarm", nullable=False)
        )
        batch_op.add_column(sa.Column("call", sa.JSON(), nullable=True))
        batch_op.add_column(
            sa.Column("assignee", sa.String(length=64), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("procedure", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("held_from", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("held_until", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("code", sa.String(length=32), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("satisfied", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("external", sa.String(length=100), nullable=True))
        batch_op.create_index("ix_ticket_key", ["key", "closed_at"], unique=False)


def _chain_what_is_there() -> None:
    """Lines that were written before there was a chain."""
    table = sa.table("audit", *(sa.column(name) for name in ("id", *chain.FIELDS, "hash")))
    connection, above = op.get_bind(), chain.BEGINNING
    for row in connection.execute(sa.select(table).order_by(table.c.id)).all():
        above = chain.link(above, row._asdict())
        connection.execute(table.update().where(table.c.id == row.id).values(hash=above))


def _shifts() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shift", sa.String(length=32), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("sheet", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("left_by", sa.String(length=64), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", sa.String(length=64), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("late_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("begun_at", name=op.f("uq_handover_begun_at")),
    )
    op.create_table(
        "handover_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handover", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover"], ["handover.id"], name=op.f("fk_handover_note_handover")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_note")),
    )
    with op.batch_alter_table("handover_note", schema=None) as batch_op:
        batch_op.create_index("ix_handover_note_handover", ["handover"], unique=False)

    op.create_table(
        "roster",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user_account.name"], name=op.f("fk_roster_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
    )
    with op.batch_alter_table("roster", schema=None) as batch_op:
        batch_op.create_index("ix_roster_user", ["user"], unique=False)

    op.create_table(
        "key_loan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("lent_by", sa.String(length=64), nullable=False),
        sa.Column("lent_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("returned_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_back_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_loan")),
    )
    with op.batch_alter_table("key_loan", schema=None) as batch_op:
        batch_op.create_index(
            "ux_key_loan_out",
            ["key"],
            unique=True,
            sqlite_where=sa.text("returned_at IS NULL"),
            postgresql_where=sa.text("returned_at IS NULL"),
        )


def _webhooks() -> None:
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hook", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("failed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket"], ["ticket.number"], name=op.f("fk_webhook_event_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_event")),
    )
    with op.batch_alter_table("webhook_event", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_event_hook_next_at", ["hook", "next_at"], unique=False)
        batch_op.create_index("ix_webhook_event_hook_ticket", ["hook", "ticket"], unique=False)

    op.create_table(
        "webhook_answer",
        sa.Column("hook", sa.String(length=64), nullable=False),
        sa.Column("message", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hook", "message", name=op.f("pk_webhook_answer")),
    )
