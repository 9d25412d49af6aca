"""What the desk shows of a device: how it stands, what it says, how far that can be trusted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from dashboards.moments import moment
from dashboards.texts import Texts
from gateway.access.device_clock import CLOCK_POINT
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.rule import Priority
from gateway.site.model import Device


class Mark(StrEnum):
    """How a device stands, the first that is true."""

    ALARM = "alarm"
    QUIET = "quiet"
    """An alarm is active, and kept from the operator."""
    OFFLINE = "offline"
    BAD = "bad"
    STALE = "stale"
    UNHEARD = "unheard"
    NORMAL = "normal"


BADGES: Final[Mapping[Mark, str]] = {
    Mark.ALARM: "!",
    Mark.QUIET: "‖",
    Mark.OFFLINE: "✕",
    Mark.BAD: "≠",
    Mark.STALE: "?",
    Mark.UNHEARD: "…",
    Mark.NORMAL: "",
}

_AS_IT_SHOULD_BE: Final = frozenset({"ok", "normal", "free", "none"})
"""What the gateway says of a device where there is nothing to say."""

_WORST_FIRST: Final = (Quality.OFFLINE, Quality.BAD, Quality.STALE)
_MARKS: Final = {
    Quality.OFFLINE: Mark.OFFLINE,
    Quality.BAD: Mark.BAD,
    Quality.STALE: Mark.STALE,
}


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device. `state` says in words what `mark` shows; `trust` is the quality alone. `label`
    and `short_label` are for the plan, where room is scarce."""

    id: str
    kind: str
    name: str
    place: str
    mark: Mark
    priority: Priority | None
    state: str
    label: str
    short_label: str
    values: str
    trust: str
    heard: str


def device_view(
    device: Device,
    readings: Mapping[str, Reading],
    alarm: Alarm | None,
    quiet: Alarm | None = None,
    *,
    now: Micros,
    zone: ZoneInfo,
    texts: Texts,
) -> DeviceView:
    """The device as it is now; `alarm` is the most urgent one active at it, `quiet` the most urgent
    of those kept from the operator."""
    points = [p for p in device.points if p.kind is not PointKind.EVENT and is_to_come(p, readings)]
    own = device.told or device.points  # how far it may be trusted: what it says itself
    heard = [readings[point.id] for point in own if point.id in readings]
    trust = _trust([readings.get(point.id) for point in points if point in own])
    said = [p for p in points if not _goes_without_saying(p, readings.get(p.id))]
    values = _values(said or points, readings, texts)
    mark = Mark.ALARM if alarm is not None else Mark.QUIET if quiet is not None else trust
    words = [texts(f"mark.{mark}")]
    if mark is not trust and trust in _MARKS.values():
        words.append(texts(f"mark.{trust}"))
    state = ", ".join(words) if alarm is None else alarm.title.in_(texts.language)
    if mark is Mark.QUIET and quiet is not None:
        state = texts("name_and_value", name=state, value=quiet.title.in_(texts.language))
    saying = value_words(points[0], readings.get(points[0].id), texts) if points else state
    return DeviceView(
        id=device.id,
        kind=device.kind,
        name=device.name.in_(texts.language),
        place=device.place.in_(texts.language),
        mark=mark,
        priority=None if alarm is None else alarm.priority,
        state=state,
        label=saying if mark is Mark.NORMAL else state,
        short_label=", ".join(words),
        values=" · ".join(values),
        trust=texts(f"trust.{trust}"),
        heard=_last_heard(heard, now, zone, texts),
    )


def is_to_come(point: Point, readings: Mapping[str, Reading]) -> bool:
    """What the gateway itself makes of a device, such as its last command, may never be said."""
    return not point.derived or point.id in readings


def _goes_without_saying(point: Point, reading: Reading | None) -> bool:
    """What the gateway itself makes of a device is worth a place in its row where it is not as it
    should be, or not known; its card tells all of it."""
    if not point.derived or reading is None or reading.quality is not Quality.GOOD:
        return False
    if point.kind is PointKind.TEXT or point.id.endswith(f"/{CLOCK_POINT}"):
        return not reading.value
    return reading.value in _AS_IT_SHOULD_BE


def value_words(point: Point, reading: Reading | None, texts: Texts) -> str:
    """The value with its unit; "—" where nothing is known."""
    value = None if reading is None else reading.value
    if isinstance(value, str):
        if point.kind is PointKind.TEXT:
            return value or "—"
        return texts.word("state", value)
    if isinstance(value, int | float):
        return f"{value:.{_decimals(value, point)}f} {unit_words(point, texts)}".rstrip()
    return "—"


def unit_words(point: Point, texts: Texts) -> str:
    """The unit as people write it: UCUM "Cel" is °C, "1" is nothing."""
    return "" if point.unit == "1" else texts.word("unit", point.unit)


def _trust(readings: Iterable[Reading | None]) -> Mark:
    known = list(readings)
    qualities = {reading.quality for reading in known if reading is not None}
    for quality in _WORST_FIRST:
        if quality in qualities:
            return _MARKS[quality]
    return Mark.UNHEARD if None in known or not known else Mark.NORMAL


def _values(points: list[Point], readings: Mapping[str, Reading], texts: Texts) -> list[str]:
    if len(points) == 1:
        return [value_words(points[0], readings.get(points[0].id), texts)]
    return [
        texts(
            "name_and_value",
            name=point.name.in_(texts.language),
            value=value_words(point, readings.get(point.id), texts),
        )
        for point in points
    ]


def _last_heard(readings: list[Reading], now: Micros, zone: ZoneInfo, texts: Texts) -> str:
    """When the device itself last said something; what the gateway notes of its silence is told as
    such, with the instant it began."""
    spoken = [r.received_at for r in readings if r.quality in (Quality.GOOD, Quality.BAD)]
    if spoken:
        return moment(max(spoken), now, zone)
    silent = [reading.taken_at for reading in readings]
    return texts("devices.silent", when=moment(max(silent), now, zone)) if silent else "—"


def _decimals(value: float, point: Point) -> int:
    """Enough for reading at a glance; a count and a whole percentage have none."""
    if point.unit in ("1", "%") and float(value).is_integer():
        return 0
    size = abs(value)
    return 0 if size >= 1000 else 1 if size >= 100 else 2
