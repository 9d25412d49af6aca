"""Starts in the last hour: a sliding window."""

from dataclasses import dataclass, replace
from typing import Final

from gateway.model.clock import HOUR, Micros

KEPT: Final = 240
"""More starts than that in an hour are no longer counted."""


@dataclass(frozen=True, slots=True)
class Starts:
    """When it was started, in the last hour. `counted`: what its own counter said last."""

    at: tuple[Micros, ...] = ()
    counted: float | None = None

    @property
    def in_an_hour(self) -> int:
        """How often."""
        return len(self.at)

    def started(self, now: Micros, times: int = 1) -> "Starts":
        """Once more, or several times."""
        return replace(self, at=(*self.at, *(now for _ in range(min(times, KEPT))))[-KEPT:])

    def told(self, counter: float, now: Micros) -> "Starts":
        """Its own counter says so; one that has gone back begins anew."""
        before = self.counted
        more = 0 if before is None or counter < before else round(counter - before)
        counted = self if counter == before else replace(self, counted=counter)
        return counted.started(now, more) if more else counted

    def passed(self, now: Micros) -> "Starts":
        """Without those that are an hour ago."""
        return replace(self, at=tuple(at for at in self.at if at + HOUR > now))

    def deadline(self) -> Micros | None:
        """When the first of them is an hour ago."""
        return self.at[0] + HOUR if self.at else None

    def room_at(self, most: int) -> Micros | None:
        """When there will be fewer than that; None where there are now."""
        return self.at[-most] + HOUR if len(self.at) >= most else None
