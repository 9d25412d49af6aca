"""What is to be told to the outside, and what was answered to it."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
)

from gateway.ledger.tables.naming import metadata

# What is to be told to people and systems outside: written with what it tells of, sent later.
notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("ticket", Integer, ForeignKey("ticket.number")),
    Column("audience", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger),
    Column("channel", String(64)),
    Column("sent_at", BigInteger),
    Column("failed", Text),
    Index("ix_notice_next_at", "next_at"),
)

# What is to be told to another system of a ticket's change, to each webhook in the tickets' order.
webhook_event = Table(
    "webhook_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hook", String(64), nullable=False),
    Column("ticket", Integer, ForeignKey("ticket.number"), nullable=False),
    Column("message", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("failed", Text),
    Index("ix_webhook_event_hook_next_at", "hook", "next_at"),
    Index("ix_webhook_event_hook_ticket", "hook", "ticket"),
)

# What was answered to another system's message: one that comes again gets the same.
webhook_answer = Table(
    "webhook_answer",
    metadata,
    Column("hook", String(64), primary_key=True),
    Column("message", String(200), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
