"""The ledger's tables. Instants are microseconds UTC; enumerations are stored by their value.

A change here needs a migration in gateway/ledger/migrations; a test compares the two.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

cursor = Table(
    "cursor",
    metadata,
    Column("follower", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

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
    Index("ix_alarm_ticket", "ticket"),
)
_open = text("ended_at IS NULL")
Index("ux_alarm_open", alarm.c.rule, unique=True, sqlite_where=_open, postgresql_where=_open)

# Append-only: every move of an alarm. `id` counts them in the order of their commits, for all who
# follow: transactions are serial (Ledger), so none becomes visible after one with a higher id.
alarm_change = Table(
    "alarm_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alarm", Integer, ForeignKey("alarm.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("move", String(16), nullable=False),
    Column("before", String(16)),
    Column("after", String(16), nullable=False),
    Column("who", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("alarm", "sequence"),
)

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
)

user = Table(
    "user_account",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(200)),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Sessions, API tokens and one-time sign-in links: only SHA-256 digests of the secrets are kept.
# `role` is a token's own; null means the user's.
credential = Table(
    "credential",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("user", String(64), ForeignKey("user_account.name"), nullable=False),
    Column("role", String(16)),
    Column("label", String(100), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("ix_credential_user", "user"),
)

# Append-only: sign-ins, refusals, users and tokens made or changed.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),
)
