"""The ledger's tables, by subject. Instants are microseconds UTC; enumerations are stored by their
value.

A change here needs a migration in gateway/ledger/migrations; a test compares the two.
"""

from gateway.ledger.tables import access, alarms, desk, field, outside, progress, security
from gateway.ledger.tables.naming import metadata

__all__ = ["access", "alarms", "desk", "field", "metadata", "outside", "progress", "security"]
