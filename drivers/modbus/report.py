"""Report by exception: a point speaks when it changed enough or crossed a limit that is watched,
and once in every heartbeat.

What is not reported is no silence: the unit was polled and had nothing to say. Its silence is
therefore told here, sooner than the heartbeat would show it. Pure: time is an argument.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.model.clock import Micros
from gateway.model.reading import Quality, Reading, Value
from gateway.site.modbus_model import MISSED_POLLS, RegisterPoint, Report

OFFLINE_AFTER: Final = 3 * MISSED_POLLS
"""Polls without an answer after which a point is OFFLINE; after MISSED_POLLS it is STALE."""


@dataclass(slots=True)
class _Point:
    """`heard_at`: when the unit answered for it last; `told`: what was reported last."""

    report: Report
    period: Micros
    heard_at: Micros
    told: Reading | None = None
    unanswered: Reading | None = None
    """What was told of its silence last."""


class Exceptions:
    """The points among `registers` that report by exception; all others are none of its business.

    `now` is when it begins: what never answers falls silent from then on.
    """

    def __init__(self, registers: Iterable[RegisterPoint], period: Micros, now: Micros) -> None:
        self._points: Mapping[str, _Point] = {
            each.point.id: _Point(each.report, period, now)
            for each in registers
            if each.report is not None
        }

    def worth_telling(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Those of what a poll brought that say something new, in their order."""
        if not self._points:
            return readings
        return [reading for reading in readings if self._is_news(reading)]

    def forget(self) -> None:
        """Whatever comes next is worth telling."""
        for point in self._points.values():
            point.told = None

    def silent(self, now: Micros) -> list[Reading]:
        """What the unit's silence makes of its points by `now`, each told once."""
        told = []
        for name, point in self._points.items():
            reading = _fallen(name, point, now)
            if reading is not None:
                point.told = point.unanswered = reading
                told.append(reading)
        return told

    def _is_news(self, reading: Reading) -> bool:
        point = self._points.get(reading.point)
        if point is None:
            return True
        point.heard_at, point.unanswered = reading.received_at, None
        if point.told is not None and not _differs(point, point.told, reading):
            return False
        point.told = reading
        return True


def _differs(point: _Point, told: Reading, reading: Reading) -> bool:
    return (
        reading.quality is not told.quality
        or reading.received_at - told.received_at >= point.report.heartbeat
        or _beyond(told.value, reading.value, point.report)
    )


def _beyond(told: Value, value: Value, report: Report) -> bool:
    if told == value:
        return False
    if isinstance(told, float) and isinstance(value, float):
        return abs(value - told) >= report.deadband or any(
            (told > edge, told < edge) != (value > edge, value < edge) for edge in report.edges
        )
    return True


def _fallen(name: str, point: _Point, now: Micros) -> Reading | None:
    """Just after the last news: at the same instant a history would keep it instead of that."""
    quality = _quality(now - point.heard_at, point.period)
    before = point.unanswered
    if quality is None or (before is not None and before.quality is quality):
        return None
    value = point.told.value if quality is Quality.STALE and point.told is not None else None
    taken_at = max(point.heard_at, before.taken_at if before else 0) + 1
    return Reading(name, value, taken_at, now, quality)


def _quality(silence: Micros, period: Micros) -> Quality | None:
    if silence > OFFLINE_AFTER * period:
        return Quality.OFFLINE
    return Quality.STALE if silence > MISSED_POLLS * period else None
