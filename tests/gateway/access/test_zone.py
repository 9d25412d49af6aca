"""A zone that the gateway holds: what is watched is told, and what is not known is not normal."""

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from gateway.access.machine import AnyMachine
from gateway.model.clock import HOUR, MINUTE, SECOND, from_datetime
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.model.wall_clock import shown_at
from gateway.site.held_model import Confirmed, Swinger
from gateway.site.timing_model import Calendar, Hours
from tests.gateway.access.zones import LINES, SETTINGS, Wall
from tests.gateway.samples import NOON

ON = [("lamp", Action.SWITCH_ON), ("siren", Action.SWITCH_ON)]


def test_a_new_zone_is_armed_and_a_line_of_it_that_was_never_heard_of_is_doubtful() -> None:
    wall = Wall(heard=False)
    assert (wall.says("mode"), wall.says("supervision")) == ("armed", "doubtful")
    wall.hear_all()
    assert (wall.says("alarm"), wall.says("supervision")) == ("normal", "ok")


def test_a_line_in_alarm_is_a_breach_with_the_reading_that_told_it() -> None:
    wall = Wall()
    wall.trip("north")
    assert wall.says("alarm") == "breach"
    assert wall.wishes == ON
    ((point, value),) = wall.events
    assert point == "wall/trip"
    assert value == {
        "line": "north/line",
        "led-to": "breach",
        "cameras": ["camera"],
        "late": False,
    }


def test_the_first_word_of_a_line_may_be_an_alarm() -> None:
    wall = Wall(heard=False)
    wall.trip("north")
    assert wall.says("alarm") == "breach"


def test_a_breach_lasts_while_a_line_stands_in_alarm_and_the_siren_does_not() -> None:
    wall = Wall()
    wall.trip("north")
    wall.wait(3 * MINUTE)
    assert wall.wishes[2:] == [("siren", Action.SWITCH_OFF)]
    wall.wait(HOUR)
    assert wall.says("alarm") == "breach"
    wall.rest("north")
    assert wall.says("alarm") == "normal"
    assert wall.wishes[3:] == [("lamp", Action.SWITCH_OFF)]


def test_a_short_alarm_is_a_breach_for_a_minute() -> None:
    wall = Wall()
    wall.trip("north")
    wall.rest("north")
    wall.wait(MINUTE - 1)
    assert wall.says("alarm") == "breach"
    wall.wait(1)
    assert wall.says("alarm") == "normal"


@pytest.mark.promise("S8")
@pytest.mark.parametrize(
    ("value", "quality"),
    [
        ("normal", Quality.STALE),
        (None, Quality.OFFLINE),
        (None, Quality.BAD),
        ("unknown", Quality.GOOD),
        ("open", Quality.GOOD),
    ],
)
def test_doubt_ends_no_breach(value: str | None, quality: Quality) -> None:
    wall = Wall()
    wall.trip("north")
    wall.tell("north/line", value, quality)
    wall.wait(HOUR)
    assert wall.says("alarm") == "breach"


def test_a_camera_s_tripwire_is_a_line_and_its_other_tripwires_are_none() -> None:
    wall = Wall()
    wall.tell("camera/crossing", {"line": "path", "direction": "in"})
    assert wall.says("alarm") == "normal"
    wall.tell("camera/crossing", {"line": "wall", "direction": "in"})
    assert wall.says("alarm") == "breach"


@pytest.mark.parametrize(
    ("point", "value", "quality", "fault"),
    [
        ("north/line", "normal", Quality.STALE, "doubtful"),
        ("north/line", None, Quality.OFFLINE, "lost"),
        ("north/line", None, Quality.BAD, "lost"),
        ("north/line", "unknown", Quality.GOOD, "lost"),
        ("north/line", "open", Quality.GOOD, "cut"),
        ("north/line", "short", Quality.GOOD, "short"),
        ("north/supply", "lost", Quality.GOOD, "supply-lost"),
        ("north/tamper", "tampered", Quality.GOOD, "tampered"),
        ("north/tamper", None, Quality.OFFLINE, "lost"),
        ("camera/picture", "live", Quality.STALE, "doubtful"),
        ("camera/picture", None, Quality.OFFLINE, "lost"),
    ],
)
def test_what_is_wrong_with_a_line_of_an_armed_zone_shows(
    point: str, value: str | None, quality: Quality, fault: str
) -> None:
    wall = Wall()
    wall.tell(point, value, quality)
    assert wall.says("supervision") == fault
    assert wall.says("alarm") == "normal"
    wall.hear_all()
    assert wall.says("supervision") == "ok"


