"""What each role may do."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a person is on this estate."""

    OPERATOR = "operator"
    ENGINEER = "engineer"
    TESTER = "tester"
    MANAGER = "manager"
    ADMIN = "admin"


class Right(StrEnum):
    """What can be allowed or not."""

    READ = "read"
    """See devices, readings, alarms, tickets and snapshots."""
    WORK = "work"
    """Acknowledge alarms and work tickets."""
    SEE_HEALTH = "see_health"
    """See how the gateway itself is doing: connections, followers, dead letters."""
    MANAGE_ACCOUNTS = "manage_accounts"
    """Add and change users, make sign-in links, issue and revoke tokens."""


RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OPERATOR: frozenset({Right.READ, Right.WORK}),
        Role.ENGINEER: frozenset({Right.READ, Right.WORK, Right.SEE_HEALTH}),
        Role.TESTER: frozenset({Right.READ, Right.SEE_HEALTH}),
        Role.MANAGER: frozenset({Right.READ, Right.WORK}),
        Role.ADMIN: frozenset(Right),
    }
)
