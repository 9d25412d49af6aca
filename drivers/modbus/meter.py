"""What a line and its units do, counted as it happens. Pure: time is an argument."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from pymodbus.pdu import ModbusPDU

from drivers.modbus.answers import EXCEPTIONS, SILENT_BEHIND_GATEWAY, NoAnswer, WrongLength, named
from gateway.errors import GatehouseError
from gateway.model.clock import MILLISECOND, MINUTE, SECOND, Micros
from gateway.model.line_figures import UnitFigures, UnitState

KINDS: Final = frozenset(
    {
        "no-answer",
        "broken-off",
        "wrong-length",
        "malformed",
        *(f"exception-{code}" for code in EXCEPTIONS),
    }
)
"""What a request comes to instead of what was asked for. Devices may have other exceptions too."""

_SLICE: Final[Micros] = 5 * SECOND
"""The last minute is known to within this."""


@dataclass(slots=True)
class _Slice:
    """One stretch of the last minute."""

    begun: Micros
    count: int = 0
    total: Micros = 0
    longest: Micros = 0


class LastMinute:
    """Lengths of time that ended in the last minute."""

    def __init__(self) -> None:
        self._slices: list[_Slice] = []

    def add(self, took: Micros, now: Micros) -> None:
        """One that has just ended."""
        begun = now - now % _SLICE
        if not self._slices or self._slices[-1].begun != begun:
            self._slices = [each for each in self._slices if begun - each.begun < MINUTE + _SLICE]
            self._slices.append(_Slice(begun))
        newest = self._slices[-1]
        newest.count += 1
        newest.total += took
        newest.longest = max(newest.longest, took)

    def total(self, now: Micros) -> Micros:
        """All of them together."""
        return sum(each.total for each in self._recent(now))

    def mean_and_longest_ms(self, now: Micros) -> tuple[float, float] | None:
        """In milliseconds; None where there was none."""
        recent = self._recent(now)
        count = sum(each.count for each in recent)
        if not count:
            return None
        total, longest = sum(e.total for e in recent), max(e.longest for e in recent)
        return total / count / MILLISECOND, longest / MILLISECOND

    def _recent(self, now: Micros) -> list[_Slice]:
        return [each for each in self._slices if now - each.begun < MINUTE + _SLICE]


@dataclass(slots=True)
class UnitMeter:
    """One unit's. `missed` is counted by whoever schedules it."""

    state: UnitState = UnitState.UNASKED
    since: Micros | None = None
    answered: int = 0
    missed: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    last_error: str | None = None
    last_error_at: Micros | None = None
    round_trips: LastMinute = field(default_factory=LastMinute)

    def answers(self, took: Micros, now: Micros) -> None:
        """A request was answered, if only with an exception."""
        self.answered += 1
        self.round_trips.add(took, now)
        self._turn(UnitState.ANSWERING, now)

    def fails(self, kind: str, problem: str, now: Micros) -> None:
        """A request came to that instead of what was asked for."""
        self.errors[kind] += 1
        self.last_error, self.last_error_at = problem, now

    def falls_silent(self, now: Micros) -> None:
        """It did not answer."""
        self._turn(UnitState.SILENT, now)

    def figures(
        self,
        unit: int,
        devices: Sequence[str],
        due: Micros | None,
        now: Micros,
        unread: Mapping[str, str] = MappingProxyType({}),
    ) -> UnitFigures:
        """As of now."""
        mean, longest = self.round_trips.mean_and_longest_ms(now) or (None, None)
        return UnitFigures(
            unit=unit,
            devices=tuple(devices),
            state=self.state,
            since=self.since,
            answered=self.answered,
            errors=dict(self.errors),
            last_error=self.last_error,
            last_error_at=self.last_error_at,
            round_trip_ms=mean,
            longest_ms=longest,
            missed_periods=self.missed,
            due=due,
            unread=unread,
        )

    def _turn(self, state: UnitState, now: Micros) -> None:
        if state is not self.state:
            self.state, self.since = state, now


class LineMeter:
    """One physical line's."""

    def __init__(self) -> None:
        self.units: defaultdict[int, UnitMeter] = defaultdict(UnitMeter)
        self._busy = LastMinute()

    def answered(self, request: ModbusPDU, answer: ModbusPDU, took: Micros, now: Micros) -> None:
        """A request was, if only with an exception."""
        self._busy.add(took, now)
        unit = self.units[answer.dev_id]
        if not answer.isError():
            unit.answers(took, now)
            return
        code = answer.exception_code
        where = f"function {request.function_code}, address {request.address}"
        unit.fails(f"exception-{code}", f"{named(code)}: {where}", now)
        if code in SILENT_BEHIND_GATEWAY:
            unit.falls_silent(now)
        else:
            unit.answers(took, now)

    def failed(self, unit: int, error: GatehouseError, took: Micros, now: Micros) -> None:
        """A request came to nothing, or to something else."""
        self._busy.add(took, now)
        meter = self.units[unit]
        if isinstance(error, NoAnswer):
            meter.falls_silent(now)
        meter.fails(_kind(error), error.problem, now)

    def duty(self, now: Micros) -> float:
        """The share of the last minute that it was busy."""
        return min(1.0, self._busy.total(now) / MINUTE)


def _kind(error: GatehouseError) -> str:
    if isinstance(error, WrongLength):
        return "wrong-length"
    if not isinstance(error, NoAnswer):
        return "malformed"
    return "no-answer" if isinstance(error.__cause__, TimeoutError) else "broken-off"
