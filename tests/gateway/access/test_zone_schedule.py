"""A zone by its calendars: across midnight, on holidays, and beside what people order."""

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from gateway.access.machine import AnyMachine
from gateway.model.clock import HOUR, MINUTE, from_datetime
from gateway.model.command import Action
from gateway.model.wall_clock import shown_at
from gateway.site.timing_model import Calendar, Hours
from tests.gateway.access.zones import SETTINGS, Wall
from tests.gateway.samples import NOON

WHERE = ZoneInfo("Europe/Berlin")
NIGHT = {"night": Calendar({day: (Hours(time(22), time(6)),) for day in range(7)})}
OFFICE = {"office": Calendar({day: (Hours(time(8), time(18)),) for day in range(5)}, holidays="DE")}


def _hour(wall: Wall) -> int:
    here = wall.machine.schedule.disarmed or wall.machine.schedule.part_armed  # type: ignore[attr-defined]
    return shown_at(wall.now, here.zone).hour


def test_a_schedule_crosses_midnight_and_holds_on_a_restart() -> None:
    wall = Wall(replace(SETTINGS, part_armed_during="night"), NIGHT)
    for _ in range(48):
        wall.wait(30 * MINUTE)
        wall.restart()
        hour = _hour(wall)
        assert wall.says("mode") == ("part-armed" if hour >= 22 or hour < 6 else "armed")


def test_on_a_holiday_it_stays_armed() -> None:
    wall = Wall(replace(SETTINGS, disarmed_during="office"), OFFICE)
    christmas = from_datetime(shown_at(NOON, WHERE).replace(month=12, day=25, hour=9, tzinfo=WHERE))
    wall.jump(christmas - wall.now)
    assert wall.says("mode") == "armed"
    wall.jump(2 * 24 * HOUR)  # Wednesday 27
    assert wall.says("mode") == "disarmed"


def test_what_somebody_ordered_until_a_time_outlasts_the_schedule() -> None:
    wall = Wall(replace(SETTINGS, disarmed_during="office"), OFFICE)
    evening = from_datetime(shown_at(NOON, WHERE).replace(day=15, hour=17, tzinfo=WHERE))
    wall.jump(evening - wall.now)
    assert wall.says("mode") == "disarmed"
    wall.order(Action.DISARM, until=evening + 2 * HOUR)
    wall.wait(2 * HOUR - 1)
    assert wall.says("mode") == "disarmed"
    wall.wait(1)
    assert wall.says("mode") == "armed"


@pytest.mark.parametrize("ordered", [True, False])
def test_what_a_clock_that_was_ahead_disarmed_is_armed_when_it_is_put_right(ordered: bool) -> None:
    wall = Wall(replace(SETTINGS, disarmed_during="office"), OFFICE)
    morning = from_datetime(shown_at(NOON, WHERE).replace(day=15, hour=9, tzinfo=WHERE))
    wall.jump(morning - wall.now)
    assert wall.says("mode") == "disarmed"
    if ordered:
        wall.order(Action.DISARM)
    wall.now -= 6 * HOUR
    wall.restart()
    wall.tell("north/line", "normal")
    assert wall.says("mode") == ("disarmed" if ordered else "armed")
    wall.wait(6 * HOUR)
    assert wall.says("mode") == "disarmed"


def scheduled(calendar: Calendar | None) -> AnyMachine:
    calendars = {} if calendar is None else {"office": calendar}
    settings = SETTINGS if calendar is None else replace(SETTINGS, disarmed_during="office")
    return Wall(settings, calendars).machine


AFTERNOON = Calendar({day: (Hours(time(16), time(18)),) for day in range(7)})


@pytest.mark.parametrize("after", [None, AFTERNOON])
@pytest.mark.parametrize("ordered", [True, False])
def test_what_calendars_disarmed_that_are_no_more_is_armed_and_what_somebody_did_is_not(
    after: Calendar | None, ordered: bool
) -> None:
    wall = Wall(replace(SETTINGS, disarmed_during="office"), OFFICE)
    morning = from_datetime(shown_at(NOON, WHERE).replace(day=15, hour=10, tzinfo=WHERE))
    wall.jump(morning - wall.now)
    if ordered:
        wall.order(Action.ARM)
        wall.order(Action.DISARM)
    wall.restart(scheduled(after))
    wall.tell("north/line", "normal")
    assert wall.says("mode") == ("disarmed" if ordered else "armed")
    wall.restart(scheduled(after))
    wall.tell("north/line", "alarm")
    assert wall.says("alarm") == ("normal" if ordered else "breach")
