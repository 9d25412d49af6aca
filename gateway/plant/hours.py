"""Hours run, and hours since the last service: counted on over restarts and new counters."""

from dataclasses import dataclass, replace
from typing import Final

from gateway.model.clock import HOUR, MINUTE, Micros

GRAIN: Final[Micros] = 6 * MINUTE
"""A tenth of an hour: what is told, and counted at a time."""


@dataclass(frozen=True, slots=True)
class Hours:
    """`since`: from when on it has run and is not counted yet, where the gateway counts.
    `total`: what the device's own counter says, where it has one; None where that is not known."""

    total: Micros | None = None
    of_service: Micros = 0
    since: Micros | None = None
    last: Micros | None = None
    """What the device's own counter said last for certain."""
    told_at: Micros = 0

    def told(self, counter: float | None, now: Micros) -> "Hours":
        """The device's own counter says so, in hours. One that was changed for another, or set
        back, takes nothing from the hours since service, and one that leaps adds no more to them
        than the time that has passed."""
        if counter is None:
            return replace(self, total=None)
        says, known = round(counter * HOUR), self.last if self.total == self.last else None
        if known is not None and abs(says - known) < GRAIN:
            return self
        passed = max(0, now - self.told_at) + GRAIN
        more = 0 if self.last is None else max(0, min(says - self.last, passed))
        of_service = self.of_service + more
        return replace(self, total=says, last=says, of_service=of_service, told_at=now)

    def runs(self, running: bool, now: Micros) -> "Hours":
        """It is known to run, or known or feared to stand, from now on."""
        if running:
            since = now if self.since is None else min(self.since, now)
            return self if since == self.since else replace(self, since=since)
        return self if self.since is None else replace(self.counted(now), since=None)

    def counted(self, now: Micros) -> "Hours":
        """With what it has run until now."""
        if self.since is None:
            return self
        more = max(0, now - self.since)
        total = (self.total or 0) + more
        return replace(self, total=total, of_service=self.of_service + more, since=now)

    def deadline(self) -> Micros | None:
        """When enough has come together to be told."""
        return None if self.since is None else self.since + GRAIN

    def serviced(self) -> "Hours":
        """From now on they count anew."""
        return replace(self, of_service=0)


def in_hours(span: Micros) -> float:
    """As it is told."""
    return round(span / HOUR, 1)
