"""Which shift, week or month (pure). A week begins on Monday, a day at midnight of the estate."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gateway.desk.shifts import shift_at
from gateway.model.clock import Micros, from_datetime, to_datetime
from gateway.model.shift import Shift, ShiftPlan


class Span(StrEnum):
    """What a report is about."""

    SHIFT = "shift"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end). `shift` where it is one."""

    span: Span
    start: Micros
    end: Micros
    shift: Shift | None = None


def period_at(span: Span, at: Micros, zone: ZoneInfo, plan: ShiftPlan) -> Period:
    """The one in which the instant lies."""
    if span is Span.SHIFT:
        shift = shift_at(plan, at, zone)
        return Period(span, shift.begins_at, shift.ends_at, shift)
    today = to_datetime(at).astimezone(zone).date()
    if span is Span.WEEK:
        first = today - timedelta(days=today.weekday())
        following = first + timedelta(days=7)
    else:
        first = today.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
    return Period(span, _midnight(first, zone), _midnight(following, zone))


def _midnight(day: date, zone: ZoneInfo) -> Micros:
    return from_datetime(datetime.combine(day, time(), zone))
