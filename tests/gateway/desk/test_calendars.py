"""Working time on the wall clock of an estate."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.desk.calendars import WorkingTime, hours_of
from gateway.model.clock import DAY, HOUR, MINUTE, Micros, from_datetime
from gateway.site.timing_model import Calendar, Hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
"""Its clocks are put on by half an hour."""
SANTIAGO = ZoneInfo("America/Santiago")
"""Its clocks are put on at midnight."""

OFFICE_HOURS = (Hours(time(8, 30), time(12)), Hours(time(13, 30), time(17, 30)))
OFFICE = Calendar(dict.fromkeys(range(5), OFFICE_HOURS))
CHINA = Calendar(dict.fromkeys(range(5), OFFICE_HOURS), holidays="CN")
NIGHT = Calendar(dict.fromkeys(range(7), (Hours(time(22), time(6)),)))
ROUND_THE_CLOCK = Calendar(dict.fromkeys(range(7), (Hours(time(0), time(0)),)))


def at(zone: ZoneInfo, *moment: int, fold: int = 0) -> Micros:
    return from_datetime(datetime(*moment, tzinfo=zone, fold=fold))  # type: ignore[misc,arg-type]


def test_working_time_passes_over_lunch_night_and_weekend() -> None:
    office = WorkingTime(OFFICE, SHANGHAI)
    friday = at(SHANGHAI, 2026, 11, 20, 11, 30)
    assert office.after(friday, HOUR) == at(SHANGHAI, 2026, 11, 20, 14)
    assert office.after(friday, 4 * HOUR) == at(SHANGHAI, 2026, 11, 20, 17)
    assert office.after(friday, 5 * HOUR) == at(SHANGHAI, 2026, 11, 23, 9)
    assert office.after(at(SHANGHAI, 2026, 11, 21, 9), MINUTE) == at(SHANGHAI, 2026, 11, 23, 8, 31)
    assert office.between(friday, at(SHANGHAI, 2026, 11, 23, 9)) == 5 * HOUR


def test_the_last_minute_of_a_window_ends_with_it() -> None:
    office = WorkingTime(OFFICE, SHANGHAI)
    noon = at(SHANGHAI, 2026, 11, 20, 12)
    assert office.after(noon - HOUR, HOUR) == noon
    assert office.holds(noon - 1)
    assert not office.holds(noon)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 13), True),
        (date(2026, 2, 14), True),  # Saturday before the Spring Festival, worked for it
        (date(2026, 2, 16), False),  # Monday of the Spring Festival
        (date(2026, 2, 28), True),  # Saturday after it, worked for it
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),  # Saturday after National Day, worked for it
        (date(2026, 10, 17), False),  # any Saturday
    ],
)
def test_chinese_holidays_are_free_and_make_up_days_are_worked_as_a_monday(
    day: date, worked: bool
) -> None:
    assert hours_of(CHINA, day) == (OFFICE_HOURS if worked else ())


def test_years_whose_make_up_days_are_not_announced_yet_have_their_holidays() -> None:
    assert hours_of(CHINA, date(2060, 10, 1)) == ()
    assert hours_of(CHINA, date(2060, 10, 11)) == OFFICE_HOURS


def test_what_the_site_file_says_of_a_day_goes_before_what_the_country_does() -> None:
    own = Calendar(
        CHINA.hours,
        "CN",
        closed=frozenset({date(2026, 2, 14)}),
        open=frozenset({date(2026, 10, 1)}),
    )
    assert hours_of(own, date(2026, 2, 14)) == ()
    assert hours_of(own, date(2026, 10, 1)) == OFFICE_HOURS


def test_a_night_is_one_window_across_midnight_and_belongs_to_the_day_it_begins_on() -> None:
    night = WorkingTime(Calendar({4: (Hours(time(22), time(6)),)}), SHANGHAI)  # Fridays
    saturday = at(SHANGHAI, 2026, 11, 21, 5)
    assert night.holds(saturday)
    assert night.after(saturday, 2 * HOUR) == at(SHANGHAI, 2026, 11, 27, 23)


def test_windows_that_overlap_count_once() -> None:
    doubled = Calendar({6: (Hours(time(22), time(6)),), 0: (Hours(time(5), time(8)),) * 2})
    monday = at(SHANGHAI, 2026, 11, 23, 4)
    assert WorkingTime(doubled, SHANGHAI).after(monday, 4 * HOUR) == monday + 4 * HOUR


@pytest.mark.parametrize(
    ("zone", "evening", "lasts"),
    [
        (NEW_YORK, (2026, 3, 7, 22), 7 * HOUR),  # put on at 02:00
        (NEW_YORK, (2026, 10, 31, 22), 9 * HOUR),  # put back at 02:00
        (LORD_HOWE, (2026, 10, 3, 22), 7 * HOUR + 30 * MINUTE),
        (LORD_HOWE, (2026, 4, 4, 22), 8 * HOUR + 30 * MINUTE),
        (SANTIAGO, (2026, 9, 5, 22), 7 * HOUR),
        (SHANGHAI, (2026, 3, 7, 22), 8 * HOUR),
    ],
)
def test_a_night_over_which_the_clock_is_set_is_as_long_as_it_is(
    zone: ZoneInfo, evening: tuple[int, ...], lasts: Micros
) -> None:
    night, begins = WorkingTime(NIGHT, zone), at(zone, *evening)
    assert night.between(begins, begins + 12 * HOUR) == lasts
    assert night.after(begins, lasts) == begins + lasts
    following = begins + 24 * HOUR + lasts - 8 * HOUR
    assert night.after(begins, lasts + MINUTE) == following + MINUTE


def test_a_window_that_begins_in_the_hour_that_is_missing_begins_where_the_clock_is_put_on() -> (
    None
):
    early = Calendar(dict.fromkeys(range(7), (Hours(time(2, 30), time(4)),)))
    midnight = at(NEW_YORK, 2026, 3, 8)
    put_on = at(NEW_YORK, 2026, 3, 8, 3)
    assert WorkingTime(early, NEW_YORK).after(midnight, MINUTE) == put_on + MINUTE
    assert WorkingTime(early, NEW_YORK).between(midnight, midnight + DAY) == HOUR


def test_a_window_in_the_hour_that_comes_twice_is_worked_once() -> None:
    twice = Calendar(dict.fromkeys(range(7), (Hours(time(1, 15), time(1, 45)),)))
    midnight = at(NEW_YORK, 2026, 11, 1)
    first = at(NEW_YORK, 2026, 11, 1, 1, 45)
    assert WorkingTime(twice, NEW_YORK).after(midnight, 30 * MINUTE) == first
    assert WorkingTime(twice, NEW_YORK).between(midnight, midnight + DAY) == 30 * MINUTE


ANY_INSTANT = st.integers(
    from_datetime(datetime(2024, 1, 1, tzinfo=UTC)), from_datetime(datetime(2028, 1, 1, tzinfo=UTC))
)
ANY_ZONE = st.sampled_from([SHANGHAI, NEW_YORK, LORD_HOWE, SANTIAGO])
ANY_TIME = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
ANY_HOURS = st.lists(st.builds(Hours, ANY_TIME, ANY_TIME), max_size=3).map(tuple)
ANY_CALENDAR = st.builds(
    Calendar,
    st.fixed_dictionaries({2: st.just(OFFICE_HOURS)}, optional={0: ANY_HOURS, 5: ANY_HOURS}),
    st.sampled_from([None, "CN"]),
)


@given(ANY_CALENDAR, ANY_ZONE, ANY_INSTANT, st.integers(0, 200 * HOUR))
def test_what_passes_until_a_span_has_passed_is_that_span(
    calendar: Calendar, zone: ZoneInfo, start: Micros, span: Micros
) -> None:
    working = WorkingTime(calendar, zone)
    end = working.after(start, span)
    assert working.between(start, end) == span
    assert end == start or working.between(start, end - 1) != span


@given(ANY_CALENDAR, ANY_ZONE, ANY_INSTANT, st.tuples(*[st.integers(0, 10 * DAY)] * 2))
def test_working_time_adds_up_and_never_exceeds_the_time(
    calendar: Calendar, zone: ZoneInfo, start: Micros, spans: tuple[Micros, Micros]
) -> None:
    working = WorkingTime(calendar, zone)
    middle = start + spans[0]
    end = middle + spans[1]
    whole = working.between(start, end)
    assert whole == working.between(start, middle) + working.between(middle, end)
    assert 0 <= whole <= end - start


@given(ANY_ZONE, ANY_INSTANT, st.integers(0, 30 * DAY))
def test_round_the_clock_all_time_counts(zone: ZoneInfo, start: Micros, span: Micros) -> None:
    assert WorkingTime(ROUND_THE_CLOCK, zone).after(start, span) == start + span
