"""Starts in the last hour: a sliding window."""

from dataclasses import dataclass, replace
from typing import Final

from gateway.model.clock import HOUR, Micros

KEPT: Final = 240
"""More starts than that in an hour are no longer counted."""


@dataclass(frozen=True, slots=True)
class Starts:
    """When it was started, in the last hour. `counted`: what its own counter said last; `ahead`:
    the starts that were seen and it has not counted yet; `left`: what it said before it went
    back."""

    at: tuple[Micros, ...] = ()
    counted: float | None = None
    ahead: int = 0
    left: float | None = None

    @property
    def in_an_hour(self) -> int:
        """How often."""
        return len(self.at)

    def started(self, now: Micros, times: int = 1) -> "Starts":
        """Once more, or several times."""
        return replace(self, at=(*self.at, *(now for _ in range(min(times, KEPT))))[-KEPT:])

    def seen(self, now: Micros) -> "Starts":
        """It was seen to start, which its own counter may tell later, or never."""
        return replace(self.started(now), ahead=min(self.ahead + 1, KEPT))

    def told(self, counter: float, now: Micros) -> "Starts":
        """Its own counter says so. One that has gone back begins anew, unless it soon says again
        what it did: it was read while its device started."""
        if counter == self.counted:
            return self
        before, left = self.counted, self.left
        if before is None or counter < before:
            return replace(self, counted=counter, left=before if left is None else left)
        if left is not None and counter >= left:
            before, left = left, None
        more = round(counter - before)
        known = min(more, self.ahead)
        state = replace(self, counted=counter, ahead=self.ahead - known, left=left)
        return state.started(now, more - known) if more > known else state

    def passed(self, now: Micros) -> "Starts":
        """Without those that are an hour ago."""
        at = tuple(min(at, now) for at in self.at if at + HOUR > now)
        return replace(self, at=at, ahead=min(self.ahead, len(at)))

    def deadline(self) -> Micros | None:
        """When the first of them is an hour ago."""
        return self.at[0] + HOUR if self.at else None

    def room_at(self, most: int) -> Micros | None:
        """When there will be fewer than that; None where there are now."""
        return self.at[-most] + HOUR if len(self.at) >= most else None
