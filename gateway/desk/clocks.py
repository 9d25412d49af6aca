"""What must be done in time on a ticket (estate rules D2–D8): pure.

A change of the ticket starts clocks, stops them, and lets them rest while it is on hold. The
instant at which one runs out is a timer's; whether it is met or not by then, it is late.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from gateway.desk.calendars import WorkingTime
from gateway.desk.callers import to_call_back
from gateway.model.clock import Micros
from gateway.model.ticket import (
    ENDED,
    UNACCEPTED,
    Act,
    ClockKind,
    Ticket,
    TicketChange,
    TicketClock,
    TicketState,
)
from gateway.site.timing_model import Timing


@dataclass(frozen=True, slots=True)
class Course:
    """When a clock starts and how it ends. It starts when the ticket comes into `starts`; None:
    when it is opened or reopened. It is met in one of `met_in`, or by the act `met_by`, and no
    longer asked for in one of `dropped_in`."""

    starts: TicketState | None
    met_in: frozenset[TicketState]
    met_by: Act | None
    dropped_in: frozenset[TicketState]


_DONE: Final = ENDED | {TicketState.RESOLVED}
_WORK: Final = Course(
    starts=None,
    met_in=frozenset({TicketState.RESOLVED, TicketState.CLOSED}),
    met_by=None,
    dropped_in=frozenset({TicketState.FALSE_ALARM, TicketState.MERGED}),
)

COURSES: Mapping[ClockKind, Course] = {
    ClockKind.ANSWER: Course(
        starts=None,
        met_in=frozenset(TicketState) - UNACCEPTED - {TicketState.MERGED},
        met_by=None,
        dropped_in=frozenset({TicketState.MERGED}),
    ),
    ClockKind.ARRIVE: Course(
        starts=None,
        met_in=frozenset({TicketState.ON_SITE}),
        met_by=None,
        dropped_in=_DONE,
    ),
    ClockKind.DIAGNOSE: Course(
        starts=TicketState.ON_SITE,
        met_in=frozenset(),
        met_by=Act.DIAGNOSE,
        dropped_in=_DONE,
    ),
    ClockKind.RESOLVE: _WORK,
    ClockKind.RESOLVE_AT_MOST: _WORK,
    ClockKind.CALL_BACK: Course(
        starts=TicketState.RESOLVED,
        met_in=frozenset(),
        met_by=Act.CALL_BACK,
        dropped_in=ENDED | {TicketState.REOPENED},
    ),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long everything may take on a site, in its time zone."""

    timing: Timing
    zone: ZoneInfo

    def started(self, kind: ClockKind, ticket: Ticket, at: Micros, run: int) -> TicketClock | None:
        """That clock of the ticket, started; None where there is no limit."""
        for rule in self.timing.clocks:
            during = self.hours(rule.during)
            if (
                rule.kind is kind
                and rule.concerns(ticket.job, ticket.priority)
                and (during is None or during.holds(at))
            ):
                if rule.within is None:
                    return None
                due_at = self.after(rule.counting, at, rule.within)
                return TicketClock(ticket.number, kind, run, at, due_at, rule.counting)
        return None

    def after(self, counting: str | None, at: Micros, span: Micros) -> Micros:
        """The instant at which `span` has passed by that calendar."""
        hours = self.hours(counting)
        return at + span if hours is None else hours.after(at, span)

    def between(self, counting: str | None, start: Micros, end: Micros) -> Micros:
        """What passes from `start` until `end` by that calendar."""
        hours = self.hours(counting)
        return end - start if hours is None else hours.between(start, end)

    def hours(self, name: str | None) -> WorkingTime | None:
        """The calendar of that name; None: all time, also where the site file no longer has it."""
        calendar = None if name is None else self.timing.calendars.get(name)
        return None if calendar is None else WorkingTime(calendar, self.zone)


def clocks_after(
    clocks: Iterable[TicketClock], change: TicketChange, limits: Limits
) -> tuple[TicketClock, ...]:
    """The clocks that this change starts, stops, lets rest or go on, as they are then.

    `clocks` are those of the ticket, earlier runs first.
    """
    newest = _newest(clocks)
    started = [
        clock for kind in ClockKind if (clock := _started(newest.get(kind), kind, change, limits))
    ]
    again = {clock.kind for clock in started}
    known = [
        replace(clock, dropped_at=change.entry.at)
        if clock.kind in again and _over_at(clock) is None
        else clock
        for clock in newest.values()
    ]
    after = (_moved(clock, change, limits) for clock in (*known, *started))
    return tuple(clock for clock in after if clock not in newest.values())


