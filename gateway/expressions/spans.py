"""The stretches of time that functions look back on, each cut into cells. Pure.

What a cell holds is kept in one figure of each sort, so a window needs no more memory when its
point speaks more often.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from gateway.model.clock import DAY, MINUTE, Micros
from gateway.model.wall_clock import instant_of, shown_at

CELLS: Final = 30
"""Of a sliding window: it moves in steps of a thirtieth of its length."""


@dataclass(frozen=True, slots=True)
class Cell:
    """[start, end); `counts`: what happens in it is looked back on."""

    start: Micros
    end: Micros
    counts: bool = True


class Span(Protocol):
    """What a function over time looks back on."""

    def cell(self, at: Micros) -> Cell:
        """The cell in which that instant lies."""

    def reach(self, now: Micros) -> Micros:
        """Where the oldest cell begins that is still needed."""


@dataclass(frozen=True, slots=True)
class Sliding:
    """The last `length`, and the cell that has begun."""

    length: Micros

    def cell(self, at: Micros) -> Cell:
        """See Span."""
        step = self.length // CELLS
        start = at // step * step
        return Cell(start, start + step)

    def reach(self, now: Micros) -> Micros:
        """See Span."""
        return self.cell(now).start - self.length // CELLS * CELLS


@dataclass(frozen=True, slots=True)
class Daily:
    """The same hours of each day on the wall clock of `zone`; over midnight where `end` is not
    later than `begin`. Where the clock is put back in them they last longer."""

    begin: time
    end: time
    zone: ZoneInfo

    def cell(self, at: Micros) -> Cell:
        """See Span."""
        today = shown_at(at, self.zone).date()
        before: Micros = at - 3 * DAY
        for day in range(-2, 3):
            start, end = _hours(self, today + timedelta(days=day))
            if start <= at < end:
                return Cell(start, end)
            if at < start:
                return Cell(before, start, counts=False)
            before = end
        raise AssertionError("a day begins within two days")  # pragma: no cover

    def reach(self, now: Micros) -> Micros:
        """See Span."""
        return now - 3 * DAY

    def last(self, now: Micros) -> Cell:
        """The newest hours that are over."""
        today = shown_at(now, self.zone).date()
        all_ = (_hours(self, today + timedelta(days=day)) for day in range(1, -4, -1))
        return next(Cell(start, end) for start, end in all_ if start < end <= now)


@lru_cache(256)
def _hours(daily: Daily, day: date) -> tuple[Micros, Micros]:
    last = day if daily.begin < daily.end else day + timedelta(days=1)
    return (
        instant_of(day, daily.begin, daily.zone),
        instant_of(last, daily.end, daily.zone),
    )


@dataclass(frozen=True, slots=True)
class Unbroken:
    """As long as it has been what it is: no cell is looked back on."""

    def cell(self, at: Micros) -> Cell:
        """See Span."""
        start = at // MINUTE * MINUTE
        return Cell(start, start + MINUTE, counts=False)

    def reach(self, now: Micros) -> Micros:
        """See Span."""
        return now
