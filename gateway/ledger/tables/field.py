"""What drivers have found out about their devices."""

from sqlalchemy import (
    JSON,
    Column,
    String,
    Table,
)

from gateway.ledger.tables.naming import metadata

# By connection; what it says is the driver's own (gateway/findings.py).
finding = Table(
    "finding",
    metadata,
    Column("connection", String(64), primary_key=True),
    Column("found", JSON, nullable=False),
)
