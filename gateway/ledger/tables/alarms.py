"""Conditions, alarms with every move of theirs, and what keeps them quiet."""

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
    UniqueConstraint,
    false,
    text,
    true,
)

from gateway.ledger.tables.naming import metadata

# The alarm service's memory of every condition that is not plain NORMAL.
condition = Table(
    "condition",
    metadata,
    Column("rule", String(200), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("deadline", BigInteger),
    Column("holding", JSON, nullable=False),
    Column("evidence", JSON),
    Column("quality", String(8), nullable=False, server_default="good"),
    Column("counted", JSON, nullable=False, server_default="{}"),
    Column("doubted", JSON, nullable=False, server_default="[]"),
)

alarm = Table(
    "alarm",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rule", String(200), nullable=False),
    Column("device", String(100), nullable=False),
    Column("title", JSON, nullable=False),
    Column("place", JSON, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("attention", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("returned_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("evidence", JSON),
    Column("ticket", Integer, ForeignKey("ticket.number")),
    Column("alarm_class", String(16), nullable=False, server_default="process"),
    Column("quality", String(8), nullable=False, server_default="good"),
    Column("suppressed", JSON, nullable=False, server_default="[]"),
    Column("announced", Boolean, nullable=False, server_default=true()),
    Column("first_out", Boolean, nullable=False, server_default=false()),
    Index("ix_alarm_ticket", "ticket"),
)
_open = text("ended_at IS NULL")
Index("ux_alarm_open", alarm.c.rule, unique=True, sqlite_where=_open, postgresql_where=_open)

# Append-only: every move of an alarm; `active` as it is after it, `announced`: the operator was
# told with it. `id` counts them in the order of their commits, for all who follow: transactions
# are serial (Ledger), so none becomes visible after one with a higher id.
alarm_change = Table(
    "alarm_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alarm", Integer, ForeignKey("alarm.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("occurrence", Integer, nullable=False, server_default="0"),
    Column("at", BigInteger, nullable=False),
    Column("move", String(16), nullable=False),
    Column("before", String(16)),
    Column("after", String(16), nullable=False),
    Column("active", Boolean, nullable=False, server_default=false()),
    Column("announced", Boolean, nullable=False, server_default=true()),
    Column("who", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("alarm", "sequence"),
    Index("ix_alarm_change_at", "at"),
)

# Why alarms of a rule are kept from the operator. Never deleted: it ends.
suppression = Table(
    "suppression",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("rule", String(200), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("who", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("parent", String(200)),
    Column("work_order", String(64)),
    Column("approved_by", String(64)),
    Column("ended_at", BigInteger),
    Column("ended_by", String(64)),
    Index("ix_suppression_ended_at", "ended_at"),
)
