"""Users, what they sign in with, and what they did."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from gateway.ledger.tables.naming import metadata

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

# Append-only: every deed of a person. `hash` covers the line and the hash before it.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    Column("role", String(16), nullable=False, server_default=""),
    Column("place", String(64), nullable=False, server_default=""),
    Column("before", Text, nullable=False, server_default=""),
    Column("after", Text, nullable=False, server_default=""),
    Column("hash", String(64), nullable=False, server_default=""),
)
