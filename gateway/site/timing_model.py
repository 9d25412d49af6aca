"""What must be done in time on a ticket, by which calendar, and who is told when nobody does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from gateway.model.clock import HOUR, MINUTE, Micros
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import ClockKind

# --- calendars ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hours:
    """A window on the estate's wall clock; one that does not end later than it starts ends on the
    day after."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Calendar:
    """When work is done. `hours` by weekday, Monday 0; at least one weekday has some.

    `holidays` is a country's code (ISO 3166-1): its holidays are free, and its make-up working days
    (调休) are worked as a Monday. Days in `closed` are free and those in `open` worked as a Monday,
    whatever the country says.
    """

    hours: Mapping[int, tuple[Hours, ...]]
    holidays: str | None = None
    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()


# --- which tickets -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Concerns:
    """Tickets of one of these jobs and one of these priorities; empty: of any."""

    jobs: frozenset[JobKind] = frozenset()
    priorities: frozenset[Priority] = frozenset()

    def __call__(self, job: JobKind, priority: Priority) -> bool:
        """Whether a ticket of that job and priority is meant."""
        return (not self.jobs or job in self.jobs) and (
            not self.priorities or priority in self.priorities
        )


EVERY = Concerns()

# --- clocks ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClockRule:
    """Tickets that it `concerns` have `within` for `kind`; None: no limit.

    It holds for clocks that start in the hours of the calendar `during`, at any time without one.
    A clock counts the hours of the calendar `counting` only, all time without one.
    """

    kind: ClockKind
    within: Micros | None
    concerns: Concerns = EVERY
    during: str | None = None
    counting: str | None = None


DAYTIME = "daytime"
"""A calendar every site has, for D3; the site file may change it."""

BROUGHT_CALENDARS: Mapping[str, Calendar] = {
    DAYTIME: Calendar({weekday: (Hours(time(8), time(17, 30)),) for weekday in range(7)})
}

_PLEAS = Concerns(frozenset({JobKind.COMPLAINT, JobKind.REQUEST}))
_EMERGENCY = Concerns(frozenset({JobKind.EMERGENCY}))
_CRITICAL = Concerns(frozenset({JobKind.EMERGENCY, JobKind.URGENT}))
_SMALL = Concerns(frozenset({JobKind.REPAIR}), frozenset({Priority.LOW}))

BROUGHT_CLOCKS = (
    ClockRule(ClockKind.ANSWER, 15 * MINUTE, _PLEAS),
    ClockRule(ClockKind.ANSWER, 5 * MINUTE),
    ClockRule(ClockKind.ARRIVE, None, _PLEAS),
    ClockRule(ClockKind.ARRIVE, 10 * MINUTE, _EMERGENCY, during=DAYTIME),
    ClockRule(ClockKind.ARRIVE, 15 * MINUTE, _CRITICAL),
    ClockRule(ClockKind.ARRIVE, 30 * MINUTE),
    ClockRule(ClockKind.DIAGNOSE, None, _PLEAS),
    ClockRule(ClockKind.DIAGNOSE, 10 * MINUTE),
    ClockRule(ClockKind.RESOLVE, 4 * HOUR, _PLEAS),
    ClockRule(ClockKind.RESOLVE, HOUR, _CRITICAL),
    ClockRule(ClockKind.RESOLVE, 24 * HOUR, _SMALL),
    ClockRule(ClockKind.RESOLVE, 8 * HOUR),
    ClockRule(ClockKind.RESOLVE_AT_MOST, None, _PLEAS),
    ClockRule(ClockKind.RESOLVE_AT_MOST, 3 * HOUR, _CRITICAL),
    ClockRule(ClockKind.RESOLVE_AT_MOST, 72 * HOUR),
    ClockRule(ClockKind.CALL_BACK, 48 * HOUR),
)
"""The rule book's figures (estate rules D2–D8); of each kind the first that fits counts."""

# --- escalation --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Level:
    """`audience` is told when nobody has acted for `after` since the level below was told; the
    first since the chain began."""

    after: Micros
    audience: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Who is told one after the other, level by level (逐级上报, D10). Once all were, the last is
    told again every `nag`, until a person acts."""

    levels: tuple[Level, ...]
    nag: Micros = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class ChainRule:
    """Tickets that it `concerns` go up this chain."""

    chain: Chain
    concerns: Concerns = EVERY


BROUGHT_CHAIN = Chain(
    (
        Level(0, "operator"),
        Level(5 * MINUTE, "leader"),
        Level(10 * MINUTE, "department"),
        Level(15 * MINUTE, "manager"),
    )
)

# --- all of it ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timing:
    """Of several rules that fit the first counts. Those of the site file stand before the brought
    ones; a calendar of the same name takes the brought one's place."""

    calendars: Mapping[str, Calendar] = field(default_factory=lambda: BROUGHT_CALENDARS)
    clocks: tuple[ClockRule, ...] = BROUGHT_CLOCKS
    chains: tuple[ChainRule, ...] = (ChainRule(BROUGHT_CHAIN),)
