"""The ledger: alarms, tickets, users and audit. Business records, on SQLite or PostgreSQL."""
