"""Nobody comes in twice without having left; nobody is kept in, and doubt lets people in."""

from dataclasses import replace
from datetime import time

import pytest

from gateway.access.codes import WISHES
from gateway.access.machine import Event
from gateway.access.passback import (
    LEGIBLE,
    MOST_KNOWN,
    READER_ASKED,
    SHOWN_FOR,
    Passback,
    PassbackState,
)
from gateway.access.roll import Known, Roll, digest
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality, Reading
from gateway.site.held_model import PassbackMode, PassbackSettings
from tests.gateway.access.areas import DOORS, Court, area
from tests.gateway.access.doors import SHANGHAI, Story
from tests.gateway.samples import NOON

BAD_QUALITIES = [each for each in Quality if each is not Quality.GOOD]


def inside(**settings: object) -> Court:
    """Li is inside."""
    court = Court(**settings)  # type: ignore[arg-type]  # the test's own
    court.goes("li", enters=True)
    assert court.says("inside") == 1.0
    return court


def test_a_reader_that_asks_is_answered_by_opening_the_door() -> None:
    court = Court()
    court.tap("li", enters=True)
    assert court.wishes == [("gate", Action.OPEN)]
    assert READER_ASKED in WISHES


def test_hard_refuses_a_second_entry_and_has_it_on_record() -> None:
    court = inside()
    assert not court.is_let_in("li")
    [event] = court.events
    assert event.point == "court/second-entry"
    who = {"credential": "li", "direction": "in"}
    assert event.value == {**who, "result": "denied", "door": "gate"}
    assert court.says("state") == "violated"
    court.wait(SHOWN_FOR)
    assert court.says("state") == "ok"


def test_soft_lets_a_second_entry_through_and_tells_of_it() -> None:
    court = Court(PassbackMode.SOFT)
    for _ in range(2):
        court.tap("li", enters=True, result="granted")
        court.passes("li", enters=True)
        court.wait(2 * SECOND)
    assert court.second_entries() == ["granted"]
    assert court.says("state") == "violated"
    assert court.says("inside") == 1.0
    assert court.wishes == []


def test_soft_answers_no_reader() -> None:
    """It lets through whom the reader lets through, and opens for nobody."""
    court = Court(PassbackMode.SOFT)
    court.tap("li", enters=True)
    court.tap("li", enters=False)
    assert court.wishes == []
    assert court.second_entries() == []


def test_what_a_reader_opens_by_itself_hard_can_only_tell() -> None:
    court = inside()
    court.tap("li", enters=True, result="granted")
    assert court.second_entries() == ["granted"]


@pytest.mark.parametrize("door", ["gate", "garden"])
def test_who_has_left_by_any_door_may_come_in_again(door: str) -> None:
    court = inside()
    court.goes("li", enters=False, door=door)
    assert court.says("inside") == 0.0
    assert court.is_let_in("li")
    assert court.events == []


def test_granted_is_not_taken() -> None:
    court = Court()
    court.tap("li", enters=True)
    court.passes("li", enters=True, result="not-taken")
    assert court.is_let_in("li")


def test_who_was_let_out_may_come_in_until_it_is_known_that_they_stayed() -> None:
    court = inside()
    court.tap("li", enters=False)
    assert court.is_let_in("li")
    court.passes("li", enters=False, result="not-taken")
    assert not court.is_let_in("li")


@pytest.mark.promise("S5")
def test_a_way_out_is_granted_whatever_is_known() -> None:
    court = Court()
    for _ in range(3):
        court.goes("li", enters=False)
    assert court.wishes == [("gate", Action.OPEN)] * 3
    court.goes("li", enters=True)
    for _ in range(2):
        court.tap("li", enters=False)
        court.passes("li", enters=False, result="not-taken")
        court.wait(2 * SECOND)
    assert court.wishes == [("gate", Action.OPEN)] * 6


def test_two_taps_within_a_second_are_one() -> None:
    court = Court()
    court.tap("li", enters=True)
    court.passes("li", enters=True)  # the door stood open
    court.now += SECOND
    court.tap("li", enters=True)
    assert court.events == []
    assert len(court.wishes) == 1
    court.now += SECOND + 1
    court.tap("li", enters=True)
    assert court.second_entries() == ["denied"]


