"""The shift plan: by hand for the estate's own, by search for every other, in zones that set their
clocks."""

from datetime import date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.desk.shifts import shift_at, shifts_between
from gateway.model.clock import DAY, HOUR, MINUTE, Micros, from_datetime, to_datetime
from gateway.model.shift import DailyShift, EveryDays, OnDays, ShiftPlan, Team
from gateway.model.text import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONDON = ZoneInfo("Europe/London")
PLAN = ShiftPlan()

ZONES = [
    "Asia/Shanghai",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",  # back at 00:01 until 2011
    "America/Sao_Paulo",  # midnight did not exist
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # 30 December 2011 did not exist
    "America/Havana",
    "Africa/Casablanca",  # a negative summer time
    "Antarctica/Troll",  # two hours
]


def instant(text: str, zone: ZoneInfo = SHANGHAI) -> Micros:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


def names(start: str, end: str, zone: ZoneInfo = SHANGHAI) -> list[str]:
    shifts = shifts_between(PLAN, instant(start, zone), instant(end, zone), zone)
    return [f"{shift.id} {shift.team.id}" for shift in shifts]


def test_three_shifts_of_eight_hours_man_the_desk_round_the_clock() -> None:
    shift = shift_at(PLAN, instant("2026-01-05T07:00"), SHANGHAI)
    assert (shift.id, shift.team.id) == ("morning", "a")
    assert shift.begins_at == instant("2026-01-05T07:00")
    assert shift.ends_at == instant("2026-01-05T15:00")
    assert names("2026-01-05T06:59", "2026-01-05T23:01") == [
        "night c",
        "morning a",
        "afternoon b",
        "night c",
    ]


def test_the_night_shift_is_one_shift_on_both_sides_of_midnight() -> None:
    before = shift_at(PLAN, instant("2026-01-05T23:30"), SHANGHAI)
    assert shift_at(PLAN, instant("2026-01-06T06:59:59.999999"), SHANGHAI) == before


@pytest.mark.parametrize(
    ("day", "teams"),
    [
        ("2025-12-31", "cab"),
        ("2026-01-01", "abc"),
        ("2026-01-10", "abc"),
        ("2026-01-11", "bca"),
        ("2026-01-21", "cab"),
        ("2026-01-31", "cab"),
        ("2026-02-01", "abc"),
        ("2027-03-11", "bca"),
    ],
)
def test_teams_move_on_at_the_1st_11th_and_21st(day: str, teams: str) -> None:
    hours = ("07:00", "15:00", "23:00")
    found = [shift_at(PLAN, instant(f"{day}T{hour}"), SHANGHAI).team.id for hour in hours]
    assert "".join(found) == teams


def test_nobody_works_two_shifts_in_a_row_when_the_teams_move_on() -> None:
    year = list(shifts_between(PLAN, instant("2026-01-01T07:00"), instant("2027-01-01"), SHANGHAI))
    assert len(year) == 365 * 3
    for earlier, later in pairwise(year):
        assert earlier.team != later.team


def test_a_night_over_which_the_clock_is_set_lasts_seven_or_nine_hours() -> None:
    spring = shift_at(PLAN, instant("2026-03-29T00:30", LONDON), LONDON)
    autumn = shift_at(PLAN, instant("2026-10-25T00:30", LONDON), LONDON)
    assert spring.ends_at - spring.begins_at == 7 * HOUR
    assert autumn.ends_at - autumn.begins_at == 9 * HOUR
    assert spring.ends_at == instant("2026-03-29T07:00", LONDON)
    assert autumn.ends_at == instant("2026-10-25T07:00", LONDON)


def test_a_shift_whose_time_the_clock_jumps_over_begins_with_the_jump() -> None:
    plan = ShiftPlan(times=(daily("early", 1, 30), daily("late", 13)))
    shift = shift_at(plan, instant("2026-03-29T05:00", LONDON), LONDON)
    assert shift.id == "early"
    assert shift.begins_at == instant("2026-03-29T02:00", LONDON)


