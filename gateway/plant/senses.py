"""What the points around a pump mean to it, in words: running, low, high, …"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from gateway.model.clock import Micros
from gateway.model.point import UNKNOWN_STATE, Point
from gateway.model.reading import Quality, Reading, Value
from gateway.site.model import Device
from gateway.site.plant_model import PumpSettings

LOW: Final = "low"
HIGH: Final = "high"
NORMAL: Final = "normal"

LEVEL: Final = "level"
SOURCE_LEVEL: Final = "source-level"
SOURCE_HEARD: Final = "source-heard"
SOURCE_SWITCH: Final = "source-switch"
TARGET_LEVEL: Final = "target-level"
TARGET_HEARD: Final = "target-heard"
"""A level that has no limit."""
TARGET_SWITCH: Final = "target-switch"
OF_TANKS: Final = frozenset(
    {SOURCE_LEVEL, SOURCE_HEARD, SOURCE_SWITCH, TARGET_LEVEL, TARGET_HEARD, TARGET_SWITCH}
)
OWN_WORDS: Final = ("run", "fault", "mode", "run-order")

Judge = Callable[[float, str | None], str]
"""What a number means, and meant before."""


@dataclass(frozen=True, slots=True)
class Sense:
    """`name` is what the fact is called. Without `judge` the point's own word is taken."""

    name: str
    period: Micros | None
    judge: Judge | None = None

    def word(self, value: Value, before: str | None) -> str | None:
        """None where that tells nothing certain."""
        if self.judge is None:
            return value if isinstance(value, str) and value != UNKNOWN_STATE else None
        return self.judge(value, before) if isinstance(value, float) else None


def certain(reading: Reading) -> Value:
    """None where nothing is certain."""
    return reading.value if reading.quality is Quality.GOOD else None


def senses(
    device: Device, settings: PumpSettings, devices: Mapping[str, Device]
) -> Mapping[str, Sense]:
    """By point, what the pump hears of itself and of its tanks."""
    own = _points(device)
    heard = {own[name].id: Sense(name, own[name].period) for name in OWN_WORDS if name in own}
    if settings.rated_current is not None and "current" in own:
        judge = partial(_load, settings.rated_current / 100, settings)
        heard[own["current"].id] = Sense("load", own["current"].period, judge)
    if settings.low_pressure is not None and "pressure" in own:
        judge = partial(_below, settings.low_pressure, 0.0)
        heard[own["pressure"].id] = Sense("pressure", own["pressure"].period, judge)
    return {**heard, **dict(_of_tanks(settings, devices))}


def _of_tanks(settings: PumpSettings, devices: Mapping[str, Device]) -> Iterator[tuple[str, Sense]]:
    source = _points(devices.get(settings.draws_from or ""))
    target = _points(devices.get(settings.fills or ""))
    band, low, high = settings.level_deadband, settings.low_level, settings.high_level
    if LEVEL in source:
        judge = _normal if low is None else partial(_below, low, band)
        name = SOURCE_HEARD if low is None else SOURCE_LEVEL
        yield source[LEVEL].id, Sense(name, source[LEVEL].period, judge)
    if LEVEL in target:
        judge = _normal if high is None else partial(_above, high, band)
        name = TARGET_HEARD if high is None else TARGET_LEVEL
        yield target[LEVEL].id, Sense(name, target[LEVEL].period, judge)
    if "low-switch" in source:
        yield source["low-switch"].id, Sense(SOURCE_SWITCH, source["low-switch"].period)
    if "high-switch" in target:
        yield target["high-switch"].id, Sense(TARGET_SWITCH, target["high-switch"].period)


def _points(device: Device | None) -> Mapping[str, Point]:
    points = () if device is None else device.points
    return {point.id.rpartition("/")[2]: point for point in points}


def _below(limit: float, deadband: float, value: float, before: str | None) -> str:
    return LOW if value < limit + (deadband if before == LOW else 0.0) else NORMAL


def _above(limit: float, deadband: float, value: float, before: str | None) -> str:
    return HIGH if value > limit - (deadband if before == HIGH else 0.0) else NORMAL


def _normal(_value: float, _before: str | None) -> str:
    return NORMAL


def _load(of_percent: float, settings: PumpSettings, value: float, _before: str | None) -> str:
    if value < settings.dry_below * of_percent:
        return LOW
    return HIGH if value > settings.overload_above * of_percent else NORMAL
