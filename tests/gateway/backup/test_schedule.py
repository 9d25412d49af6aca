"""When a daily backup is due, in zones that change their clocks."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.backup.schedule import RETRY, due_after_failure, first_due, next_due
from gateway.model.clock import DAY, HOUR, MINUTE, Micros, from_datetime, to_datetime

LONDON, SHANGHAI = ZoneInfo("Europe/London"), ZoneInfo("Asia/Shanghai")
ZONES = [
    *("Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe"),
    *("America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "America/Nuuk"),
]


def at(text: str, zone: ZoneInfo | None = None) -> Micros:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone or UTC))


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-11-22T03:09:59", "2026-11-21T19:10:00"),
        ("2026-11-22T03:10:00", "2026-11-22T19:10:00"),
        ("2026-11-22T23:59:59", "2026-11-22T19:10:00"),
    ],
)
def test_it_is_due_when_the_clock_on_the_wall_shows_the_time(after: str, due: str) -> None:
    assert next_due(at(after, SHANGHAI), time(3, 10), SHANGHAI) == at(due)


def test_where_the_hour_is_skipped_it_is_due_an_hour_later_on_the_wall() -> None:
    # 29 March 2026: 01:00 GMT becomes 02:00 BST.
    assert next_due(at("2026-03-28T12:00"), time(1, 30), LONDON) == at("2026-03-29T01:30")
    assert next_due(at("2026-03-29T01:30"), time(1, 30), LONDON) == at("2026-03-30T00:30")


def test_where_the_hour_comes_twice_it_is_due_once() -> None:
    # 25 October 2026: 02:00 BST becomes 01:00 GMT.
    first = next_due(at("2026-10-24T12:00"), time(1, 30), LONDON)
    assert first == at("2026-10-25T00:30")
    assert next_due(first, time(1, 30), LONDON) == at("2026-10-26T01:30")


def test_a_day_that_does_not_exist_has_no_backup_of_its_own() -> None:
    apia = ZoneInfo("Pacific/Apia")  # had no 30 December 2011
    first = next_due(at("2011-12-29T12:00", apia), time(3, 10), apia)
    second = next_due(first, time(3, 10), apia)
    assert to_datetime(first).astimezone(apia).date().isoformat() == "2011-12-31"
    assert to_datetime(second).astimezone(apia).date().isoformat() == "2012-01-01"


@given(
    st.integers(at("2000-01-01"), at("2037-01-01")),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from(ZONES).map(ZoneInfo),
)
def test_from_one_to_the_next_is_about_a_day_in_every_zone(
    after: Micros, wall: time, zone: ZoneInfo
) -> None:
    first = next_due(after, wall, zone)
    second = next_due(first, wall, zone)
    assert after < first < second
    assert DAY - 2 * HOUR <= second - first <= DAY + 2 * HOUR
    # Within two hours: the wall may skip the time itself.
    shown = to_datetime(first).astimezone(zone)
    off = (shown.hour * 60 + shown.minute - wall.hour * 60 - wall.minute) % (24 * 60)
    assert off * MINUTE <= 2 * HOUR


def test_at_a_start_a_missed_one_and_the_very_first_one_are_due_at_once() -> None:
    now = at("2026-11-22T12:00", LONDON)
    wall = time(3, 10)
    assert first_due(None, now, wall, LONDON) == now
    assert first_due(at("2026-11-21T03:10", LONDON), now, wall, LONDON) == now
    tomorrow = at("2026-11-23T03:10", LONDON)
    assert first_due(at("2026-11-22T03:10:01", LONDON), now, wall, LONDON) == tomorrow
    assert first_due(now + 400 * DAY, now, wall, LONDON) == tomorrow


def test_after_a_failure_it_is_due_soon_again() -> None:
    now = at("2026-11-22T03:11", LONDON)
    assert due_after_failure(now, time(3, 10), LONDON) == now + RETRY
    early = at("2026-11-22T02:40", LONDON)
    assert due_after_failure(early, time(3, 10), LONDON) == at("2026-11-22T03:10", LONDON)
