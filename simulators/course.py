"""A figure that rises and falls once a day, and what it comes to."""

import math
from dataclasses import dataclass

from gateway.model.clock import DAY, HOUR, Micros


@dataclass(frozen=True, slots=True)
class Course:
    """`least` at the instant `since`, `most` half a day later, a cosine between."""

    since: Micros
    least: float
    most: float

    def at(self, now: Micros) -> float:
        """The figure then."""
        return self._mean - self._swing * math.cos(self._angle(now))

    def total(self, now: Micros) -> float:
        """Figure × hours from `since` until then: of kW it is kW·h, of m³/h it is m³."""
        hours = (now - self.since) / HOUR
        day = DAY / HOUR
        return self._mean * hours - self._swing * day / math.tau * math.sin(self._angle(now))

    @property
    def _mean(self) -> float:
        return (self.least + self.most) / 2

    @property
    def _swing(self) -> float:
        return (self.most - self.least) / 2

    def _angle(self, now: Micros) -> float:
        return math.tau * (now - self.since) / DAY
