"""A fire lets people out, says who is shut in, and is ended at its panel alone."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from gateway.access.fire import FireLinkage, fire_linkage
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality
from gateway.model.text import Text
from gateway.site.held_model import FireSettings
from gateway.site.model import Device, HeldAddress, MqttAddress
from tests.gateway.access.played import Played
from tests.gateway.samples import site

STATES = {
    "contact": ("closed", "open"),
    "lock": ("locked", "unlocked"),
    "position": ("closed", "open"),
}
RELEASE = [("hall", Action.LOCK_OPEN), ("yard", Action.LOCK_OPEN), ("gate", Action.OPEN)]


def device(id_: str, *names: str) -> Device:
    text = Text(id_, id_)
    points = tuple(
        Point(f"{id_}/{name}", PointKind.STATE, text, states=STATES[name]) for name in names
    )
    return Device(id_, "door", text, text, "b", MqttAddress("gatehouse-json", id_), points)


def linkage(*inputs: str) -> FireLinkage:
    text = Text("fire", "消防")
    settings = FireSettings(inputs or ("panel/fire",), ("hall", "yard"), ("gate",))
    fire = Device("fire", "fire", text, text, "own", HeldAddress(), (), fire=settings)
    doors = (device("hall", "contact", "lock"), device("yard", "lock"), device("gate", "position"))
    machine = fire_linkage(fire, replace(site(Path(), ()), devices=(*doors, fire)))
    assert machine is not None
    return machine


class Estate(Played):
    """Two doors and a barrier, all shut and heard of."""

    def __init__(self, *inputs: str) -> None:
        super().__init__(linkage(*inputs))
        for point, word in (("hall/contact", "closed"), ("gate/position", "closed")):
            self.tell(point, word)
        for door in ("hall", "yard"):
            self.tell(f"{door}/lock", "locked")
        for point in inputs or ("panel/fire",):
            self.tell(point, "normal")

    def burn(self) -> None:
        self.tell("panel/fire", "alarm")

    def release(self) -> None:
        self.tell("hall/lock", "unlocked")
        self.tell("yard/lock", "unlocked")
        self.tell("gate/position", "open")

    def named(self) -> list[list[str]]:
        return [cast("list[str]", event.value["not-released"]) for event in self.events]


def test_a_fire_asks_for_every_door_and_barrier_at_once() -> None:
    estate = Estate()
    assert (estate.says("fire"), estate.says("release")) == ("normal", "idle")
    estate.burn()
    assert sorted(estate.wishes) == sorted(RELEASE)
    assert (estate.says("fire"), estate.says("release")) == ("alarm", "releasing")


def test_when_all_are_released_that_is_on_record() -> None:
    estate = Estate()
    estate.burn()
    estate.release()
    assert estate.says("release") == "released"
    estate.wait(10 * SECOND)
    assert estate.says("release") == "released"
    assert estate.named() == [[]]


def test_what_is_not_released_in_time_is_named_and_again_when_that_changes() -> None:
    estate = Estate()
    estate.burn()
    estate.tell("yard/lock", "unlocked")
    estate.wait(10 * SECOND)
    assert estate.says("release") == "incomplete"
    assert estate.named() == [["gate", "hall"]]
    estate.tell("hall/contact", "open")  # by somebody with the key
    estate.tell("gate/position", "open")
    assert estate.says("release") == "released"
    assert estate.named() == [["gate", "hall"], ["gate"], []]
    estate.tell("gate/position", "closed")
    assert estate.says("release") == "incomplete"


@pytest.mark.parametrize("quality", [Quality.STALE, Quality.BAD, Quality.OFFLINE])
def test_a_door_in_doubt_is_not_released(quality: Quality) -> None:
    estate = Estate()
    estate.burn()
    estate.release()
    estate.tell("yard/lock", "unlocked" if quality is Quality.STALE else None, quality)
    estate.wait(10 * SECOND)
    assert (estate.says("release"), estate.named()) == ("incomplete", [["yard"]])


@pytest.mark.promise("S5")
@pytest.mark.parametrize(
    ("value", "quality"),
    [
        ("normal", Quality.STALE),
        ("unknown", Quality.GOOD),
        (None, Quality.BAD),
        (None, Quality.OFFLINE),
    ],
)
def test_doubt_never_ends_a_fire_and_is_told(value: str | None, quality: Quality) -> None:
    estate = Estate()
    estate.burn()
    estate.tell("panel/fire", value, quality)
    estate.wait(HOUR)
    assert (estate.says("fire"), estate.says("input")) == ("alarm", "doubtful")
    estate.tell("panel/fire", "normal")
    assert (estate.says("fire"), estate.says("release")) == ("normal", "idle")
    assert estate.says("input") == "ok"


@pytest.mark.promise("S5")
def test_of_several_inputs_the_last_one_ends_it_and_nothing_is_asked_for_twice() -> None:
    estate = Estate("panel/fire", "kitchen/fire")
    estate.burn()
    estate.tell("kitchen/fire", "alarm")
    estate.burn()
    assert len(estate.wishes) == len(RELEASE)
    estate.tell("panel/fire", "normal")
    assert estate.says("fire") == "alarm"
    estate.tell("kitchen/fire", "normal")
    assert estate.says("fire") == "normal"


@pytest.mark.promise("S5")
def test_a_fire_is_one_though_the_panels_clock_was_ahead_before_and_only_a_sure_word_ends_it() -> (
    None
):
    estate = Estate()
    estate.tell("panel/fire", "alarm", Quality.STALE, taken_at=estate.now - SECOND)
    assert sorted(estate.wishes) == sorted(RELEASE)
    assert (estate.says("fire"), estate.says("input")) == ("alarm", "doubtful")
    estate.tell("panel/fire", "normal", Quality.STALE, taken_at=estate.now - SECOND)
    assert estate.says("fire") == "alarm"
    estate.tell("panel/fire", "normal")
    assert estate.says("fire") == "normal"


@pytest.mark.promise("S6")
@pytest.mark.parametrize("ago", [0, HOUR])
def test_what_a_broker_remembers_and_what_was_long_ago_is_no_fire(ago: int) -> None:
    estate = Estate()
    estate.wait(HOUR)
    estate.tell("panel/fire", "alarm", Quality.STALE, taken_at=estate.now - ago)
    assert (estate.wishes, estate.says("fire")) == ([], "normal")


@pytest.mark.promise("S5")
def test_a_panel_the_site_file_names_no_more_hides_no_fire_and_the_next_one_ends_it() -> None:
    estate = Estate("panel/fire")
    estate.burn()
    estate.wait(MINUTE)
    estate.restart(linkage("new-panel/fire"))
    estate.tell("new-panel/fire", None, Quality.OFFLINE)
    assert estate.says("fire") == "alarm", "doubt ends nothing"
    estate.tell("new-panel/fire", "alarm")
    assert sorted(estate.wishes) == sorted(2 * RELEASE), "a new fire releases"
    estate.wait(MINUTE)
    assert estate.named() == 2 * [["gate", "hall", "yard"]]
    estate.tell("new-panel/fire", "normal")
    assert (estate.says("fire"), estate.says("release")) == ("normal", "idle")
    assert estate.refuses("hall", Action.LOCK) is None


@pytest.mark.promise("S5")
def test_while_it_lasts_nothing_is_locked_or_shut() -> None:
    estate = Estate()
    shutting = (Action.LOCK, Action.LOCK_DOWN, Action.BLOCK, Action.CLOSE, Action.END_LOCK_OPEN)
    assert [estate.refuses("hall", action) for action in shutting] == [None] * 5
    estate.burn()
    assert [estate.refuses("hall", action) for action in shutting] == ["fire"] * 5
    assert estate.refuses("gate", Action.CLOSE) == "fire"
    assert estate.refuses("gate", Action.OPEN) is None
    assert estate.refuses("elsewhere", Action.LOCK) is None


@pytest.mark.promise("S1", "S10")
def test_a_restart_in_the_middle_keeps_it_and_asks_for_nothing_anew() -> None:
    estate = Estate()
    estate.burn()
    estate.restart()
    estate.burn()
    estate.wait(MINUTE)
    assert (estate.says("fire"), estate.says("release")) == ("alarm", "incomplete")
    assert len(estate.wishes) == len(RELEASE)
    assert estate.refuses("hall", Action.LOCK) == "fire"


@pytest.mark.promise("S5")
def test_a_panel_that_says_anew_that_it_burns_has_what_is_shut_tried_once_more() -> None:
    estate = Estate()
    estate.burn()
    estate.tell("yard/lock", "unlocked")
    estate.burn()
    assert len(estate.wishes) == len(RELEASE), "the first try is not over"
    estate.wait(10 * SECOND)
    estate.burn()
    estate.burn()
    assert sorted(estate.wishes[len(RELEASE) :]) == [("gate", Action.OPEN), RELEASE[0]]
    estate.release()
    estate.wait(MINUTE)
    estate.burn()
    assert len(estate.wishes) == len(RELEASE) + 2, "all are released"
    assert estate.named() == [["gate", "hall"], []]


@pytest.mark.promise("S1")
@pytest.mark.parametrize("ago", [0, HOUR])
def test_what_a_broker_remembers_or_was_overtaken_has_nothing_tried_once_more(ago: int) -> None:
    estate = Estate()
    estate.burn()
    estate.wait(HOUR)
    estate.tell("panel/fire", "alarm", Quality.STALE, taken_at=estate.now - ago)
    assert len(estate.wishes) == len(RELEASE)


@pytest.mark.promise("S5")
def test_what_is_shut_is_tried_once_more_however_slow_the_panels_clock_is() -> None:
    estate = Estate()
    for minutes in (0, 1):
        estate.tell("panel/fire", "alarm", taken_at=estate.now - HOUR)
        assert len(estate.wishes) == (1 + minutes) * len(RELEASE)
        estate.wait(MINUTE)


@pytest.mark.promise("S5")
def test_a_release_that_was_perhaps_not_commanded_is_tried_with_the_next_word_of_the_panel() -> (
    None
):
    estate = Estate()
    estate.burn()
    estate.tell("fire/not-commanded", {"devices": ["gate", "hall", "yard"]})
    assert len(estate.wishes) == len(RELEASE), "a restart asks for nothing"
    estate.tell("hall/contact", "open")
    estate.burn()
    estate.burn()
    assert sorted(estate.wishes[len(RELEASE) :]) == [("gate", Action.OPEN), RELEASE[1]]


def test_a_door_that_two_linkages_release_is_held_free_until_neither_burns() -> None:
    first = linkage("panel/fire")
    second = replace(first, id="garage", inputs=frozenset({"garage/fire"}))
    estate = Played(first, second)
    estate.tell("panel/fire", "alarm")
    estate.tell("garage/fire", "alarm")
    estate.tell("panel/fire", "normal")
    assert estate.says("fire") == "normal"
    assert estate.refuses("hall", Action.LOCK) == "fire"
    assert estate.refuses("hall", Action.END_LOCK_OPEN) == "fire"
    estate.tell("garage/fire", "normal")
    assert estate.refuses("hall", Action.LOCK) is None
    assert {action for _, action in estate.wishes} <= {Action.LOCK_OPEN, Action.OPEN}
