"""How far the gateway has come: followers' cursors, what is due, and which of several is active."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
)

from gateway.ledger.tables.naming import metadata

cursor = Table(
    "cursor",
    metadata,
    Column("follower", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# Which of several gateways on this database is the active one (lease.py): one row. `renewed_at` is
# by the database's clock; `epoch` counts the take-overs.
lease = Table(
    "lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("name", String(64), nullable=False),
    Column("run", String(64), nullable=False),
    Column("journal", String(64), nullable=False),
    Column("renewed_at", BigInteger, nullable=False),
)

# What the active of several gateways has dealt with last, of each point that rules look at: another
# one may be sent it again (gateway/alarms/dealt_with.py).
dealt_with = Table(
    "dealt_with",
    metadata,
    Column("point", String(200), primary_key=True),
    Column("names", JSON, nullable=False),
)

# What is to happen at an instant: see timers.py.
timer = Table(
    "timer",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    Index("ix_timer_due_at", "due_at"),
)
