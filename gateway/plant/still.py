"""A level that does not move while it is pumped: its sensor is stuck."""

from dataclasses import dataclass, replace

from gateway.model.clock import Micros


@dataclass(frozen=True, slots=True)
class Still:
    """`level` (m) is what it was when it last moved, at `since`, while it was pumped."""

    level: float | None = None
    since: Micros = 0
    stuck: bool = False

    def heard(self, level: float | None, band: float, after: Micros, now: Micros) -> "Still":
        """Pumped, it is that now; None for nothing certain, after which the time begins anew."""
        if level is None:
            return self.rests()
        if self.level is None:
            return Still(level, now, self.stuck)
        if abs(level - self.level) > band:
            return Still(level, now)
        if self.since > now:
            return replace(self, since=now)
        return replace(self, stuck=True) if now >= self.since + after else self

    def rests(self) -> "Still":
        """It is not pumped."""
        return self if self.level is None else Still(stuck=self.stuck)
