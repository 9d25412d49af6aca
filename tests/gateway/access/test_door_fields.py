"""A door's bolt, exit button and mode."""

from itertools import product

import pytest

from gateway.access import door_mode, door_opening
from gateway.access.door_mode import ORDERS, Hold
from gateway.access.door_opening import Input, Phase
from gateway.access.machine import AnyMachine
from gateway.model.command import Action
from gateway.model.reading import Quality
from tests.gateway.access.doors import EARLY, NIGHTS, Story, door, with_hours
from tests.gateway.samples import NOON


def locked(*machines: AnyMachine) -> Story:
    """Shut and locked."""
    story = Story(*machines).says("contact", "closed").says("lock", "locked")
    story.says("exit-request", "released").since()
    return story


def bolts(story: Story) -> list[str]:
    return [told.removeprefix("bolt ") for told in story.since() if told.startswith("bolt ")]


def wished(story: Story) -> list[tuple[str, str]]:
    wishes, story.wishes = story.wishes, []
    return [(wish.action.value, wish.reason) for wish in wishes]


# --- tables --------------------------------------------------------------------------------


def test_the_tables_have_every_state_and_input() -> None:
    assert door_opening.MOVES.keys() == set(product(Phase, Input))
    assert door_mode.MOVES.keys() == set(product(Hold, ORDERS))
    assert door_opening.SAYS.keys() == set(Phase)


def test_only_closing_ends_forced_and_propped() -> None:
    for phase in (Phase.FORCED, Phase.PROPPED):
        left = {input_ for input_ in Input if door_opening.MOVES[phase, input_] is not phase}
        assert left == {Input.CLOSES}


def test_escape_is_never_refused_and_ends_every_hold() -> None:
    for hold in Hold:
        assert (hold, Action.LOCK_OPEN) not in door_mode.REFUSALS
        assert door_mode.MOVES[hold, Action.LOCK_OPEN] is Hold.LOCKED_OPEN


def test_what_would_end_another_hold_than_the_doors_own_is_refused() -> None:
    """It would change nothing, and the device could never show it."""
    ends = {Action.END_LOCK_DOWN: Hold.LOCKED_DOWN, Action.END_LOCK_OPEN: Hold.LOCKED_OPEN}
    for (action, own), hold in product(ends.items(), door_mode.SECURED | {Hold.LOCKED_OPEN}):
        refused = door_mode.REFUSALS.get((hold, action))
        assert refused == (None if hold is own else hold.value)


# --- bolt ----------------------------------------------------------------------------------


def test_a_door_that_falls_shut_without_catching_is_ajar() -> None:
    story = locked().swipes().says("lock", "unlocked").contact("open").waits(2)
    assert bolts(story.contact("closed").waits(5.9)) == []
    assert bolts(story.waits(1)) == ["ajar"]
    assert bolts(story.says("lock", "locked")) == ["ok"]


def test_a_lock_that_opens_by_itself_has_failed() -> None:
    story = locked().says("lock", "unlocked")
    assert bolts(story.waits(2.9)) == []
    assert bolts(story.waits(0.2)) == ["lock-failed"]


def test_a_lock_that_stays_released_after_a_grant_that_nobody_took_has_failed() -> None:
    story = locked().swipes().says("lock", "unlocked").waits(7.9)
    assert bolts(story) == []
    assert bolts(story.waits(0.2)) == ["lock-failed"]


def test_a_lock_may_be_open_while_everybody_may_pass() -> None:
    story = locked().orders(Action.UNLOCK).says("lock", "unlocked").waits(100)
    assert bolts(story) == []
    assert bolts(story.orders(Action.LOCK).waits(3.1)) == ["lock-failed"]


def test_doubt_finds_no_fault_in_a_lock_and_clears_none() -> None:
    story = locked().says("lock", "unlocked").waits(1).goes_silent().waits(60)
    assert bolts(story) == []
    story = locked().says("lock", "unlocked").waits(4).goes_silent()
    assert story.shows("bolt") == ("lock-failed", Quality.STALE)


# --- exit button ---------------------------------------------------------------------------


