"""Which shift, week or month an instant lies in."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.model.clock import HOUR, Micros, from_datetime, to_datetime
from gateway.model.shift import ShiftPlan
from gateway.reports.period import Span, period_at

SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> Micros:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


def bounds(span: Span, instant: str, zone: ZoneInfo = SHANGHAI) -> tuple[str, str]:
    period = period_at(span, at(instant, zone), zone, ShiftPlan())
    start, end = (to_datetime(each).astimezone(zone) for each in (period.start, period.end))
    return f"{start:%m-%d %H:%M}", f"{end:%m-%d %H:%M}"


@pytest.mark.parametrize("instant", ["2026-05-04 00:00", "2026-05-10 23:59:59.999999"])
def test_a_week_begins_on_monday_at_midnight_of_the_estate(instant: str) -> None:
    assert bounds(Span.WEEK, instant) == ("05-04 00:00", "05-11 00:00")


def test_a_month_ends_where_the_next_begins() -> None:
    assert bounds(Span.MONTH, "2026-02-28 12:00") == ("02-01 00:00", "03-01 00:00")
    assert bounds(Span.MONTH, "2026-12-31 12:00") == ("12-01 00:00", "01-01 00:00")


def test_a_shift_is_that_of_the_plan_over_midnight_too() -> None:
    assert bounds(Span.SHIFT, "2026-05-04 03:00") == ("05-03 23:00", "05-04 07:00")
    period = period_at(Span.SHIFT, at("2026-05-04 03:00"), SHANGHAI, ShiftPlan())
    assert period.shift is not None
    assert period.shift.id == "night"


def test_a_week_in_which_the_clock_is_set_lasts_an_hour_less() -> None:
    period = period_at(Span.WEEK, at("2026-03-25 12:00", LONDON), LONDON, ShiftPlan())
    assert period.end - period.start == 167 * HOUR
