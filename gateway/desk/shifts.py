"""The shift plan on the wall clock of the estate. Pure: the instant and the zone are arguments.

A shift begins at the first instant at which the wall clock shows its time or has jumped over it.
So shifts follow one another without gap or overlap on days that have 23 or 25 hours, too; a shift
over which the clock is set lasts an hour less or more. Recurrence rules (RFC 5545, python-dateutil)
reckon on wall time alone: what never or twice shows on the clock they leave to the caller.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from gateway.model.clock import Micros
from gateway.model.shift import OnDays, Shift, ShiftPlan
from gateway.model.wall_clock import instant_of, shown_at

_AROUND = range(-1, 3)
"""Days to look at, from the wall's date: yesterday's last shift may still run; and where the clock
is set back over midnight (St. John's until 2011), tomorrow's first may have begun already."""


def shift_at(plan: ShiftPlan, at: Micros, zone: ZoneInfo) -> Shift:
    """The shift that runs at that instant."""
    today = shown_at(at, zone).date()
    shifts = [
        (instant_of(day, daily.begins, zone), day, place)
        for day in (today + timedelta(days=days) for days in _AROUND)
        for place, daily in enumerate(plan.times)
    ]
    following = bisect_right(shifts, at, key=lambda shift: shift[0])
    begins_at, day, place = shifts[following - 1]
    daily = plan.times[place]
    team = plan.teams[(place + _moves(plan, day)) % len(plan.teams)]
    return Shift(daily.id, daily.name, team, begins_at, shifts[following][0])


def shifts_between(plan: ShiftPlan, start: Micros, end: Micros, zone: ZoneInfo) -> Iterator[Shift]:
    """All that run from `start` until before `end`, first first."""
    at = start
    while at < end:
        shift = shift_at(plan, at, zone)
        yield shift
        at = shift.ends_at


def _moves(plan: ShiftPlan, day: date) -> int:
    """How often the teams have moved on from the plan's first day to that one."""
    rotation = plan.rotation
    if isinstance(rotation, OnDays):
        return _moves_by(rotation, day) - _moves_by(rotation, plan.since)
    return (day - plan.since).days // rotation.days


def _moves_by(rotation: OnDays, day: date) -> int:
    months = day.year * 12 + day.month
    return months * len(rotation.days) + bisect_right(rotation.days, day.day)
