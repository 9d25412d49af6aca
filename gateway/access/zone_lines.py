"""The lines of a zone: what each has told, which are watched, and what is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.access.zone_state import Fault, Known, Mode, ZoneState
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.site.held_model import ZoneLine

ALARM: Final = "alarm"
NORMAL: Final = "normal"
FAULTS: Final[Mapping[str, Fault]] = {
    "open": Fault.CUT,
    "short": Fault.SHORT,
    "tampered": Fault.TAMPERED,
    "lost": Fault.SUPPLY_LOST,
}
"""What a word of a line, a tamper contact or a supply says is wrong."""
TAMPER: Final = "tamper"
SUPPLY: Final = "supply"
_WORST: Final = {fault: place for place, fault in enumerate(Fault)}
_DOUBT: Final = {
    Quality.STALE: Fault.DOUBTFUL,
    Quality.BAD: Fault.LOST,
    Quality.OFFLINE: Fault.LOST,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line with the points by which its device shows that it still looks."""

    setting: ZoneLine
    is_event: bool
    tamper: tuple[str, ...]
    alive: tuple[str, ...]

    @property
    def supervised(self) -> tuple[str, ...]:
        """The points whose doubt is a doubt of the line."""
        return (*self.alive, *self.tamper)


class Lines:
    """All of one zone. `points`, by id, hold at least all of the devices its lines belong to."""

    def __init__(self, settings: Iterable[ZoneLine], points: Mapping[str, Point]) -> None:
        self._lines = {each.point: _line(each, points) for each in settings}
        told = (line.supervised for line in self._lines.values())
        self.points = frozenset(self._lines).union(*told)

    def get(self, point: str) -> Line | None:
        """The line whose point that is."""
        return self._lines.get(point)

    def to_bypass(self, wanted: object) -> Iterator[str]:
        """Of those named by point or device, or of all where None are, those that may be."""
        names = wanted if isinstance(wanted, list | tuple) else ()
        for point, line in self._lines.items():
            named = wanted is None or not line.setting.names.isdisjoint(names)
            if named and not line.setting.always:
                yield point

    def watched(self, state: ZoneState, line: Line, mode: Mode) -> bool:
        """Whether its trips count in that mode."""
        setting = line.setting
        in_mode = mode is Mode.ARMED or (mode is Mode.PART_ARMED and setting.part)
        return setting.always or (in_mode and setting.point not in state.bypassed)

    def alarmed(self, state: ZoneState) -> frozenset[str]:
        """The lines that stand in alarm, watched or not."""
        return frozenset(p for p in self._lines if state.known.get(p, Known()).alarmed)

    def unwatched(self, state: ZoneState) -> frozenset[str]:
        """The lines that are not watched now."""
        lines = self._lines.items()
        return frozenset(p for p, line in lines if not self.watched(state, line, state.mode))

    def counting(self, state: ZoneState) -> frozenset[str]:
        """The lines whose alarm counts now."""
        return self.alarmed(state) - self.unwatched(state) - state.standing

    def not_ready(self, state: ZoneState, mode: Mode) -> Iterator[Line]:
        """The lines that stand in alarm and would be watched in that mode."""
        for point in self.alarmed(state):
            line = self._lines[point]
            if self.watched(state, line, mode):
                yield line

    def supervision(self, state: ZoneState) -> Fault:
        """The worst of what is wrong."""
        every = (f for line in self._lines.values() for f in self._faults(state, line))
        return max(every, key=_WORST.__getitem__, default=Fault.OK)

    def _faults(self, state: ZoneState, line: Line) -> Iterator[Fault]:
        """Tampering shows in every mode and bypassed, doubt where the line is watched."""
        known = state.known
        yield from (_fault(known, point) for point in line.tamper)
        if line.setting.point not in state.bypassed:
            yield from (_fault(known, point) for point in line.alive)
        if self.watched(state, line, state.mode):
            yield from (known.get(point, Known()).doubt for point in line.supervised)


def tells_late(known: Known, reading: Reading) -> bool:
    """Whether it is of an alarm nobody has told before, though something newer is known already."""
    new = not known.alarmed and reading.taken_at > known.alarmed_at
    return new and reading.value == ALARM and _is_overtaken(reading)


def heard(known: Known, reading: Reading) -> Known:
    """With one more reading: doubt and unknown words change nothing of what was sure."""
    believed = reading.quality is Quality.GOOD or _is_overtaken(reading)
    told_at = reading.taken_at if believed and reading.value == ALARM else 0
    alarmed_at = max(known.alarmed_at, told_at)
    if reading.quality is not Quality.GOOD:
        return replace(known, doubt=_DOUBT[reading.quality], alarmed_at=alarmed_at)
    if reading.value == UNKNOWN_STATE:
        return replace(known, doubt=Fault.LOST)
    word = str(reading.value)
    alarmed = word == ALARM or (known.alarmed and word != NORMAL)
    return Known(word, alarmed, Fault.OK, alarmed_at)


def _is_overtaken(reading: Reading) -> bool:
    """The device's own word, at its own time; not what a broker remembers."""
    return reading.quality is Quality.STALE and reading.taken_at != reading.received_at


def _line(setting: ZoneLine, points: Mapping[str, Point]) -> Line:
    point = points[setting.point]
    beside = [each for each in points.values() if each.device == point.device and not each.derived]
    is_event = point.kind is PointKind.EVENT
    regular = (each.id for each in beside if is_event and each.period is not None)
    own = () if is_event else (point.id,)
    return Line(
        setting,
        is_event,
        tamper=_named(beside, TAMPER),
        alive=(*own, *regular, *_named(beside, SUPPLY)),
    )


def _named(points: Iterable[Point], name: str) -> tuple[str, ...]:
    return tuple(point.id for point in points if point.id.rpartition("/")[2] == name)


def _fault(known: Mapping[str, Known], point: str) -> Fault:
    return FAULTS.get(known.get(point, Known()).word, Fault.OK)