def test_a_shift_whose_time_comes_twice_begins_the_first_time() -> None:
    plan = ShiftPlan(times=(daily("early", 1, 30), daily("late", 13)))
    shift = shift_at(plan, instant("2026-10-25T05:00", LONDON), LONDON)
    assert shift.begins_at == instant("2026-10-25T01:30", LONDON)
    assert shift.ends_at - shift.begins_at == 12 * HOUR + 30 * MINUTE


def test_four_teams_may_move_on_every_other_day() -> None:
    teams = tuple(Team(name, Text(name, name)) for name in "abcd")
    plan = ShiftPlan(teams=teams, rotation=EveryDays(2), since=date(2026, 5, 1))
    days = ("2026-05-01", "2026-05-02", "2026-05-03", "2026-05-05", "2026-04-30")
    mornings = [shift_at(plan, instant(f"{day}T08:00"), SHANGHAI).team.id for day in days]
    assert mornings == ["a", "a", "b", "c", "d"]


def daily(name: str, hour: int, minute: int = 0) -> DailyShift:
    return DailyShift(name, Text(name, name), time(hour, minute))


def rotations() -> st.SearchStrategy[OnDays | EveryDays]:
    on_days = st.sets(st.integers(1, 28), min_size=1, max_size=4)
    return st.one_of(
        on_days.map(lambda days: OnDays(tuple(sorted(days)))),
        st.integers(1, 30).map(EveryDays),
    )


@st.composite
def plans(draw: st.DrawFn) -> ShiftPlan:
    minutes = draw(st.sets(st.integers(0, 24 * 60 - 1), min_size=1, max_size=6))
    times = tuple(daily(f"s{at}", *divmod(at, 60)) for at in sorted(minutes))
    count = draw(st.integers(1, 5))
    teams = tuple(Team(f"t{number}", Text("t", "t")) for number in range(count))
    return ShiftPlan(times=times, teams=teams, rotation=draw(rotations()))


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 1)).map(  # noqa: DTZ001
    lambda moment: from_datetime(moment.replace(tzinfo=SHANGHAI))
)
CLOCK_IS_SET = st.sampled_from(
    [
        ("Europe/London", "2026-03-29T01:00"),
        ("Europe/London", "2026-10-25T01:30"),
        ("America/St_Johns", "2010-11-07T00:00"),
        ("America/Sao_Paulo", "2017-10-15T00:00"),
        ("America/Sao_Paulo", "2018-02-17T23:30"),
        ("Pacific/Apia", "2011-12-29T23:30"),
        ("Australia/Lord_Howe", "2026-10-04T02:00"),
        ("Antarctica/Troll", "2026-03-29T01:00"),
    ]
).map(lambda spot: (ZoneInfo(spot[0]), instant(spot[1], ZoneInfo(spot[0])) - DAY))
SOMEWHERE = st.tuples(st.sampled_from(ZONES).map(ZoneInfo), INSTANTS)


@given(plans(), st.one_of(SOMEWHERE, CLOCK_IS_SET))
def test_every_instant_belongs_to_one_shift_whatever_the_plan_and_the_zone(
    plan: ShiftPlan, spot: tuple[ZoneInfo, Micros]
) -> None:
    zone, start = spot
    end = start + 3 * DAY
    shifts = list(shifts_between(plan, start, end, zone))
    assert shifts[0].begins_at <= start
    assert shifts[-1].ends_at >= end
    for shift in shifts:
        assert shift.begins_at < shift.ends_at
        for at in (shift.begins_at, (shift.begins_at + shift.ends_at) // 2, shift.ends_at - 1):
            assert shift_at(plan, at, zone) == shift
    for earlier, later in pairwise(shifts):
        assert earlier.ends_at == later.begins_at


@given(plans(), SOMEWHERE)
def test_a_shift_begins_when_the_wall_clock_shows_its_time_or_jumps_over_it(
    plan: ShiftPlan, spot: tuple[ZoneInfo, Micros]
) -> None:
    zone, at = spot
    shift = shift_at(plan, at, zone)
    (begins,) = (daily.begins for daily in plan.times if daily.id == shift.id)
    shown = to_datetime(shift.begins_at).astimezone(zone)
    before = to_datetime(shift.begins_at - 1).astimezone(zone)
    assert shown.time() == begins or shown.utcoffset() != before.utcoffset()
