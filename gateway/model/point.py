"""What is measured."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.clock import Micros
from gateway.model.text import Text


class PointKind(StrEnum):
    """What shape a point's values have."""

    NUMBER = "number"
    """A float in the point's unit."""
    STATE = "state"
    """One of the point's states, or UNKNOWN_STATE."""
    TEXT = "text"
    """What a device says of itself: a serial number, a version, its clock."""
    EVENT = "event"
    """A structured value that happened at an instant: a swipe, a crossing."""


UNKNOWN_STATE = "unknown"
"""What a state point says when the device's word is not one of its states. Never an alias of a
normal state (architecture.md, safety rules)."""

MESSAGES_DROPPED = "messages-dropped"
"""The point of any device that tells, as an event, that it said more than is taken."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing measured on one device.

    `id` is `device/name`; `unit` is UCUM ("m", "Cel", "bar", "1"); `low` and `high` bound what a
    working sensor can say (outside: quality BAD); `period` is the longest silence that is still
    normal, None for points that speak only when something happens. `derived`: the gateway says it,
    never the device.
    """

    id: str
    kind: PointKind
    name: Text
    unit: str = "1"
    states: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    period: Micros | None = None
    derived: bool = False

    @property
    def device(self) -> str:
        """The id of the device the point belongs to."""
        return self.id.rpartition("/")[0]
