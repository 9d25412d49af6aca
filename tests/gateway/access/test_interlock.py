"""An air lock: one of its doors at a time."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from gateway.access.codes import CODES
from gateway.access.interlock import Interlock, interlocks
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.site.access_model import DoorSettings
from tests.gateway.access.doors import Story, device
from tests.gateway.samples import site


def shut() -> Story:
    story = Story(Interlock(["inner", "outer"]))
    for door, (point, word) in product(
        ("inner", "outer"), (("contact", "closed"), ("mode", "locked"))
    ):
        story.says(point, word, door=door)
    story.since()
    return story


def test_one_door_may_be_opened_while_the_other_is_shut() -> None:
    story = shut().says("contact", "open", door="outer")
    assert story.engine.refusal("outer", Action.UNLOCK) is None
    assert story.shows("interlock", "inner") == ("ok", Quality.GOOD)


@pytest.mark.parametrize("action", [Action.OPEN, Action.UNLOCK])
def test_neither_is_opened_while_the_other_is_open_or_released_or_unknown(action: Action) -> None:
    for point, word in (("contact", "open"), ("mode", "accessed")):
        other = shut().says(point, word, door="outer")
        assert other.engine.refusal("inner", action) == "other-door-open"
    for story in (
        shut().says("contact", "unknown", door="outer"),
        shut().says("contact", "closed", door="outer", quality=Quality.STALE),
        Story(Interlock(["inner", "outer"])),
    ):
        assert story.engine.refusal("inner", action) == "other-door-unknown"
    assert {"other-door-open", "other-door-unknown"} <= CODES, "there are words for both"


def test_both_open_is_told_at_both_doors() -> None:
    story = shut().says("contact", "open", door="outer").says("contact", "open", door="inner")
    assert story.since() == ["interlock violated", "interlock violated"]
    assert story.says("contact", "closed", door="inner").since() == ["interlock ok"] * 2


@pytest.mark.promise("S5")
def test_escape_breaks_no_rule_and_is_never_refused() -> None:
    story = shut().says("contact", "open", door="outer")
    assert story.engine.refusal("inner", Action.LOCK_OPEN) is None
    story.says("mode", "locked-open", door="inner").says("contact", "open", door="inner")
    assert story.shows("interlock", "inner") == ("ok", Quality.GOOD)


def test_of_a_door_that_is_not_heard_nothing_good_is_told() -> None:
    story = shut().says("contact", None, door="outer", quality=Quality.OFFLINE)
    assert story.shows("interlock", "outer") == ("ok", Quality.STALE)


def test_doors_that_name_each_other_are_one_air_lock(tmp_path: Path) -> None:
    named = {"a": ("b",), "b": ("a",), "c": ("b",), "d": ("e",), "e": (), "f": ()}
    doors = tuple(
        device(id_, times=DoorSettings(interlock=others)) for id_, others in named.items()
    )
    found = interlocks(replace(site(tmp_path), devices=doors))
    assert sorted(lock.id for lock in found) == ["interlock a+b+c", "interlock d+e"]
