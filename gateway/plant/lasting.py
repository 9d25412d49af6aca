"""What must hold for a time before it counts.

Here as in its neighbours: an instant that was kept and has not come yet was told by a clock that
has been put right since.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.clock import Micros


@dataclass(frozen=True, slots=True)
class Lasting:
    """`since`: from when on it has held, None while it does not; `raised`: for long enough."""

    since: Micros | None = None
    raised: bool = False

    def judged(self, holds: bool | None, after: Micros, now: Micros) -> "Lasting":
        """Now. Where nothing is known (None) it neither begins to count nor ends."""
        if holds is None:
            return self
        if not holds:
            return self if self == Lasting() else Lasting()
        since = now if self.since is None else min(self.since, now)
        return Lasting(since, self.raised or now >= since + after)

    def deadline(self, after: Micros) -> Micros | None:
        """When it will have held for long enough."""
        return None if self.since is None or self.raised else self.since + after


Each = Mapping[str, Lasting]
"""By what it is about."""
