"""Silence is a reading too: a point without news turns STALE, then OFFLINE, by itself.

Pure: the clock is an argument.
"""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.model.clock import Micros
from gateway.model.point import Point
from gateway.model.reading import Quality, Reading, Value

OFFLINE_AFTER_PERIODS = 3
"""Periods without news after which a point is OFFLINE; after one it is STALE."""


_SIGNS_OF_LIFE = frozenset({Quality.GOOD, Quality.BAD})


@dataclass(slots=True)
class _Watched:
    period: Micros
    heard_at: Micros
    quality: Quality
    value: Value
    taken_at: Micros
    """The newest instant a reading of it has."""
    queued: bool = False

    @property
    def offline(self) -> bool:
        return self.quality is Quality.OFFLINE

    @property
    def deadline(self) -> Micros:
        periods = OFFLINE_AFTER_PERIODS if self.quality is Quality.STALE else 1
        return self.heard_at + periods * self.period


class Silence:
    """Watches every point that has a period. `latest` are the readings known at the start; the
    time the gateway itself was down does not count as silence."""

    def __init__(self, points: Iterable[Point], latest: Mapping[str, Reading], now: Micros) -> None:
        self._watched: dict[str, _Watched] = {}
        self._deadlines: list[tuple[Micros, str]] = []
        for point in points:
            if point.period is None:
                continue
            known = latest.get(point.id)
            quality, value = (known.quality, known.value) if known else (Quality.GOOD, None)
            taken_at = known.taken_at if known else 0
            self._watched[point.id] = _Watched(point.period, now, quality, value, taken_at)
            self._queue(point.id)

    def heard(self, reading: Reading) -> None:
        """Take note of a reading. Only GOOD and BAD ones are signs of life: a STALE one is a
        retained message, or made here."""
        watched = self._watched.get(reading.point)
        if watched is None:
            return
        watched.quality, watched.value = reading.quality, reading.value
        watched.taken_at = max(watched.taken_at, reading.taken_at)
        if reading.quality in _SIGNS_OF_LIFE:
            watched.heard_at = reading.received_at
        if not watched.queued:
            self._queue(reading.point)

    def due(self, now: Micros) -> list[Reading]:
        """The readings that say what has fallen silent by now."""
        silent = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, point = heapq.heappop(self._deadlines)
            watched = self._watched[point]
            watched.queued = False
            if not watched.offline and watched.deadline <= now:
                silent.append(_fall(point, watched, now))
            self._queue(point)
        return silent

    def excuse(self, span: Micros) -> None:
        """Do not count a span in which the gateway itself could not listen."""
        for watched in self._watched.values():
            watched.heard_at += span

    def _queue(self, point: str) -> None:
        """One entry a point; it may be due too early, and is then queued again."""
        watched = self._watched[point]
        if not watched.offline and not watched.queued:
            watched.queued = True
            heapq.heappush(self._deadlines, (watched.deadline, point))


def _fall(point: str, watched: _Watched, now: Micros) -> Reading:
    """It counts from just after the last news. At the same instant a history would keep it instead
    of that news, for a point has one reading at an instant."""
    if watched.quality is Quality.STALE:
        watched.quality, watched.value = Quality.OFFLINE, None
    else:
        watched.quality = Quality.STALE
    watched.taken_at = max(watched.heard_at, watched.taken_at) + 1
    return Reading(point, watched.value, watched.taken_at, now, watched.quality)