@pytest.mark.parametrize("quality", BAD_QUALITIES)
def test_what_is_not_news_changes_nothing(quality: Quality) -> None:
    court = Court()
    value = {"result": "taken", "credential": "li", "direction": "in"}
    court.tell("gate/passage", value, quality)
    court.tell("gate/access", {**value, "result": "asked"}, quality)
    assert court.state == court.machine.begin()
    assert court.wishes == []


@pytest.mark.parametrize(
    "value",
    [
        {"result": "asked", "direction": "in"},
        {"result": "asked", "credential": "", "direction": "in"},
        {"result": "asked", "credential": 7, "direction": "in"},
        {"result": "asked", "credential": "li"},
        {"result": "asked", "credential": "li", "direction": "up"},
        {"result": "asked", "credential": "li", "direction": ["in"]},
        {"result": "denied", "credential": "li", "direction": "in"},
        {"credential": "li", "direction": "in"},
        "asked",
    ],
)
def test_an_event_of_nobody_or_of_no_direction_is_ignored(value: dict[str, object]) -> None:
    court = Court()
    court.tell("gate/access", value)
    court.tell("gate/passage", value)
    assert court.state == court.machine.begin()
    assert court.wishes == []


@pytest.mark.parametrize("credential", ["\x00", "\ud800", "卡" * 10_000])
def test_any_credential_is_kept_in_little_room(credential: str) -> None:
    court = Court()
    court.goes(credential, enters=True)
    court.restart()
    assert not court.is_let_in(credential)
    [known] = court.state.people
    assert len(known.who) == 24
    assert len(known.credential) <= LEGIBLE


def test_whereabouts_are_forgotten_at_midnight_of_the_site() -> None:
    court = inside()
    court.wait(17 * HOUR + 46 * MINUTE)
    assert court.says("inside") == 1.0
    court.wait(MINUTE)
    assert court.says("inside") == 0.0
    assert court.is_let_in("li")


def test_they_are_forgotten_after_a_while_and_at_another_time_of_day() -> None:
    court = inside(forget_after=2 * HOUR)
    court.jump(2 * HOUR)
    assert court.is_let_in("li")
    early = inside(forget_at=time(7))
    early.wait(46 * MINUTE)
    assert not early.is_let_in("li")
    early.wait(MINUTE)
    assert early.is_let_in("li")


def test_beyond_so_many_people_who_moved_longest_ago_is_forgotten() -> None:
    court = inside()
    known = Known("", inside=True, heard=NOON + 2, told=NOON + 2, until=NOON + HOUR)
    crowd = (replace(known, who=f"{number:024x}") for number in range(MOST_KNOWN - 1))
    full = PassbackState(Roll([*court.state.people, *crowd]))
    taken = {"result": "taken", "credential": "wang", "direction": "in"}
    step = court.machine.take(full, Reading("gate/passage", taken, NOON + 3, NOON + 3), NOON + 3)
    assert len(step.state.people) == MOST_KNOWN
    assert step.state.people.get(digest("li")) is None


