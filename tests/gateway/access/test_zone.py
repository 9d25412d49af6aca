"""A zone that the gateway holds: what is watched is told, and what is not known is not normal."""

from dataclasses import replace

import pytest

from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.site.held_model import Confirmed, Swinger
from tests.gateway.access.zones import LINES, ON, SETTINGS, Wall


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


def test_what_began_while_the_zone_was_disarmed_and_stands_still_is_not_ready() -> None:
    """Perhaps it is a breach of now, told by a clock that is slow by an hour."""
    wall = Wall()
    wall.order(Action.DISARM)
    wall.wait(HOUR)
    wall.order(Action.ARM)
    wall.wait(5 * MINUTE)
    wall.tell("north/line", "alarm", taken_at=wall.now - 30 * MINUTE)
    assert (wall.says("alarm"), wall.wishes) == ("not-ready", [])
    wall.tell("north/line", "normal")
    assert wall.says("alarm") == "normal"
    wall.trip("north")
    assert wall.says("alarm") == "breach"


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
