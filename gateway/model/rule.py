"""What is abnormal, and how it is to be told."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from gateway.model.clock import Micros
from gateway.model.text import Text


class Priority(IntEnum):
    """Alarm priorities; the lower the number, the more urgent (ISA-18.2 asks for few)."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4


class Side(StrEnum):
    """On which side of its limit a number is abnormal."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Abnormal beyond `limit`; normal again only `deadband` back on the other side of it."""

    point: str
    side: Side
    limit: float
    deadband: float = 0.0


@dataclass(frozen=True, slots=True)
class InState:
    """Abnormal while the point is in one of `states`."""

    point: str
    states: frozenset[str]


@dataclass(frozen=True, slots=True)
class Happened:
    """Abnormal from each event of `point` on, unless `unless` is known to hold.

    `unless` counts only with quality GOOD: a zone not known to be disarmed is armed.
    """

    point: str
    unless: InState | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """Abnormal while any of `points` is OFFLINE."""

    points: frozenset[str]


When = Threshold | InState | Happened | Silent


@dataclass(frozen=True, slots=True)
class Rule:
    """One alarm that one device can raise.

    `id` is `device/name` and is the alarm key: at most one open alarm for each rule. The condition
    must hold for `raise_after` before the alarm, and be gone for `clear_after` before it returns
    to normal; for `Happened`, `clear_after` counts from the last event. A latching alarm stays
    until it is reset by a person, even when acknowledged and back to normal (ISA-18.2).
    """

    id: str
    device: str
    when: When
    priority: Priority
    title: Text
    raise_after: Micros = 0
    clear_after: Micros = 0
    latching: bool = False