def set_back(clock: TicketClock, since: Micros, span: Micros, limits: Limits) -> TicketClock:
    """What was reckoned from `since` by a wall clock that was ahead by `span`, reckoned anew."""
    lasts = limits.between(clock.counting, since, clock.due_at)
    due_at = limits.after(clock.counting, since - span, lasts)
    started_at = clock.started_at - span if since == clock.started_at else clock.started_at
    return replace(clock, started_at=started_at, due_at=due_at)


def taken_over(
    ours: Iterable[TicketClock],
    theirs: Iterable[TicketClock],
    number: int,
    at: Micros,
    limits: Limits,
) -> tuple[TicketClock, ...]:
    """The clocks that ticket `number` takes over when that of `theirs` goes on under it: what is
    due earlier there, or was done here already. Whether it was done for both, the state tells;
    calling back begins anew. `ours` and `theirs` are earlier runs first."""
    newest = _newest(ours)
    taken = []
    for kind, clock in _newest(theirs).items():
        if _over_at(clock) is not None or kind is ClockKind.CALL_BACK:
            continue
        theirs_due, mine = _going_on(clock, at, limits), newest.get(kind)
        if mine is None or _over_at(mine) is not None:
            run = 1 if mine is None else mine.run + 1
            taken.append(replace(theirs_due, ticket=number, run=run))
        elif theirs_due.due_at < _going_on(mine, at, limits).due_at:
            taken.append(replace(theirs_due, ticket=number, run=mine.run))
    return tuple(taken)


def hastened(
    ours: Sequence[TicketClock], change: TicketChange, limits: Limits
) -> tuple[TicketClock, ...]:
    """The clocks that end sooner where they are started anew now, for what is more urgent; what is
    done is done."""
    ticket, at = change.after, change.entry.at
    over = {kind for kind, clock in _newest(ours).items() if _over_at(clock) is not None}
    opening = (kind for kind in ClockKind if COURSES[kind].starts is None and kind not in over)
    started = (limits.started(kind, ticket, at, run=1) for kind in opening)
    anew = [clock for clock in started if clock is not None]
    return taken_over(ours, anew, ticket.number, at, limits)


def due_by_kind(clocks: Iterable[TicketClock]) -> dict[ClockKind, Micros]:
    """What is still to be done, and by when."""
    return {clock.kind: clock.due_at for clock in clocks if _over_at(clock) is None}


def _newest(clocks: Iterable[TicketClock]) -> dict[ClockKind, TicketClock]:
    """Of each kind; `clocks` are earlier runs first."""
    return {clock.kind: clock for clock in clocks}


def runs_out_at(clock: TicketClock) -> Micros | None:
    """When it is to be told late; None where that has been told, or will not happen."""
    over_at = _over_at(clock)
    if clock.late_at is not None or clock.left is not None:
        return None
    # One met after its time keeps its timer: late is told in one place only.
    return clock.due_at if over_at is None or over_at > clock.due_at else None


def _started(
    newest: TicketClock | None, kind: ClockKind, change: TicketChange, limits: Limits
) -> TicketClock | None:
    if not _starts(COURSES[kind], change):
        return None
    run = 1 if newest is None else newest.run + 1
    return limits.started(kind, change.after, change.entry.at, run)


def _starts(course: Course, change: TicketChange) -> bool:
    before, state = change.before, change.after.state
    if before is None:
        return course.starts is None
    if before.state in (state, TicketState.ON_HOLD):
        return False
    return state is (course.starts or TicketState.REOPENED)


def _moved(clock: TicketClock, change: TicketChange, limits: Limits) -> TicketClock:
    if _over_at(clock) is not None:
        return clock
    course, state, at = COURSES[clock.kind], change.after.state, change.entry.at
    met = state in course.met_in or course.met_by == change.entry.what
    if clock.kind is ClockKind.CALL_BACK and to_call_back(change.after):
        met = False  # there are others to be called
    dropped = not met and state in course.dropped_in
    if met or dropped or state is not TicketState.ON_HOLD:
        clock = _going_on(clock, at, limits)
    if met:
        return replace(clock, met_at=at)
    if dropped:
        return replace(clock, dropped_at=at)
    rests = state is TicketState.ON_HOLD and clock.left is None and at < clock.due_at
    if rests and clock.late_at is None:
        return replace(clock, left=limits.between(clock.counting, at, clock.due_at))
    return clock


def _going_on(clock: TicketClock, at: Micros, limits: Limits) -> TicketClock:
    if clock.left is None:
        return clock
    due_at = limits.after(clock.counting, at, clock.left)
    return replace(clock, due_at=max(due_at, clock.due_at), left=None)


def _over_at(clock: TicketClock) -> Micros | None:
    return clock.dropped_at if clock.met_at is None else clock.met_at
