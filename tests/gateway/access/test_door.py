"""A door's contact and grants: what is an opening, and whose."""

import pytest

from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.site.access_model import DoorSettings
from tests.gateway.access.doors import Story, door


def closed(*machines: object) -> Story:
    """A door that is known to be shut and locked."""
    story = Story(*machines)  # type: ignore[arg-type]  # machines of any state
    for point, word in (("contact", "closed"), ("lock", "locked"), ("exit-request", "released")):
        if f"door/{point}" in story.machines[0].points:
            story.says(point, word)
    story.since()
    return story


def alarms(story: Story) -> list[str]:
    return [told.removeprefix("alarm ") for told in story.since() if told.startswith("alarm ")]


def test_a_card_a_person_and_a_closed_door_raise_nothing() -> None:
    story = closed().swipes().waits(1).contact("open").waits(3).contact("closed").waits(60)
    assert story.since() == [
        "mode accessed",
        "passage credential taken",
        "mode locked",
    ]


def test_a_passage_says_whose_it_was() -> None:
    story = closed().swipes(holder="chen", direction="in", reader="hall").contact("open")
    assert story.turns[-1].step.events[0].value == {
        "credential": "42",
        "holder": "chen",
        "direction": "in",
        "reader": "hall",
        "by": "credential",
        "result": "taken",
    }


def test_granted_is_not_taken() -> None:
    story = closed().swipes().waits(60)
    assert story.since() == ["mode accessed", "mode locked", "passage credential not-taken"]


def test_an_opening_that_nothing_authorised_is_forced_at_once() -> None:
    story = closed().contact("open")
    assert story.since() == ["alarm forced"]
    assert story.now == story.turns[-1].due_at


def test_forced_stays_until_the_door_is_closed_whoever_shows_a_card() -> None:
    story = closed().contact("open").waits(1).swipes().presses().waits(HOUR / SECOND)
    assert story.shows("alarm") == ("forced", Quality.GOOD)
    assert alarms(story.contact("closed")) == ["forced", "normal"]


@pytest.mark.parametrize("result", ["denied", "asked", "unknown", 7])
def test_only_a_grant_is_one(result: object) -> None:
    story = closed().says("access", {"result": result, "credential": "42"}).contact("open")
    assert alarms(story) == ["forced"]


def test_a_grant_is_over_when_its_time_is() -> None:
    assert alarms(closed().swipes().waits(5.1).contact("open")) == ["forced"]
    assert alarms(closed().swipes().waits(4.9).contact("open")) == []


def test_a_credential_that_asks_for_it_has_more_time() -> None:
    story = closed().swipes(extended=True).waits(34).contact("open").waits(49)
    assert alarms(story) == []
    assert alarms(story.waits(2)) == ["pre-alarm"]


def test_the_exit_button_and_an_order_let_pass_too() -> None:
    story = closed().presses().waits(1).contact("open").contact("closed").waits(30)
    story.orders(Action.OPEN).waits(1).contact("open")
    assert [told for told in story.since() if not told.startswith("mode")] == [
        "passage exit-button taken",
        "passage command taken",
    ]


def test_a_retained_card_opens_nothing() -> None:
    """What a broker or a reload says again has not happened again."""
    swipe = {"result": "granted", "credential": "42"}
    story = closed().says("access", swipe, quality=Quality.STALE).waits(1).contact("open")
    assert alarms(story) == ["forced"]


def test_a_restarted_controller_that_says_pressed_has_let_nobody_out() -> None:
    story = closed().goes_silent().says("exit-request", "pressed").says("exit-request", "released")
    assert story.waits(60).since() == ["exit-button ok"]


def test_a_door_that_bounces_is_not_forced() -> None:
    story = closed().swipes().contact("open").waits(10).contact("closed").waits(0.3)
    assert alarms(story.contact("open").contact("closed").waits(3.1)) == []
    assert alarms(story.contact("open")) == ["forced"]