def test_a_button_held_down_is_stuck_and_lets_nobody_out() -> None:
    story = locked().says("exit-request", "pressed").waits(59)
    assert story.shows("exit-button") == ("ok", Quality.GOOD)
    assert story.waits(2).shows("exit-button") == ("stuck", Quality.GOOD)
    assert story.contact("open").shows("alarm") == ("forced", Quality.GOOD)
    assert story.says("exit-request", "released").shows("exit-button") == ("ok", Quality.GOOD)


def test_a_button_pressed_again_and_again_is_not_stuck() -> None:
    story = locked()
    for _ in range(20):
        story.presses().waits(10)
    assert story.shows("exit-button") == ("ok", Quality.GOOD)


def test_somebody_who_holds_the_button_may_open() -> None:
    story = locked().says("exit-request", "pressed").waits(40).contact("open")
    assert story.shows("alarm") == ("normal", Quality.GOOD)


# --- orders --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "mode"),
    [
        (Action.LOCK_DOWN, "locked-down"),
        (Action.BLOCK, "blocked"),
        (Action.UNLOCK, "unlocked"),
        (Action.LOCK_OPEN, "locked-open"),
        (Action.LOCK, "locked"),
    ],
)
def test_an_order_is_shown_as_the_doors_mode(order: Action, mode: str) -> None:
    assert locked().orders(order).shows("mode") == (mode, Quality.GOOD)


@pytest.mark.parametrize("order", [Action.LOCK_DOWN, Action.BLOCK])
def test_locked_down_a_card_opens_nothing_and_escape_is_free(order: Action) -> None:
    story = locked().orders(order)
    assert wished(story) == [("lock", "locked-down" if order is Action.LOCK_DOWN else "blocked")]
    assert story.engine.refusal("door", Action.OPEN) == wished_reason(order)
    assert story.swipes(direction="in").contact("open").shows("alarm")[0] == "forced"
    out = locked().orders(order).swipes(direction="out").contact("open")
    assert out.shows("alarm")[0] == "normal"
    pressed = locked().orders(order).presses().contact("open")
    assert pressed.shows("alarm")[0] == "normal"


def wished_reason(order: Action) -> str:
    return "locked-down" if order is Action.LOCK_DOWN else "blocked"


def test_a_lock_down_is_ended_on_purpose_only() -> None:
    story = locked().orders(Action.LOCK_DOWN)
    for action in (Action.LOCK, Action.UNLOCK, Action.BLOCK, Action.OPEN, Action.END_LOCK_OPEN):
        assert story.orders(action).shows("mode")[0] == "locked-down"
    assert story.orders(Action.END_LOCK_DOWN).shows("mode")[0] == "locked"


def test_a_released_door_cannot_be_locked_before_that_is_ended() -> None:
    story = locked().orders(Action.LOCK_OPEN, who="gateway")
    for action in (Action.LOCK, Action.LOCK_DOWN, Action.BLOCK):
        assert story.engine.refusal("door", action) == "locked-open"
    story.contact("open").waits(3600)
    assert story.shows("alarm")[0] == "normal"
    assert story.orders(Action.END_LOCK_OPEN).waits(31).shows("alarm")[0] == "propped"
    assert ("lock", "mode-ended") in wished(story)


def test_an_order_that_came_to_nothing_leaves_the_door_as_it_was() -> None:
    story = locked().says("order", {"id": "a", "action": "unlock", "who": "li", "reason": "x"})
    story.says("order", {"id": "a", "action": "unlock", "who": "li", "withdrawn": True})
    assert story.shows("mode")[0] == "locked"
    assert story.contact("open").shows("alarm")[0] == "forced"


@pytest.mark.parametrize("ends", [("a", "b"), ("b", "a")])
def test_an_order_that_escape_overtook_came_to_nothing_all_the_same(ends: tuple[str, ...]) -> None:
    story = locked().says("order", {"id": "a", "action": "unlock", "who": "li"})
    story.says("order", {"id": "b", "action": "lock-open", "who": "gateway"})
    orders = {"a": "unlock", "b": "lock-open"}
    for id_ in ends:
        story.says("order", {"id": id_, "action": orders[id_], "withdrawn": True})
    assert story.shows("mode")[0] == "locked"
    assert story.contact("open").shows("alarm")[0] == "forced"