def test_a_buffered_entry_is_no_news_and_a_buffered_exit_is() -> None:
    """Whether they have left since may still lie in another controller."""
    court = Court()
    court.passes("li", enters=True, taken_at=court.now - HOUR)
    assert court.is_let_in("li")
    court.passes("li", enters=True)
    court.wait(HOUR)
    court.passes("li", enters=False, taken_at=court.now - HOUR // 2)
    assert court.is_let_in("li")


def test_an_exit_from_before_the_entry_is_history() -> None:
    court = inside()
    court.passes("li", enters=False, taken_at=court.now - HOUR)
    assert not court.is_let_in("li")


def test_an_entry_that_happened_before_the_exit_changes_nothing() -> None:
    court = inside()
    court.wait(20 * SECOND)
    court.passes("li", enters=False)
    court.passes("li", enters=True, taken_at=court.now - 10 * SECOND)
    assert court.is_let_in("li")


def test_a_buffered_question_is_not_answered() -> None:
    court = inside()
    value = {"result": "asked", "credential": "li", "direction": "in"}
    court.tell("gate/access", value, taken_at=court.now - HOUR)
    assert court.events == []


@pytest.mark.promise("S5")
def test_in_a_fire_everybody_passes_and_what_was_known_until_its_end_refuses_nobody() -> None:
    court = inside()
    court.tell("fire/fire", "alarm")
    assert court.is_let_in("li")
    court.passes("li", enters=True)
    assert court.is_let_in("li")
    court.tell("fire/fire", "unknown")
    court.tell("fire/fire", "normal", Quality.STALE)
    assert court.is_let_in("li")
    court.tell("fire/fire", "normal")
    assert court.is_let_in("li")
    court.passes("li", enters=True)
    assert not court.is_let_in("li")


def test_a_fires_muster_loses_nobody_who_was_not_seen_to_leave() -> None:
    court = inside()
    court.goes("wang", enters=True)
    court.tell("fire/fire", "alarm")
    court.passes("li", enters=False)
    assert court.says("inside") == 1.0
    court.passes("zhao", enters=True)
    court.tell("fire/fire", "normal")
    court.restart()
    assert court.on_roll() == {"wang", "zhao"}
    assert court.says("inside") == 2.0


def test_one_who_is_forgiven_may_come_in_and_that_is_on_record() -> None:
    court = inside()
    court.goes("wang", enters=True)
    court.order(Action.FORGIVE, person=digest("li"), id="7", who="chen", reason="seen outside")
    assert court.says("inside") == 1.0
    [event] = court.events
    who = {"credential": "li", "holder": "", "who": "chen", "reason": "seen outside", "id": "7"}
    assert event == Event("court/forgiven", {**who, "action": "forgive", "forgotten": 1})
    assert court.is_let_in("li")
    assert not court.is_let_in("wang")


def test_all_are_forgiven_at_once() -> None:
    court = inside()
    court.goes("wang", enters=True)
    court.is_let_in("li")
    court.order(Action.FORGIVE_ALL)
    assert court.says("inside") == 0.0
    assert court.says("state") == "ok"
    assert court.events[-1].value["forgotten"] == 2
    assert court.is_let_in("li")
    assert court.is_let_in("wang")


@pytest.mark.parametrize("person", [None, "", "li", "x" * 24, digest("zhao")])
def test_forgiving_nobody_changes_nothing(person: object) -> None:
    court = inside()
    court.order(Action.FORGIVE, person=person)
    court.order(Action.OPEN)
    assert court.says("inside") == 1.0
    assert [event.value["forgotten"] for event in court.events] == [0]


def test_a_linkage_that_is_no_more_burns_no_longer() -> None:
    court = Court()
    court.tell("fire/fire", "alarm")
    other = Passback("court", PassbackSettings(DOORS, PassbackMode.HARD), frozenset(), SHANGHAI)
    court.restart(other)
    court.goes("li", enters=True)
    assert not court.is_let_in("li")


def test_who_is_inside_outlives_a_restart() -> None:
    court = inside()
    court.restart()
    assert not court.is_let_in("li")


def test_the_passage_of_a_door_that_was_opened_for_a_card_is_that_cards() -> None:
    """From the reader's question to the door's own machine and back."""
    court = Court()
    said = {"result": "asked", "credential": "42", "holder": "Li", "direction": "in"}
    step = court.machine.take(court.state, Reading("gate/access", said, NOON, NOON), NOON)
    [wish] = step.wishes
    story = Story().contact("closed").says("lock", "locked")
    story.orders(Action.OPEN, who="gateway", **wish.parameters).waits(1).contact("open")
    passages = [event.value for turn in story.turns for event in turn.step.events]
    who = {"credential": "42", "holder": "Li", "direction": "in"}
    assert passages[-1] == {**who, "by": "command", "result": "taken", "reason": "x"}
    court.tell("gate/passage", passages[-1])
    assert not court.is_let_in("42")


def test_an_area_listens_only_to_fires_that_release_its_doors() -> None:
    points = {f"{door}/{name}" for door in ("gate", "garden") for name in ("access", "passage")}
    assert area().points == {*points, "fire/fire", "court/order"}