def test_a_door_that_stays_open_sounds_and_then_is_propped() -> None:
    story = closed().swipes().contact("open").waits(19)
    assert alarms(story) == []
    assert alarms(story.waits(2)) == ["pre-alarm"]
    assert alarms(story.waits(10)) == ["propped"]
    assert alarms(story.contact("closed")) == ["normal"]


def test_a_door_that_is_shut_when_it_sounds_calls_nobody() -> None:
    story = closed().swipes().contact("open").waits(21).contact("closed").waits(60)
    assert alarms(story) == ["pre-alarm", "normal"]


def test_a_card_at_a_sounding_door_gives_it_its_time_again() -> None:
    story = closed().swipes().contact("open").waits(21).swipes().waits(19)
    assert alarms(story) == ["pre-alarm", "normal"]
    assert alarms(story.waits(2)) == ["pre-alarm"]


def test_a_door_that_goes_silent_while_open_is_propped_all_the_same() -> None:
    story = closed().swipes().contact("open").goes_silent().waits(31)
    assert story.shows("alarm") == ("propped", Quality.STALE)


def test_doubt_closes_no_door() -> None:
    story = closed().swipes().contact("open").waits(31)
    story.says("contact", "closed", quality=Quality.STALE).says("contact", "unknown")
    assert story.shows("alarm") == ("propped", Quality.STALE)


def test_a_door_first_heard_of_open_is_open_since_then() -> None:
    story = Story().contact("open")
    assert alarms(story) == ["normal"]
    assert alarms(story.waits(31)) == ["pre-alarm", "propped"]


def test_of_a_door_never_heard_of_nothing_is_known() -> None:
    assert Story().shows("alarm") == ("unknown", Quality.STALE)


def test_found_open_after_a_gap_it_is_forced_once_no_grant_can_come() -> None:
    story = closed().goes_silent().waits(20).contact("open")
    assert alarms(story.waits(4.9)) == ["normal"]
    assert alarms(story.waits(0.2)) == ["forced"]


def test_a_buffered_grant_explains_an_opening_found_after_a_gap() -> None:
    story = closed().goes_silent().waits(20).contact("open", ago=10).waits(1)
    assert alarms(story.swipes(ago=12).waits(10)) == ["normal"]
    assert "passage credential taken" in [
        f"{e.point.rpartition('/')[2]} {e.value['by']} {e.value['result']}"
        for turn in story.turns
        for e in turn.step.events
    ]


def test_a_buffered_grant_of_another_time_explains_nothing() -> None:
    story = closed().goes_silent().waits(20).contact("open", ago=10).waits(1)
    assert alarms(story.swipes(ago=40).waits(5)) == ["normal", "forced"]


def test_a_card_shown_now_does_not_explain_what_was_open_before() -> None:
    story = closed().goes_silent().waits(20).contact("open").waits(1)
    assert alarms(story.swipes().waits(5)) == ["normal", "forced"]


def test_a_brief_opening_after_a_gap_is_never_lost() -> None:
    story = closed().says("contact", "unknown").contact("open").waits(0.2).contact("closed")
    assert alarms(story.waits(10)) == ["normal", "forced", "normal"]


def test_buffered_passages_are_history_and_raise_nothing() -> None:
    """The controller was away for an hour; what it kept is told in one go."""
    story = closed().goes_silent().waits(HOUR / SECOND)
    story.swipes(ago=3000).contact("open", ago=2998).contact("closed", ago=2900)
    story.swipes(ago=2000).contact("open", ago=1997).contact("closed", ago=1990)
    assert alarms(story.waits(60)) == ["normal"]


def test_a_buffered_opening_without_a_grant_still_matters() -> None:
    story = closed().goes_silent().waits(HOUR / SECOND)
    story.contact("open", ago=3000).contact("closed", ago=2900)
    assert alarms(story.waits(60)) == ["normal", "forced", "normal"]


def test_a_door_left_open_an_hour_ago_is_propped_once_the_rest_has_come() -> None:
    story = closed().goes_silent().waits(HOUR / SECOND)
    story.swipes(ago=3000).contact("open", ago=2998)
    assert alarms(story.waits(4)) == ["normal"]
    assert alarms(story.waits(12)) == ["pre-alarm", "propped"]