def test_doubt_does_not_cover_up_what_was_wrong_for_sure() -> None:
    wall = Wall()
    wall.tell("north/tamper", "tampered")
    wall.tell("north/tamper", "ok", Quality.STALE)
    wall.tell("north/tamper", None, Quality.OFFLINE)
    assert wall.says("supervision") == "tampered"


@pytest.mark.promise("S9")
@pytest.mark.parametrize("action", [Action.DISARM, Action.WALK_TEST, Action.BYPASS])
def test_nothing_hides_tampering_or_panic(action: Action) -> None:
    wall = Wall()
    wall.order(action, until=wall.now + HOUR)
    wall.trip("north")
    assert wall.says("alarm") == "normal"
    wall.tell("south/tamper", "tampered")
    assert wall.says("supervision") == "tampered"
    wall.trip("panic")
    assert wall.says("alarm") == "breach"
    wall.order(Action.DISARM)
    assert wall.says("alarm") == "breach"
    wall.rest("panic")
    wall.wait(MINUTE)
    assert wall.says("alarm") == "normal"


def test_disarmed_nothing_is_watched_and_armed_again_it_is() -> None:
    wall = Wall()
    wall.order(Action.DISARM)
    assert wall.says("mode") == "disarmed"
    wall.trip("north")
    wall.rest("north")
    wall.tell("north/line", None, Quality.OFFLINE)
    assert (wall.says("alarm"), wall.says("supervision")) == ("normal", "ok")
    wall.order(Action.ARM)
    assert (wall.says("mode"), wall.says("alarm")) == ("armed", "exit")
    assert wall.says("supervision") == "lost"
    wall.rest("north")
    wall.wait(30 * SECOND)
    wall.trip("north")
    assert wall.says("alarm") == "breach"


def test_disarming_ends_a_breach_with_lamp_and_siren() -> None:
    wall = Wall()
    wall.trip("north")
    wall.order(Action.DISARM)
    assert wall.says("alarm") == "normal"
    assert wall.wishes[2:] == [("lamp", Action.SWITCH_OFF), ("siren", Action.SWITCH_OFF)]


def test_part_armed_only_the_lines_for_it_are_watched() -> None:
    wall = Wall()
    wall.order(Action.PART_ARM)
    wall.wait(MINUTE)
    wall.trip("south")
    assert wall.says("alarm") == "normal"
    wall.trip("north")
    assert wall.says("alarm") == "breach"


def test_a_delayed_line_leaves_time_to_disarm_and_no_more() -> None:
    wall = Wall()
    wall.trip("gate")
    assert (wall.says("alarm"), wall.wishes) == ("entry", [])
    wall.order(Action.DISARM)
    assert wall.says("alarm") == "normal"
    wall.rest("gate")
    wall.order(Action.ARM)
    wall.wait(MINUTE)
    wall.trip("gate")
    wall.wait(30 * SECOND - 1)
    assert wall.says("alarm") == "entry"
    wall.wait(1)
    assert (wall.says("alarm"), wall.wishes) == ("breach", ON)


def test_another_line_during_the_entry_delay_is_a_breach_at_once() -> None:
    wall = Wall()
    wall.trip("gate")
    wall.trip("north")
    assert wall.says("alarm") == "breach"


def test_the_exit_delay_lets_through_delayed_lines_alone() -> None:
    wall = Wall()
    wall.order(Action.DISARM)
    wall.order(Action.ARM)
    wall.trip("gate")
    assert wall.says("alarm") == "exit"
    wall.rest("gate")
    wall.wait(30 * SECOND)
    assert wall.says("alarm") == "normal"
    wall.order(Action.DISARM)
    wall.order(Action.ARM)
    wall.trip("north")
    assert wall.says("alarm") == "breach"


