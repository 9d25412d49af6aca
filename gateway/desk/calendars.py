"""Working time: when so much of it has passed, and how much passes between two instants.

A calendar's hours are wall-clock times of the estate; what passes between them is real time. Where
summer time begins a night shift is an hour shorter, where it ends an hour longer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from gateway.model.clock import Micros
from gateway.model.wall_clock import instant_of, shown_at
from gateway.site.timing_model import Calendar, Hours

ONE_DAY = timedelta(days=1)

MAKE_UP = 0
"""A make-up working day (调休) has the hours of a Monday, whichever weekday it falls on."""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A calendar in a time zone."""

    calendar: Calendar
    zone: ZoneInfo

    def after(self, at: Micros, span: Micros) -> Micros:
        """The instant at which `span` of working time has passed since `at`; `at` itself where
        nothing is left to pass."""
        if span <= 0:
            return at
        for start, end in self._spans(at):
            begun = max(start, at)
            if span <= end - begun:
                return begun + span
            span -= end - begun
        raise AssertionError("a calendar has hours every week")

    def between(self, start: Micros, end: Micros) -> Micros:
        """The working time from `start` until `end`; 0 where that is not later."""
        worked = 0
        for begun, ended in self._spans(start):
            if begun >= end:
                break
            worked += min(ended, end) - max(begun, start)
        return worked

    def holds(self, at: Micros) -> bool:
        """Whether that instant is in working time; the end of a window no longer is."""
        start, _ = next(self._spans(at))
        return start <= at

    def next_change(self, after: Micros) -> Micros:
        """The first instant after that at which working time begins or ends."""
        start, end = next(self._spans(after))
        return start if start > after else end

    def _spans(self, since: Micros) -> Iterator[tuple[Micros, Micros]]:
        """Windows that end after `since`, in order; those that overlap are cut."""
        day = shown_at(since, self.zone).date() - ONE_DAY
        done = since
        while True:
            windows = (_span(day, hours, self.zone) for hours in hours_of(self.calendar, day))
            for start, end in sorted(windows):
                if end > done:
                    yield (start if done == since else max(start, done)), end
                    done = end
            day += ONE_DAY


def hours_of(calendar: Calendar, day: date) -> tuple[Hours, ...]:
    """The windows that begin on that day: its weekday's, unless it is a holiday or makes up for
    one. What the site file says of a day goes before what the country does."""
    if day in calendar.closed:
        return ()
    holidays = None if calendar.holidays is None else _holidays(calendar.holidays)
    if day in calendar.open or (holidays is not None and _makes_up(holidays, day)):
        return calendar.hours.get(MAKE_UP, ())
    if holidays is not None and day in holidays:
        return ()
    return calendar.hours.get(day.weekday(), ())


def _span(day: date, hours: Hours, zone: ZoneInfo) -> tuple[Micros, Micros]:
    last = day if hours.start < hours.end else day + ONE_DAY
    return instant_of(day, hours.start, zone), instant_of(last, hours.end, zone)


def _makes_up(holidays: HolidayBase, day: date) -> bool:
    return holidays.is_weekend(day) and holidays.is_working_day(day)


@cache
def _holidays(country: str) -> HolidayBase:
    return country_holidays(country)
