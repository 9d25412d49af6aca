"""When something happened, by the two clocks there may be."""

from dataclasses import dataclass
from typing import Final

from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.reading import Reading

CLOCKS_DIFFER: Final[Micros] = MINUTE
"""What a device says happened longer ago was buffered: it is history."""

GRAIN: Final[Micros] = SECOND
"""Many devices tell whole seconds: by their clock, what is so much earlier may have come later."""


@dataclass(frozen=True, slots=True)
class Instant:
    """`heard` is the journal's time; `own` the device's, None where it has no clock. `is_history`:
    it was buffered by the device."""

    heard: Micros
    own: Micros | None = None
    is_history: bool = False

    @property
    def at(self) -> Micros:
        """When it happened, as far as the journal's time can tell."""
        return self.own if self.own is not None and self.is_history else self.heard


def instant(reading: Reading, now: Micros) -> Instant:
    """When a device without a clock speaks, the gateway's own stands in both places."""
    has_clock = reading.taken_at != reading.received_at
    return Instant(now, reading.taken_at if has_clock else None, is_buffered(reading))


def is_buffered(reading: Reading) -> bool:
    """Whether its device kept it, by both clocks as it came in."""
    return reading.taken_at < reading.received_at - CLOCKS_DIFFER


def passed(earlier: Instant, later: Instant) -> Micros:
    """How long after the one the other was: by the device's clock where it has told both."""
    if earlier.own is not None and later.own is not None:
        return later.own - earlier.own
    return later.heard - earlier.heard
