"""Alembic's scripts: each version of the ledger's tables, in order."""
