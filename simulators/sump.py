"""A pit that fills, and its pump that empties it by level."""

from dataclasses import dataclass

from gateway.model.clock import HOUR, Micros
from simulators.pump import PumpState


@dataclass(frozen=True, slots=True)
class SumpState:
    """`level` in m; `high`: the float near the rim is wet."""

    level: float
    high: bool
    running: bool


@dataclass(frozen=True, slots=True)
class Sump:
    """A pit of `area` (m²) and `height` (m) with an `inflow`, emptied by a greater `outflow` (m³/h)
    from its level `start` down to `stop` (m), again and again. It is at `stop` at the instant
    `since`. From `fails` on its pump does not run."""

    since: Micros
    area: float
    height: float
    inflow: float
    outflow: float
    start: float
    stop: float
    fails: Micros | None = None

    def step(self, now: Micros) -> SumpState:
        """How it stands at `now`."""
        level, running = self._working(now if self.fails is None else min(now, self.fails))
        if self.fails is not None and now >= self.fails:
            risen = self.inflow * (now - self.fails) / HOUR / self.area
            level, running = min(self.height, level + risen), False
        return SumpState(level, level >= 0.9 * self.height, running)

    def ran(self, now: Micros) -> Micros:
        """How long its pump has run since `since`."""
        until = now if self.fails is None else min(now, self.fails)
        rounds, rest = divmod(max(0, until - self.since), self._filling + self._emptying)
        return rounds * self._emptying + max(0, rest - self._filling)

    def _working(self, now: Micros) -> tuple[float, bool]:
        """Level, and whether the pump runs, while it works."""
        passed = max(0, now - self.since) % (self._filling + self._emptying)
        if passed < self._filling:
            return self.stop + self.inflow * passed / HOUR / self.area, False
        emptied = (self.outflow - self.inflow) * (passed - self._filling) / HOUR / self.area
        return self.start - emptied, True

    @property
    def _filling(self) -> Micros:
        return round((self.start - self.stop) * self.area / self.inflow * HOUR)

    @property
    def _emptying(self) -> Micros:
        return round((self.start - self.stop) * self.area / (self.outflow - self.inflow) * HOUR)


@dataclass(frozen=True, slots=True)
class SumpPump:
    """What the pump of a sump says of itself; `hours`: run before."""

    sump: Sump
    rated_current: float
    hours: float = 0.0

    def step(self, now: Micros) -> PumpState:
        """At `now`."""
        running = self.sump.step(now).running
        current = self.rated_current if running else 0.0
        hours = self.hours + self.sump.ran(now) / HOUR
        return PumpState(running, fault=False, current=current, hours=hours)
