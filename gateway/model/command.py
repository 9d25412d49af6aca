"""What a device is asked to do, and what came of it.

A command is asked for once, by somebody, for a reason, and is over soon: it is never kept, repeated
or sent when a connection, the gateway or a device comes back. Only a reading shows that it was
done. Words after ONVIF Door Control Service Specification, 5 (AccessDoor, LockDoor, …).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.model.actor import Actor
from gateway.model.clock import SECOND, Micros

LASTS_AT_MOST: Final[Micros] = 10 * SECOND
"""No command is carried out later than this after it was asked for (architecture.md)."""


class Action(StrEnum):
    """What can be asked for. Which of them a device knows is told by its kind and profile."""

    OPEN = "open"
    """Door: let somebody through once (ONVIF AccessDoor). Barrier: up."""
    CLOSE = "close"
    STOP = "stop"
    LOCK = "lock"
    UNLOCK = "unlock"
    LOCK_DOWN = "lock-down"
    """Locked for everybody until END_LOCK_DOWN; egress stays free."""
    END_LOCK_DOWN = "end-lock-down"
    BLOCK = "block"
    """Locked, and credentials refused, until UNLOCK or LOCK."""
    LOCK_OPEN = "lock-open"
    """Released and held so until END_LOCK_OPEN: what a fire signal asks for."""
    END_LOCK_OPEN = "end-lock-open"
    ARM = "arm"
    PART_ARM = "part-arm"
    DISARM = "disarm"
    BYPASS = "bypass"
    END_BYPASS = "end-bypass"
    WALK_TEST = "walk-test"
    END_WALK_TEST = "end-walk-test"
    START = "start"
    """A pump, a generator, a group of pumps."""
    RESET = "reset"
    """A fault that the device itself holds."""
    SET = "set"
    """One `point` of the device to a `value`."""
    AUTOMATIC = "automatic"
    """A group of pumps: it starts and stops them by itself."""
    MANUAL = "manual"
    """It leaves them to people."""
    NOTE_SERVICE = "note-service"
    """It has been serviced: the hours since then count anew."""
    SWITCH_ON = "switch-on"
    """A lamp, a siren, a sounder."""
    SWITCH_OFF = "switch-off"
    FORGIVE = "forgive"
    """Anti-passback: where one `person` is, is known no more, and nothing is held against them."""
    FORGIVE_ALL = "forgive-all"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing asked of one device. `id` is given to no other command, ever; `parameters` are JSON
    values; nothing is done at or after `expires_at`."""

    id: str
    device: str
    action: Action
    asked_by: Actor
    reason: str
    asked_at: Micros
    expires_at: Micros
    parameters: Mapping[str, object] = field(default_factory=dict)


class Result(StrEnum):
    """How a command ended."""

    CONFIRMED = "confirmed"
    """A reading shows that it was done."""
    REFUSED = "refused"
    """A rule of ours, or the device, said no; nothing was moved."""
    FAILED = "failed"
    """It never reached the device."""
    UNKNOWN = "unknown"
    """It was sent, and no reading showed in time that it was done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code` names why, in the catalogues' words; `detail` carries its parameters."""

    result: Result
    code: str
    detail: Mapping[str, object] = field(default_factory=dict)
