"""What each role may do."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a person is on this estate."""

    OPERATOR = "operator"
    LEADER = "leader"
    """Leads a shift."""
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
    SHELVE = "shelve"
    """Keep an alarm quiet until the shift's end, and end that."""
    OUT_OF_SERVICE = "out_of_service"
    """Take a rule out of service, approve of that, and put it back."""
    END_TICKETS = "end_tickets"
    """Call people back, close tickets, merge them, or call them false alarms."""
    HAND_OVER = "hand_over"
    """Sign a hand-over, for the side that leaves or the one that takes over."""
    MANAGE_SHIFTS = "manage_shifts"
    """Say who belongs to which team."""
    COMMAND = "command"
    """Open a door or a barrier once, close it, switch a lamp; start, stop and set machines."""
    SECURE = "secure"
    """Arm, disarm and bypass; lock down, block, and keep open."""
    MANAGE_PASSES = "manage_passes"
    """Say which vehicles may pass."""
    SEE_HEALTH = "see_health"
    """See how the gateway itself is doing: connections, followers, dead letters."""
    TAKE_INTO_SERVICE = "take_into_service"
    """Look for new devices, and approve of their entries for the site file."""
    MANAGE_ACCOUNTS = "manage_accounts"
    """Add and change users, make sign-in links, issue and revoke tokens."""
    AUDIT = "audit"
    """Read the record of who did what."""


_SHELVING = frozenset({Right.READ, Right.WORK, Right.SHELVE})
_COMMANDING = frozenset({Right.COMMAND, Right.SECURE})
_DESK = _SHELVING | _COMMANDING | {Right.END_TICKETS, Right.HAND_OVER, Right.MANAGE_PASSES}

RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OPERATOR: _DESK,
        Role.LEADER: _DESK | {Right.MANAGE_SHIFTS},
        Role.ENGINEER: _SHELVING
        | {Right.OUT_OF_SERVICE, Right.SEE_HEALTH, Right.COMMAND, Right.TAKE_INTO_SERVICE},
        Role.TESTER: frozenset({Right.READ, Right.SEE_HEALTH}),
        Role.MANAGER: _SHELVING
        | _COMMANDING
        | {
            Right.OUT_OF_SERVICE,
            Right.END_TICKETS,
            Right.MANAGE_SHIFTS,
            Right.MANAGE_PASSES,
            Right.AUDIT,
        },
        Role.ADMIN: frozenset(Right),
    }
)
