"""Tickets with their history, clocks and chains; shifts, hand-overs and keys lent."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from gateway.ledger.tables.naming import metadata

ticket = Table(
    "ticket",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", String(200), nullable=False),
    Column("device", String(100), nullable=False),
    Column("title", JSON, nullable=False),
    Column("place", JSON, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("job", String(16), nullable=False, server_default="repair"),
    Column("source", String(16), nullable=False, server_default="alarm"),
    Column("call", JSON),
    Column("assignee", String(64), nullable=False, server_default=""),
    Column("procedure", String(32)),
    Column("held_from", String(16)),
    Column("held_until", BigInteger),
    Column("merged_into", Integer),
    Column("code", String(32), nullable=False, server_default=""),
    Column("satisfied", Boolean),
    Column("callers", JSON, nullable=False, server_default="[]"),
    Column("external", String(100)),
    Index("ix_ticket_key", "key", "closed_at"),
)
_not_closed = text("closed_at IS NULL")
Index(
    "ux_ticket_open",
    ticket.c.key,
    unique=True,
    sqlite_where=_not_closed,
    postgresql_where=_not_closed,
)

# Append-only: every line of a ticket's history.
ticket_entry = Table(
    "ticket_entry",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.number"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("doing", JSON),
)

# What must be done in time on a ticket; started once more (`run`) when it is reopened.
ticket_clock = Table(
    "ticket_clock",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.number"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("run", SmallInteger, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("counting", String(64)),
    Column("left", BigInteger),
    Column("met_at", BigInteger),
    Column("dropped_at", BigInteger),
    Column("late_at", BigInteger),
)

# A chain of people told one after the other, frozen as it was when it began. `generation` counts
# the chains of a ticket: a timer of an older one does nothing. `told` counts who was told so far.
escalation = Table(
    "escalation",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.number"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("chain", JSON, nullable=False),
    Column("cause", String(16), nullable=False),
    Column("told", Integer, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("begun_by", String(64), nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", String(64)),
)

# The end of each shift. `sheet` is what it said when the leaving side signed.
handover = Table(
    "handover",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("shift", String(32), nullable=False),
    Column("team", String(32), nullable=False),
    Column("begun_at", BigInteger, nullable=False, unique=True),
    Column("due_at", BigInteger, nullable=False),
    Column("sheet", JSON(none_as_null=True)),
    Column("left_by", String(64)),
    Column("left_at", BigInteger),
    Column("taken_by", String(64)),
    Column("taken_at", BigInteger),
    Column("late_at", BigInteger),
)

# Append-only: what a shift tells the next one.
handover_note = Table(
    "handover_note",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("handover", Integer, ForeignKey("handover.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_handover_note_handover", "handover"),
)

# Append-only: from `since` on a user belongs to that team; null: to none.
roster = Table(
    "roster",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", String(64), ForeignKey("user_account.name"), nullable=False),
    Column("team", String(32)),
    Column("since", BigInteger, nullable=False),
    Column("set_by", String(64), nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Index("ix_roster_user", "user"),
)

# Keys and radios lent. At most one loan of each is not over.
key_loan = Table(
    "key_loan",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False),
    Column("holder", String(100), nullable=False),
    Column("lent_by", String(64), nullable=False),
    Column("lent_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("returned_at", BigInteger),
    Column("taken_back_by", String(64)),
)
_out = text("returned_at IS NULL")
Index("ux_key_loan_out", key_loan.c.key, unique=True, sqlite_where=_out, postgresql_where=_out)