def test_a_door_that_tells_no_grants_can_only_be_propped() -> None:
    """Until the site file says that every opening of it is to be authorised."""
    bare = door(told=())
    assert alarms(closed(bare).contact("open").waits(31)) == ["pre-alarm", "propped"]
    watched = door(told=(), times=DoorSettings(forced=True))
    assert alarms(closed(watched).contact("open")) == ["forced"]


def test_a_reader_whose_exit_is_a_plain_handle_can_be_let_off() -> None:
    story = closed(door(told=("access",), times=DoorSettings(forced=False)))
    assert alarms(story.contact("open").waits(31)) == ["pre-alarm", "propped"]


def test_a_clock_years_off_still_orders_what_its_device_says() -> None:
    years = 20 * 365 * 24 * HOUR / SECOND
    story = closed().swipes(ago=years).waits(2).contact("open", ago=years)
    assert alarms(story.waits(4)) == []
    wrong = closed().contact("open", ago=-MINUTE / SECOND * 600)
    assert alarms(wrong) == ["forced"]


def late(story: Story, ago: float) -> Story:
    """Open, by the device's clock so long ago: it has said newer things since."""
    return story.says("contact", "open", ago=ago, quality=Quality.STALE)


def test_an_opening_that_is_told_late_is_no_secret() -> None:
    story = late(closed().waits(30).contact("closed", ago=0).waits(1), ago=5).waits(10)
    assert "alarm forced" in story.since()


def test_an_opening_that_is_told_late_is_explained_by_a_grant_as_late() -> None:
    story = late(closed().waits(30).contact("closed", ago=0).waits(1), ago=5)
    assert "alarm forced" not in alarms(story.swipes(ago=6).waits(10))


def test_an_opening_that_is_known_is_not_told_again() -> None:
    story = closed().waits(30).swipes(ago=0).contact("open", ago=0).waits(3)
    story = story.contact("closed", ago=0).waits(60)
    story.since()
    assert alarms(late(story, ago=63).waits(10)) == []


def test_a_forced_door_that_falls_silent_while_it_is_looked_at_is_told_for_certain() -> None:
    story = closed().goes_silent().waits(1).contact("open").goes_silent().waits(10)
    assert story.shows("alarm") == ("forced", Quality.GOOD)


def in_a_fire() -> Story:
    """A shut door, and a panel that has told of fire."""
    story = closed(door(fires=frozenset({"panel/fire"})))
    return story.says("fire", "alarm", door="panel")


@pytest.mark.promise("S5")
def test_in_a_fire_everybody_may_open_it_and_it_may_stand_open() -> None:
    story = in_a_fire().contact("open").waits(HOUR / SECOND)
    assert story.shows("mode") == ("locked-open", Quality.GOOD)
    assert alarms(story) == []
    assert story.shows("alarm") == ("normal", Quality.GOOD)


def test_doubt_about_the_panel_ends_no_fire() -> None:
    story = in_a_fire().says("fire", None, quality=Quality.OFFLINE, door="panel")
    assert alarms(story.says("fire", "unknown", door="panel").contact("open").waits(60)) == []


def test_a_fire_told_by_a_panel_that_releases_it_no_more_hides_no_opening() -> None:
    burning, story = in_a_fire().engine.states["door"], closed()
    story.engine.states["door"] = burning
    assert alarms(story.contact("open")) == ["forced"]


def test_once_the_panel_has_ended_it_an_opening_is_one_like_any_other() -> None:
    story = in_a_fire().says("fire", "normal", door="panel").contact("open")
    assert alarms(story) == ["forced"]


def test_a_door_that_still_stands_open_after_a_fire_is_told_in_its_time() -> None:
    story = in_a_fire().contact("open").says("fire", "normal", door="panel").waits(600)
    assert alarms(story)[-1] == "propped"


def test_once_it_was_locked_again_an_opening_is_no_bounce_of_the_last_one() -> None:
    story = closed().orders(Action.UNLOCK).contact("open").waits(5).contact("closed")
    assert alarms(story.orders(Action.LOCK).contact("open")) == ["forced"]
