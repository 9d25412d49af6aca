"""Armed, part-armed, disarmed, bypassed and walked through: each ends when it was said to."""

from dataclasses import replace

import pytest

from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality
from tests.gateway.access.zones import ON, SETTINGS, Wall


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
