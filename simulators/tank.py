"""A water tank whose level follows from its flows, exactly."""

import math
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model.clock import HOUR, Micros


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time of constant flow: the level (m) at its start, and its `rate` in metres per
    microsecond. The last one has no end."""

    start: Micros
    end: Micros | None
    level: float
    rate: float


class Tank:
    """An upright tank of `area` (m²) and `height` (m), at `level` (m) at the instant `since`.

    Flows are in m³/h. A full tank overflows, an empty one stays empty. The level is a function of
    time alone: asking more or less often changes nothing.
    """

    def __init__(
        self,
        since: Micros,
        *,
        area: float,
        height: float,
        level: float,
        inflow: float = 0.0,
        outflow: float = 0.0,
    ) -> None:
        if not (area > 0 and 0 <= level <= height):
            raise ValueError(f"a level of {level} m in a tank of {area} m² and {height} m")
        self.area = area
        self.height = height
        self._since = since
        self._level_then = level
        self._changes = [(since, inflow - outflow)]

    @property
    def capacity(self) -> float:
        """How much it holds when full, in m³."""
        return self.area * self.height

    def fill_at(self, at: Micros, flow: float) -> None:
        """From `at` on, so much more flows in (or less out). Flows add up, in any order."""
        if at < self._since:
            raise ValueError(f"the tank begins at {self._since}, not at {at}")
        insort(self._changes, (at, flow))

    def drain_at(self, at: Micros, flow: float) -> None:
        """From `at` on, so much more flows out (or less in)."""
        self.fill_at(at, -flow)

    def step(self, now: Micros) -> float:
        """The level at `now`, in m; before the tank began, the one it began with."""
        current = next(
            stretch for stretch in self._stretches() if stretch.end is None or now < stretch.end
        )
        return self._level(current, now)

    def crosses(self, level: float, after: Micros | None = None) -> Micros | None:
        """The first instant after `after` (else: after the beginning) at which the level, coming
        from one side, reaches `level`; None when that never happens as the flows stand."""
        begin = self._since if after is None else after
        for stretch in self._stretches():
            if stretch.end is not None and stretch.end <= begin:
                continue
            instant = self._reaches(stretch, max(stretch.start, begin), level)
            if instant is not None and (stretch.end is None or instant <= stretch.end):
                return instant
        return None

    def _stretches(self) -> Iterator[_Stretch]:
        level, flow = self._level_then, 0.0
        ends = [at for at, _ in self._changes[1:]]
        for (start, change), end in zip(self._changes, [*ends, None], strict=True):
            flow += change
            stretch = _Stretch(start, end, level, flow / self.area / HOUR)
            yield stretch
            if end is not None:
                level = self._level(stretch, end)

    def _level(self, stretch: _Stretch, now: Micros) -> float:
        passed = max(0, now - stretch.start)
        return min(self.height, max(0.0, stretch.level + stretch.rate * passed))

    def _reaches(self, stretch: _Stretch, start: Micros, level: float) -> Micros | None:
        """When the level is reached if the stretch went on for ever; None if never, or if it is
        there already."""
        to_go = level - self._level(stretch, start)
        if not 0 <= level <= self.height or to_go * stretch.rate <= 0:
            return None
        passes = to_go / stretch.rate
        return start + math.ceil(passes) if math.isfinite(passes) else None
