"""Alarm changes are numbered in the order of their commits

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = "alarm, sequence, at, move, before, after, who, reason"


def upgrade() -> None:
    op.execute(f"CREATE TABLE alarm_change_before AS SELECT {COLUMNS} FROM alarm_change")
    op.drop_table("alarm_change")
    op.create_table(
        "alarm_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alarm", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("move", sa.String(length=16), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alarm"], ["alarm.id"], name=op.f("fk_alarm_change_alarm")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_change")),
        sa.UniqueConstraint("alarm", "sequence", name=op.f("uq_alarm_change_alarm_sequence")),
    )
    # In which order those of different alarms came nobody has written down. Within an alarm the
    # sequence decides, whatever the clocks said.
    op.execute(
        f"INSERT INTO alarm_change ({COLUMNS}) SELECT {COLUMNS} FROM alarm_change_before ORDER BY "
        "max(at) OVER (PARTITION BY alarm ORDER BY sequence), alarm, sequence"
    )
    op.drop_table("alarm_change_before")
