"""The machine of a device's derived points: their expressions, over what they name.

What is not known for certain is no figure: a derived point is BAD while a point it follows from is
anything but GOOD, or while too little of the time it looks back on is known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.access.instants import instant
from gateway.access.machine import Shown, Step
from gateway.expressions.formula import Figure
from gateway.expressions.memory import Memory, deadline
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.site.model import Device, Site


@dataclass(frozen=True, slots=True)
class DerivedState:
    """`values`: the last certain word of each point named, None where there is none. `memories`: by
    window. `said`: what each derived point says."""

    values: Mapping[str, float | str | None] = field(default_factory=dict)
    memories: Mapping[str, Memory] = field(default_factory=dict)
    said: Mapping[str, float | str | None] = field(default_factory=dict)


class DerivedPoints:
    """One device's; it moves nothing and forbids nothing. `reckoned`: the points of all devices
    that the gateway itself says, after the readings that they follow from."""

    def __init__(self, device: Device, reckoned: frozenset[str] = frozenset()) -> None:
        self._reckoned = reckoned
        self.id = f"{device.id}/derived"
        self._formulas = device.derived
        self._derived = {point.id: point for point in device.points if point.id in device.derived}
        self._windows = {
            window.key: window for each in self._formulas.values() for window in each.windows
        }
        self.points = frozenset(point for each in self._formulas.values() for point in each.points)
        """See Machine."""
        self.shows = frozenset(self._derived)
        """What it says."""

    def begin(self) -> DerivedState:
        """See Machine."""
        return DerivedState()

    def take(self, state: DerivedState, reading: Reading, now: Micros) -> Step[DerivedState]:
        """See Machine. What a device has kept for later says nothing of now."""
        if reading.point not in self._reckoned and instant(reading, now).is_history:
            return Step(state)
        return self._moved(state, {**state.values, reading.point: _certain(reading)}, now)

    def elapse(self, state: DerivedState, now: Micros) -> Step[DerivedState]:
        """Windows move on."""
        return self._moved(state, state.values, now)

    def deadline(self, state: DerivedState) -> Micros | None:
        """When the first window moves on."""
        return min(self._deadlines(state), default=None)

    def shown(self, state: DerivedState) -> Mapping[str, Shown]:
        """See Machine."""
        return {id_: _shown(point, state.said.get(id_)) for id_, point in self._derived.items()}

    def refusal(self, _state: DerivedState, _device: str, _action: Action) -> None:
        """What is reckoned forbids nothing; rules and other machines may."""

    def _moved(
        self, state: DerivedState, values: Mapping[str, Figure], now: Micros
    ) -> Step[DerivedState]:
        memories: dict[str, Memory] = {}
        for formula in self._formulas.values():
            memories |= formula.remember(state.memories, values, now)
        said = {id_: each.value(values, memories) for id_, each in self._formulas.items()}
        return Step(DerivedState(values, memories, said))

    def _deadlines(self, state: DerivedState) -> Iterator[Micros]:
        for key, window in self._windows.items():
            due = deadline(state.memories.get(key, Memory()), window.span)
            if due is not None:
                yield due


def _certain(reading: Reading) -> float | str | None:
    value = reading.value
    if reading.quality is not Quality.GOOD or isinstance(value, Mapping) or value == UNKNOWN_STATE:
        return None
    return value


def _shown(point: Point, said: float | str | None) -> Shown:
    if point.kind is PointKind.STATE:
        return Shown(UNKNOWN_STATE, Quality.BAD) if said is None else Shown(said)
    if said is None or isinstance(said, str) or not _is_possible(point, said):
        return Shown(None, Quality.BAD)
    return Shown(float(f"{said:.9g}"))


def _is_possible(point: Point, said: float) -> bool:
    too_low = point.low is not None and said < point.low
    return not (too_low or (point.high is not None and said > point.high))


def derived_points(site: Site) -> Iterator[DerivedPoints]:
    """One for each device that has any."""
    reckoned = frozenset(id_ for id_, point in site.points.items() if point.derived)
    return (DerivedPoints(device, reckoned) for device in site.devices if device.derived)