def test_a_gate_left_open_at_the_end_of_the_exit_delay_is_told() -> None:
    wall = Wall()
    wall.order(Action.DISARM)
    wall.order(Action.ARM)
    wall.trip("gate")
    wall.wait(30 * SECOND)
    assert wall.says("alarm") == "not-ready"
    wall.rest("gate")
    assert wall.says("alarm") == "normal"
    wall.trip("gate")
    assert wall.says("alarm") == "entry"


def test_it_is_not_armed_over_a_line_in_alarm_unless_that_is_bypassed_on_purpose() -> None:
    wall = Wall()
    wall.order(Action.DISARM)
    wall.trip("south")
    assert wall.refuses("wall", Action.ARM) == "line-not-ready"
    assert wall.refuses("wall", Action.PART_ARM) is None
    assert wall.refuses("lamp", Action.SWITCH_ON) is None
    wall.order(Action.BYPASS, until=wall.now + HOUR, lines=["south/line"])
    assert wall.refuses("wall", Action.ARM) is None
    wall.rest("south")
    wall.trip("gate")
    assert wall.refuses("wall", Action.ARM) is None
    assert Wall(replace(SETTINGS, exit_delay=0)).refuses("wall", Action.ARM) is None


def test_a_bypass_ends_when_it_was_said_to_and_what_then_stands_in_alarm_is_told() -> None:
    wall = Wall()
    until = wall.now + HOUR
    wall.order(Action.BYPASS, until=until, lines=["north/line"])
    assert wall.says("bypass") == "bypassed"
    wall.trip("north")
    assert wall.says("alarm") == "normal"
    wall.trip("south")
    wall.rest("south")
    assert wall.says("alarm") == "breach"
    wall.wait(HOUR - 1)
    assert (wall.says("bypass"), wall.says("alarm")) == ("bypassed", "normal")
    wall.wait(1)
    assert (wall.says("bypass"), wall.says("alarm")) == ("active", "not-ready")


def test_a_bypass_without_an_end_or_of_the_panic_button_is_none() -> None:
    wall = Wall()
    wall.order(Action.BYPASS)
    wall.order(Action.BYPASS, until=wall.now)
    wall.order(Action.BYPASS, until="tomorrow")
    wall.order(Action.BYPASS, until=wall.now + HOUR, lines=["panic/line"])
    assert wall.says("bypass") == "active"


def test_a_bypass_can_be_ended_before() -> None:
    wall = Wall()
    wall.order(Action.BYPASS, until=wall.now + HOUR)
    wall.order(Action.END_BYPASS)
    assert wall.says("bypass") == "active"
    wall.trip("north")
    assert wall.says("alarm") == "breach"


def test_a_walk_test_tells_which_lines_were_walked_and_ends_by_itself() -> None:
    wall = Wall()
    wall.order(Action.WALK_TEST, until=wall.now + HOUR)
    wall.trip("north")
    wall.rest("north")
    assert (wall.says("mode"), wall.says("alarm"), wall.wishes) == ("walk-test", "normal", [])
    assert wall.events[-1].value["led-to"] == "walk-test"
    wall.wait(HOUR)
    assert wall.says("mode") == "armed"
    point, told = wall.events[-1]
    assert (point, told["led-to"]) == ("wall/trip", "walk-test-over")
    assert told["tested"] == ["north/line"]
    assert told["untested"] == ["camera/crossing", "gate/line", "south/line"]


def test_a_disarmed_zone_is_disarmed_again_after_a_walk_test() -> None:
    wall = Wall()
    wall.order(Action.DISARM)
    wall.order(Action.WALK_TEST, until=wall.now + HOUR)
    wall.order(Action.END_WALK_TEST)
    assert wall.says("mode") == "disarmed"


def test_disarmed_until_an_hour_from_now_it_is_armed_then() -> None:
    wall = Wall()
    wall.order(Action.DISARM, until=wall.now + HOUR)
    wall.wait(HOUR - 1)
    assert wall.says("mode") == "disarmed"
    wall.trip("north")
    wall.wait(1)
    assert (wall.says("mode"), wall.says("alarm")) == ("armed", "not-ready")