@pytest.mark.parametrize("order", [7, {}, {"action": "self-destruct"}, {"action": None}, "unlock"])
def test_an_order_nobody_understands_changes_nothing(order: object) -> None:
    story = locked().says("order", order)  # type: ignore[arg-type]  # what must not be
    assert story.since() == []


def test_a_double_locked_door_says_so() -> None:
    assert locked().says("double-lock", "locked").shows("mode")[0] == "double-locked"


# --- office hours --------------------------------------------------------------------------


def test_office_hours_unlock_the_door_and_lock_it_again() -> None:
    story = locked(door(times=with_hours(), hours=EARLY))  # 6:30 to 7:00; it is 6:13
    assert story.shows("mode")[0] == "locked"
    assert wished(story.waits(18 * 60)) == [("unlock", "office-hours")]
    assert story.shows("mode")[0] == "unlocked"
    assert story.contact("open").waits(600).shows("alarm")[0] == "normal"
    story.contact("closed").waits(25 * 60)
    assert wished(story) == [("lock", "office-hours")]
    assert story.contact("open").shows("alarm")[0] == "forced"


def test_office_hours_cross_midnight() -> None:
    story = locked(door(times=with_hours(), hours=NIGHTS))  # 22:00 to 6:00
    assert story.waits(15.9 * 3600).shows("mode")[0] == "unlocked"
    assert story.waits(2 * 3600).shows("mode")[0] == "unlocked"
    assert story.waits(6 * 3600).shows("mode")[0] == "locked"


def test_the_first_person_opens_the_office() -> None:
    story = locked(door(times=with_hours(first_person=True), hours=EARLY)).waits(18 * 60)
    assert (story.shows("mode")[0], wished(story)) == ("locked", [])
    story.swipes(direction="out")
    assert wished(story) == []
    story.swipes(direction="in")
    assert (story.shows("mode")[0], wished(story)) == ("unlocked", [("unlock", "office-hours")])


def test_what_a_clock_that_was_ahead_has_unlocked_is_locked_when_it_is_put_right() -> None:
    story = locked(door(times=with_hours(), hours=EARLY)).waits(18 * 60)
    assert wished(story) == [("unlock", "office-hours")]
    story.restarts(NOON)
    story.says("contact", "closed", quality=Quality.STALE).says("contact", "closed", ago=120)
    assert wished(story) == [], "nothing is commanded by a restart, nor upon history"
    assert wished(story.contact("closed")) == [("lock", "office-hours")]
    assert wished(story.contact("closed")) == []
    assert wished(story.waits(18 * 60)) == [("unlock", "office-hours")]


def test_hours_that_are_new_command_nothing() -> None:
    """Whoever puts them into the site file at noon has not ordered the door open at noon."""
    story = Story(door(times=with_hours(), hours=NIGHTS))
    story.now += 16 * 3600 * 1_000_000
    story.says("contact", "closed").says("lock", "locked")
    assert (story.shows("mode")[0], wished(story)) == ("unlocked", [])


def test_what_new_hours_show_is_dated_when_they_were_first_looked_at() -> None:
    story = Story(door(times=with_hours(), hours=NIGHTS))
    story.now += 16 * 3600 * 1_000_000
    story.says("contact", "closed")
    said = [reading for turn in story.turns for reading in turn.readings(story.now, again=False)]
    assert ("door/mode", story.now) in {(each.point, each.taken_at) for each in said}
    assert {each.taken_at for each in said} == {story.now}


def test_the_office_stays_shut_in_a_lock_down() -> None:
    story = locked(door(times=with_hours(), hours=EARLY)).orders(Action.LOCK_DOWN)
    wished(story)
    assert wished(story.waits(18 * 60)) == []
    assert wished(story.orders(Action.END_LOCK_DOWN)) == [("unlock", "mode-ended")]


def test_locked_by_hand_the_office_stays_so_until_the_next_hours() -> None:
    story = locked(door(times=with_hours(), hours=EARLY)).waits(18 * 60).orders(Action.LOCK)
    assert story.waits(600).shows("mode")[0] == "locked"
    assert story.waits(24 * 3600).shows("mode")[0] == "unlocked"
