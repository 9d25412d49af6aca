"""Clocks, calendars and escalation as the site file says them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Annotated, Final, Literal

from holidays import country_holidays
from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from gateway.model.clock import HOUR, MINUTE, Micros
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import ClockKind
from gateway.site import fields as f
from gateway.site.entry import Entry, some
from gateway.site.rule_schema import PriorityWord
from gateway.site.timing_model import (
    BROUGHT_CALENDARS,
    BROUGHT_CHAIN,
    BROUGHT_CLOCKS,
    Calendar,
    Chain,
    ChainRule,
    ClockRule,
    Concerns,
    Hours,
    Level,
    Timing,
)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"({'|'.join(_WEEKDAYS)})"
_ISO_3166_1 = 2
NEVER: Final = "never"
_LONGEST = 2160 * HOUR


def _weekdays(words: str) -> str:
    first, _, last = words.partition("-")
    days = (first, last or first)
    if not set(days) <= set(_WEEKDAYS) or _WEEKDAYS.index(days[0]) > _WEEKDAYS.index(days[1]):
        raise ValueError("expected weekdays such as mon-fri or sat")
    return words


def _country(code: str) -> str:
    expected = "expected a country's code such as CN"
    if len(code) != _ISO_3166_1:  # the library also takes names of its own
        raise ValueError(expected)
    try:
        country_holidays(code)
    except NotImplementedError as error:
        raise ValueError(expected) from error
    return code


def _limit(span: object) -> object:
    return None if span == NEVER else span


def _at_most(span: Micros | None) -> Micros | None:
    if span is not None and span > _LONGEST:
        raise ValueError("expected at most 2160h")
    return span


def _not_all_the_time(span: Micros) -> Micros:
    if span < MINUTE:
        raise ValueError("expected at least 1m")
    return span


def _a_week(windows: Iterable[tuple[time, time]]) -> Micros:
    """How long the windows last altogether."""
    minutes = ((e.hour - s.hour) * 60 + e.minute - s.minute for s, e in windows)
    return sum((minute if minute > 0 else minute + 24 * 60) * MINUTE for minute in minutes)


def _days(words: str) -> range:
    """mon, or mon-fri: from 0."""
    first, _, last = words.partition("-")
    return range(_WEEKDAYS.index(first), _WEEKDAYS.index(last or first) + 1)


Weekdays = Annotated[
    str, AfterValidator(_weekdays), Field(json_schema_extra={"pattern": f"^{_DAY}(-{_DAY})?$"})
]
Windows = Annotated[tuple[f.Window, ...], AfterValidator(some)]
Limit = Annotated[
    f.Lasting | None,
    BeforeValidator(_limit, json_schema_input_type=f.Lasting | Literal["never"]),
    AfterValidator(_at_most),
]
Nagging = Annotated[f.Duration, AfterValidator(_not_all_the_time)]


class CalendarEntry(Entry):
    """Working hours."""

    hours: dict[Weekdays, Windows]
    """By weekday, such as {mon-fri: ["08:30-12:00", "13:30-17:30"]}."""
    holidays: Annotated[str, AfterValidator(_country)] | None = None
    """The country whose holidays are free and whose make-up days are worked, such as CN."""
    closed: tuple[f.Date, ...] = ()
    """More free days, such as 2026-12-31."""
    open: tuple[f.Date, ...] = ()
    """Days that are worked like a Monday all the same."""

    @field_validator("hours")
    @classmethod
    def _enough(cls, hours: Mapping[str, Sequence[tuple[time, time]]]) -> object:
        """Else a clock of weeks would run for centuries."""
        if sum(len(_days(words)) * _a_week(windows) for words, windows in hours.items()) < HOUR:
            raise ValueError("expected at least an hour a week")
        return hours

    def calendar(self) -> Calendar:
        """The same, for the gateway."""
        hours: dict[int, tuple[Hours, ...]] = {}
        for words, windows in self.hours.items():
            for day in _days(words):
                hours[day] = (*hours.get(day, ()), *(Hours(*window) for window in windows))
        return Calendar(hours, self.holidays, frozenset(self.closed), frozenset(self.open))


class ConcernedEntry(Entry):
    """What counts for some tickets."""

    jobs: tuple[JobKind, ...] = ()
    """For these jobs only: emergency, urgent, repair, complaint, request."""
    priorities: tuple[PriorityWord, ...] = ()
    """For these priorities only: critical, high, medium, low."""

    def concerns(self) -> Concerns:
        """The tickets meant."""
        words = (Priority[word.upper()] for word in self.priorities)
        return Concerns(frozenset(self.jobs), frozenset(words))


class ClockEntry(ConcernedEntry):
    """How long something may take."""

    clock: ClockKind
    """answer, arrive, diagnose, resolve, resolve_at_most or call_back."""
    within: Limit
    """Such as 15m or 8h; `never` sets no limit."""
    during: str | None = None
    """A calendar: counts only where the clock starts in its hours."""
    counting: str | None = None
    """A calendar: only its hours pass; without it all time does."""

    def rule(self) -> ClockRule:
        """The same, for the gateway."""
        return ClockRule(self.clock, self.within, self.concerns(), self.during, self.counting)


class LevelEntry(Entry):
    """One level of a chain."""

    tell: f.Id
    """An audience, such as operator, leader, department or manager."""
    after: f.Duration
    """How long nobody has acted since the level below was told; the first since the start."""


class ChainEntry(ConcernedEntry):
    """Who is told when nobody acts, one level after the other."""

    levels: Annotated[tuple[LevelEntry, ...], AfterValidator(some)]
    """From the desk upwards."""
    nag: Nagging = BROUGHT_CHAIN.nag
    """How often the last level is told again until a person acts; at least 1m."""

    def rule(self) -> ChainRule:
        """The same, for the gateway."""
        levels = tuple(Level(level.after, level.tell) for level in self.levels)
        return ChainRule(Chain(levels, self.nag), self.concerns())


def timing(
    calendars: Mapping[str, CalendarEntry],
    clocks: Sequence[ClockEntry],
    escalation: Sequence[ChainEntry],
) -> Timing:
    """All of it, with what Gatehouse brings behind it."""
    own = {name: entry.calendar() for name, entry in calendars.items()}
    return Timing(
        calendars={**BROUGHT_CALENDARS, **own},
        clocks=(*(entry.rule() for entry in clocks), *BROUGHT_CLOCKS),
        chains=(*(entry.rule() for entry in escalation), ChainRule(BROUGHT_CHAIN)),
    )