@pytest.mark.promise("S10")
def test_everything_ends_in_its_time_though_the_gateway_was_away() -> None:
    wall = Wall()
    wall.order(Action.DISARM, until=wall.now + HOUR)
    wall.order(Action.BYPASS, until=wall.now + 2 * HOUR, lines=["north/line"])
    wall.restart()
    wall.jump(3 * HOUR)
    assert (wall.says("mode"), wall.says("bypass")) == ("armed", "active")
    wall.trip("north")
    assert wall.says("alarm") == "breach"


def test_one_line_alone_is_unconfirmed_and_two_are_a_breach() -> None:
    wall = Wall(replace(SETTINGS, confirm=Confirmed(2, 30 * SECOND)))
    wall.trip("north")
    wall.rest("north")
    assert (wall.says("alarm"), wall.wishes) == ("unconfirmed", [])
    wall.trip("north")
    wall.rest("north")
    assert wall.says("alarm") == "unconfirmed"
    wall.wait(30 * SECOND)
    assert wall.says("alarm") == "normal"
    wall.trip("north")
    wall.wait(HOUR)
    assert wall.says("alarm") == "unconfirmed"
    wall.trip("south")
    assert (wall.says("alarm"), wall.wishes) == ("breach", ON)


def test_a_line_that_trips_again_and_again_is_left_out_and_told_but_no_other() -> None:
    wall = Wall(replace(SETTINGS, swinger=Swinger(3, HOUR)))
    for _ in range(3):
        wall.trip("north")
        assert wall.says("alarm") == "breach"
        wall.rest("north")
        wall.wait(2 * MINUTE)
    assert (wall.says("swinger"), wall.says("alarm")) == ("limited", "normal")
    wall.trip("north")
    wall.rest("north")
    assert wall.says("alarm") == "normal"
    assert wall.events[-1].value["led-to"] == "limited"
    wall.trip("south")
    assert wall.says("alarm") == "breach"
    wall.rest("south")
    wall.wait(HOUR)
    assert wall.says("swinger") == "none"
    wall.trip("north")
    assert wall.says("alarm") == "breach"


def test_what_a_module_buffered_while_the_zone_was_armed_is_raised_and_told_to_be_late() -> None:
    wall = Wall()
    wall.wait(HOUR)
    wall.tell("north/line", "alarm", taken_at=wall.now - 30 * MINUTE)
    wall.tell("north/line", "normal", taken_at=wall.now - 29 * MINUTE)
    assert wall.says("alarm") == "breach"
    assert wall.events[-1].value["late"] is True


def test_a_break_in_told_after_what_is_now_is_raised_once() -> None:
    wall = Wall()
    wall.wait(HOUR)
    wall.tell("north/line", "alarm", Quality.STALE)  # what the broker remembers
    wall.tell("north/line", "normal")
    for _ in range(2):  # the module sends what it kept twice
        wall.tell("north/line", "alarm", Quality.STALE, taken_at=wall.now - 30 * MINUTE)
        wall.tell("north/line", "normal", Quality.STALE, taken_at=wall.now - 29 * MINUTE)
    assert wall.says("alarm") == "breach"
    assert [event.value["late"] for event in wall.events] == [True]


def test_what_a_broker_remembers_of_a_line_is_no_break_in() -> None:
    wall = Wall()
    wall.tell("north/line", "alarm", Quality.STALE)
    assert (wall.says("alarm"), wall.events) == ("normal", [])


def test_what_happened_while_the_zone_was_disarmed_is_history() -> None:
    wall = Wall()
    wall.order(Action.DISARM)
    wall.wait(HOUR)
    wall.order(Action.ARM)
    wall.wait(5 * MINUTE)
    wall.tell("north/line", "alarm", taken_at=wall.now - 30 * MINUTE)
    wall.tell("north/line", "normal", taken_at=wall.now - 29 * MINUTE)
    assert wall.says("alarm") == "normal"


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


def test_orders_that_make_no_sense_change_nothing() -> None:
    wall = Wall()
    before = wall.state
    for action in (Action.OPEN, Action.END_WALK_TEST, Action.END_BYPASS):
        wall.order(action)
    wall.tell("wall/order", {"action": ["arm"]})
    wall.tell("wall/order", "disarm")
    assert wall.state == before


def test_every_line_is_heard_of() -> None:
    wall = Wall()
    assert {f"{name}/line" for name in LINES} | {"camera/picture"} <= wall.machine.points
