"""What a pump does and has done, when it must not be started, and what it is asked by itself."""

from dataclasses import replace
from datetime import time

import pytest

from gateway.access.machine import Shown
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.plant.pump import CLEAR, UNKNOWN, Pump
from gateway.plant.pump_state import PumpRefusal
from gateway.plant.response import Word
from gateway.site.bundled import kinds
from gateway.site.plant_model import PumpSettings
from gateway.site.timing_model import Calendar, Hours
from tests.gateway.plant.pumps import PERIOD, START, STOP, PumpStory

ORDERED = ("run", "fault", "run-order")


# --- commanded and not so ----------------------------------------------------------------------


def test_a_pump_that_is_told_to_run_and_does_not_within_its_time_has_failed_to_start() -> None:
    story = PumpStory(told=ORDERED)
    story.has("run-order", "on")
    story.runs_for(9 * SECOND, "stopped", run_order="on")
    assert story.says("response") == "ok"
    story.wait(SECOND)
    assert story.says("response") == "failed-to-start"
    story.runs_for(PERIOD, "running", run_order="on")
    assert story.says("response") == "ok"


def test_one_that_runs_on_has_failed_to_stop_and_one_that_nobody_asked_runs_unasked() -> None:
    story = PumpStory(told=ORDERED)
    story.runs_for(PERIOD, run_order="on")
    story.runs_for(20 * SECOND, run_order="off")
    assert story.says("response") == "failed-to-stop"
    story.runs_for(PERIOD, "stopped", run_order="off")
    assert story.says("response") == "ok"
    story.runs_for(20 * SECOND, run_order="off")
    assert story.says("response") == "unasked"


def test_what_is_not_known_neither_clears_nor_raises() -> None:
    story = PumpStory(told=ORDERED)
    assert story.says("response") == "unknown"
    story.has("run-order", "on")
    story.is_("stopped")
    story.has("run", None, Quality.OFFLINE)
    story.wait(HOUR)
    assert story.says("response") == "unknown"
    story.runs_for(2 * PERIOD, "stopped", run_order="on")
    assert story.says("response") == "failed-to-start"
    story.is_("running", Quality.STALE)
    assert story.says("response") == "failed-to-start"
    story.wait(HOUR)
    assert story.says("response") == "failed-to-start"


def test_a_pump_without_a_run_order_is_held_to_what_it_was_ordered_until_it_has_done_it() -> None:
    story = PumpStory()
    story.is_("stopped")
    story.order(Action.START, who="li")
    story.runs_for(15 * SECOND, "stopped")
    assert story.says("response") == "failed-to-start"
    story.runs_for(PERIOD)
    story.runs_for(MINUTE, "stopped")
    assert story.says("response") == "ok", "its own controller has stopped it"


def test_an_order_that_came_to_nothing_is_held_against_nobody() -> None:
    story = PumpStory()
    story.order(Action.START, who="li")
    story.order(Action.START, who="li", withdrawn=True)
    story.runs_for(MINUTE, "stopped")
    assert story.says("response") == "ok"


def test_by_hand_it_may_do_what_it_likes() -> None:
    story = PumpStory(told=(*ORDERED, "mode"))
    story.has("mode", "hand")
    story.runs_for(MINUTE, run_order="off", mode="hand")
    assert story.says("response") == "ok"


# --- starts and hours --------------------------------------------------------------------------


def test_starts_are_counted_over_a_sliding_hour_and_too_many_keep_it_from_starting() -> None:
    story = PumpStory(PumpSettings(most_starts=3))
    story.is_("running")
    assert story.says("starts-per-hour") == 0, "it was found running"
    for _ in range(3):
        story.runs_for(MINUTE, "stopped", fault="ok")
        story.runs_for(MINUTE, fault="ok")
    assert (story.says("starts-per-hour"), story.says("starting")) == (3, "ok")
    assert story.refuses("p1", Action.START) == "too-many-starts"
    assert story.says("may-start") == "07:14:20", "Noon is 06:13:20 there"
    story.restart()
    story.runs_for(56 * MINUTE, fault="ok")
    assert (story.says("starts-per-hour"), story.says("may-start")) == (2, "—")
    assert story.refuses("p1", Action.START) is None
    for _ in range(2):
        story.runs_for(SECOND, "stopped", fault="ok")
        story.runs_for(SECOND, fault="ok")
    assert story.says("starting") == "too-many"


def test_a_counter_of_its_own_knows_starts_between_two_polls() -> None:
    story = PumpStory(told=("run", "fault", "starts"))
    story.has("starts", 400.0)
    story.runs_for(PERIOD, "stopped")
    story.runs_for(PERIOD)
    story.has("starts", 403.0)
    assert story.says("starts-per-hour") == 3
    story.has("starts", 2.0)
    assert story.says("starts-per-hour") == 3, "a new counter begins at nothing"


def test_a_counter_that_lags_or_stands_still_lets_no_start_too_many() -> None:
    story = PumpStory(PumpSettings(most_starts=2), told=("run", "fault", "starts"))
    story.has("starts", 400.0)
    for _ in range(2):
        story.runs_for(PERIOD, "stopped", fault="ok")
        story.runs_for(PERIOD, fault="ok")
    assert story.refuses("p1", Action.START) == "too-many-starts"
    story.has("starts", 400.0)
    story.has("starts", 402.0)
    assert story.says("starts-per-hour") == 2, "they are the same"


def test_a_counter_that_was_read_while_its_device_started_tells_of_no_starts() -> None:
    story = PumpStory(told=("run", "fault", "starts"))
    for counter in (400.0, 0.0, 0.0, 400.0, 401.0):
        story.has("starts", counter)
    assert story.says("starts-per-hour") == 1


def test_hours_are_counted_by_the_gateway_and_outlive_it() -> None:
    story = PumpStory()
    story.is_("stopped")
    assert story.says("run-hours") == 0.0
    story.runs_for(90 * MINUTE)
    story.restart()
    story.runs_for(30 * MINUTE)
    assert story.says("run-hours") == 2.0
    story.jump(10 * HOUR)
    story.is_("running")
    assert story.says("run-hours") == 2.0, "of the time away nothing is known"


def test_hours_of_its_own_counter_are_taken_and_a_new_counter_takes_nothing_away() -> None:
    story = PumpStory(told=("run", "fault", "hours"))
    story.has("hours", 12_000.0)
    story.jump(11 * HOUR)
    story.has("hours", 12_010.5)
    assert (story.says("run-hours"), story.says("hours-since-service")) == (12_010.5, 10.5)
    story.has("hours", None, Quality.OFFLINE)
    assert story.says("run-hours") is None
    story.restart()
    story.has("hours", 1.0)
    story.jump(2 * HOUR)
    story.has("hours", 3.0)
    assert (story.says("run-hours"), story.says("hours-since-service")) == (3.0, 12.5)


def test_an_hour_counter_that_leaps_makes_no_service_due() -> None:
    story = PumpStory(PumpSettings(service_every=2000.0), told=("run", "fault", "hours"))
    for hours in (12_000.0, 0.0, 12_000.2, 65_535.0, 12_000.2):
        story.wait(MINUTE)
        story.has("hours", hours)
    assert (story.says("run-hours"), story.says("service")) == (12_000.2, "ok")
    assert story.says("hours-since-service") == 0.2, "of seven minutes at each leap"


def test_a_service_is_due_after_its_hours_and_noting_it_is_on_record() -> None:
    story = PumpStory(PumpSettings(service_every=2.0))
    story.runs_for(2 * HOUR)
    assert story.says("service") == "due"
    story.order(Action.NOTE_SERVICE, id="42", who="chen", reason="Seals and oil changed")
    assert (story.says("service"), story.says("hours-since-service")) == ("ok", 0.0)
    assert story.says("run-hours") == 2.0
    told = {"id": "42", "who": "chen", "reason": "Seals and oil changed", "hours": 2.0}
    assert story.events == [("p1/serviced", told)]


# --- dry, overloaded, stuck --------------------------------------------------------------------

RATED = PumpSettings(rated_current=10.0)


def test_a_pump_that_runs_with_little_current_for_a_time_is_dry() -> None:
    story = PumpStory(RATED, told=("run", "fault", "current"))
    story.runs_for(2 * PERIOD, "stopped", current=0.0)
    assert story.says("dry-run") == "ok"
    story.runs_for(9 * SECOND, current=3.0)
    assert story.says("dry-run") == "ok"
    story.wait(SECOND)
    assert story.says("dry-run") == "dry"
    story.has("current", None, Quality.BAD)
    story.wait(MINUTE)
    assert story.says("dry-run") == "dry", "silence is no good news"
    story.runs_for(2 * PERIOD, current=9.0)
    assert story.says("dry-run") == "ok"


def test_an_overload_is_told_once_it_has_lasted() -> None:
    story = PumpStory(RATED, told=("run", "fault", "current"))
    story.runs_for(PERIOD, current=70.0)  # as it starts
    story.runs_for(MINUTE, current=10.9)
    assert story.says("overload") == "ok"
    story.runs_for(15 * SECOND, current=11.1)
    assert story.says("overload") == "overload"


@pytest.mark.parametrize(
    ("settings", "told", "point", "low"),
    [
        (PumpSettings(low_pressure=0.5), ("run", "pressure"), "p1/pressure", 0.2),
        (PumpSettings(draws_from="pit", low_level=0.4), ("run",), "pit/level", 0.3),
    ],
)
def test_low_pressure_and_a_low_source_show_a_dry_run_as_well(
    settings: PumpSettings, told: tuple[str, ...], point: str, low: float
) -> None:
    story = PumpStory(settings, told)
    for _ in range(4):
        story.tell(point, low)
        story.runs_for(PERIOD)
    assert story.says("dry-run") == "dry"


def test_a_level_that_stands_still_while_it_is_pumped_shows_a_stuck_sensor() -> None:
    story = PumpStory(PumpSettings(fills="roof", high_level=3.0))
    story.runs_for(HOUR, "stopped", roof=1.0)
    story.runs_for(29 * MINUTE, roof=1.0)
    assert story.says("level-sensor") == "ok"
    story.restart()
    story.runs_for(2 * MINUTE, roof=1.0)
    assert story.says("level-sensor") == "stuck"
    story.runs_for(PERIOD, "stopped", roof=1.0)
    assert story.says("level-sensor") == "stuck", "it has not moved yet"
    story.runs_for(PERIOD, roof=1.0)
    story.runs_for(PERIOD, roof=1.1)
    assert story.says("level-sensor") == "ok"


def test_what_nobody_has_told_is_no_good_news_of_dry_run_overload_and_sensor() -> None:
    settings = replace(RATED, fills="roof", high_level=3.0)
    story = PumpStory(settings, told=("run", "fault", "current"))

    def shows(name: str) -> Shown:
        return story.machine.shown(story.state)[f"p1/{name}"]

    story.is_("running")
    assert {shows(name) for name in ("dry-run", "overload", "level-sensor")} == {UNKNOWN}
    story.runs_for(MINUTE, current=70.0, roof=1.0)
    assert (shows("dry-run"), shows("level-sensor")) == (Shown("ok"), Shown("ok"))
    story.runs_for(HOUR, current=3.0, roof=1.0)
    assert (shows("dry-run"), shows("level-sensor")) == (Shown("dry"), Shown("stuck"))
    story.wait(HOUR)
    told = [shows(name) for name in ("dry-run", "level-sensor")]
    assert told == [Shown("dry", Quality.STALE), Shown("stuck", Quality.STALE)]


# --- interlocks --------------------------------------------------------------------------------

BETWEEN = PumpSettings(draws_from="pit", low_level=0.4, fills="roof", high_level=3.0)


def between(settings: PumpSettings = BETWEEN) -> PumpStory:
    story = PumpStory(settings, switches=("low-switch", "high-switch"))
    story.is_("stopped")
    story.has("fault", "ok")
    story.tell("pit/level", 1.0)
    story.tell("pit/low-switch", "wet")
    story.tell("roof/level", 1.0)
    story.tell("roof/high-switch", "clear")
    assert story.refuses("p1", Action.START) is None
    assert story.says("interlock") == "none"
    return story


@pytest.mark.promise("S11")
@pytest.mark.parametrize(
    ("point", "value", "code"),
    [
        ("pit/level", 0.3, "source-low"),
        ("pit/low-switch", "dry", "source-low"),
        ("pit/level", None, "source-unknown"),
        ("pit/low-switch", "unknown", "source-unknown"),
        ("roof/level", 3.1, "target-full"),
        ("roof/high-switch", "wet", "target-full"),
        ("roof/level", None, "target-unknown"),
        ("p1/fault", "fault", "pump-fault"),
        ("p1/fault", None, "pump-unknown"),
    ],
)
def test_a_start_is_refused_and_a_stop_never(
    point: str, value: float | str | None, code: str
) -> None:
    story = between()
    story.tell(point, value, Quality.GOOD if value is not None else Quality.BAD)
    assert story.refuses("p1", Action.START) == code == story.says("interlock")
    assert story.refuses("p1", Action.STOP) is None
    assert story.refuses("pit", Action.START) is None


def test_a_level_counts_as_low_until_it_has_come_back_by_its_deadband() -> None:
    story = between()
    for level, code in ((0.39, "source-low"), (0.44, "source-low"), (0.46, None)):
        story.tell("pit/level", level)
        assert story.refuses("p1", Action.START) == code


def test_what_one_tank_said_lets_no_pump_start_that_draws_from_another_since() -> None:
    settings = PumpSettings(draws_from="pit", low_level=0.4)
    story = PumpStory(settings)
    story.has("fault", "ok")
    story.tell("pit/level", 2.0)
    assert story.refuses("p1", Action.START) is None
    moved = replace(story.site.devices[-1], pump=replace(settings, draws_from="roof"))
    story.restart(Pump(moved, story.site))
    assert story.refuses("p1", Action.START) == "source-unknown"
    story.has("fault", "ok")
    assert story.refuses("p1", Action.START) == "source-unknown"
    story.tell("roof/level", 2.0)
    assert story.refuses("p1", Action.START) is None


def test_a_level_that_nobody_has_heard_of_since_is_not_known() -> None:
    story = between()
    story.jump(2 * PERIOD)
    assert story.refuses("p1", Action.START) == "pump-unknown"
    story.has("fault", "ok")
    assert story.refuses("p1", Action.START) == "source-unknown"


@pytest.mark.parametrize("mode", ["hand", "off"])
def test_what_is_switched_by_hand_is_left_to_whoever_switched_it(mode: str) -> None:
    story = PumpStory(told=("run", "mode"))
    story.has("mode", mode)
    assert story.refuses("p1", Action.START) == "pump-not-auto"
    assert story.refuses("p1", Action.STOP) is None


@pytest.mark.promise("S11")
def test_a_fire_pump_is_never_stopped_by_the_gateway_and_never_kept_from_starting() -> None:
    story = between(replace(BETWEEN, fire=True, most_starts=1))
    story.tell("pit/level", 0.0)
    story.has("fault", "fault")
    for word in ("running", "stopped", "running"):
        story.is_(word)
    assert story.refuses("p1", Action.START) is None
    assert story.refuses("p1", Action.STOP) == "fire-pump"
    assert story.refuses("p1", Action.SET) == "fire-pump", "its speed, to nothing"
    story.order(Action.START, who="li", until=story.now + SECOND)
    story.wait(MINUTE)
    story.is_("running")
    assert story.wishes == []


# --- timed runs and hours ----------------------------------------------------------------------


def test_a_timed_run_ends_with_the_next_fresh_reading_and_is_asked_again_while_it_runs() -> None:
    story = PumpStory()
    story.is_("stopped")
    story.order(Action.START, who="li", until=story.now + 10 * MINUTE)
    story.runs_for(9 * MINUTE)
    story.wait(2 * MINUTE)
    assert story.wishes == [], "nothing was heard since"
    story.restart()
    story.is_("running", Quality.STALE)
    story.is_("running", ago=HOUR)
    story.has("fault", "ok")
    assert story.wishes == [], "nor is this news"
    story.is_("running")
    story.is_("running")
    assert story.wishes == [STOP]
    story.wait(MINUTE)
    story.is_("running")
    assert story.wishes == [STOP, STOP]
    story.is_("stopped")
    story.wait(MINUTE)
    story.is_("running")
    assert story.wishes == [STOP, STOP], "somebody has started it since"


def test_what_was_known_before_a_restart_ends_no_timed_run_before_it_is_heard_again() -> None:
    story = PumpStory()
    story.order(Action.START, who="li", until=story.now + MINUTE)
    story.runs_for(MINUTE - SECOND)
    story.restart()
    story.wait(2 * SECOND)
    story.has("fault", "ok")
    assert story.wishes == []
    story.is_("running")
    assert story.wishes == [STOP]


def test_another_order_ends_a_timed_run_and_one_that_failed_leaves_it() -> None:
    story = PumpStory()
    story.order(Action.START, who="li", until=story.now + MINUTE)
    story.is_("running")
    story.order(Action.START, who="li")
    story.order(Action.START, who="li", withdrawn=True)
    story.wait(MINUTE)
    story.is_("running")
    assert story.wishes == [STOP]
    story.order(Action.START, who="li")
    story.wait(MINUTE)
    story.is_("running")
    assert story.wishes == [STOP]


def test_a_timed_run_that_never_began_stops_nobody_elses() -> None:
    story = PumpStory()
    story.order(Action.START, who="li", until=story.now + MINUTE)
    story.runs_for(2 * MINUTE, "stopped")
    story.runs_for(MINUTE)
    assert story.wishes == []


MORNING = Calendar({day: (Hours(time(6, 30), time(7)),) for day in range(7)})
"""06:30 to 07:00, NOON being 06:13 there."""
WATERING = PumpSettings(runs_during="morning", draws_from="pit", low_level=0.4)


def watering() -> PumpStory:
    return PumpStory(WATERING, calendars={"morning": MORNING})


def test_a_pump_is_started_and_stopped_at_the_ends_of_its_hours() -> None:
    story = watering()
    story.runs_for(16 * MINUTE, "stopped", fault="ok", pit=1.0)
    assert story.wishes == []
    story.runs_for(2 * MINUTE, "stopped", fault="ok", pit=1.0)
    assert story.wishes == [START], "once: it is looked at why it does not"
    story.runs_for(28 * MINUTE, fault="ok", pit=1.0)
    assert story.wishes == [START]
    story.runs_for(2 * MINUTE, fault="ok", pit=1.0)
    assert story.wishes[:2] == [START, STOP]


def test_it_waits_in_its_hours_until_nothing_speaks_against_it() -> None:
    story = watering()
    story.runs_for(20 * MINUTE, "stopped", fault="ok", pit=0.1)
    assert story.wishes == []
    story.runs_for(PERIOD, "stopped", fault="ok", pit=0.9)
    story.is_("stopped")
    assert story.wishes == [START]


def test_what_a_person_orders_goes_before_its_hours() -> None:
    story = watering()
    story.runs_for(20 * MINUTE, "stopped", fault="ok", pit=0.1)
    story.order(Action.STOP, who="li")
    story.runs_for(MINUTE, "stopped", fault="ok", pit=0.9)
    assert story.wishes == []


def test_new_hours_order_nothing_until_they_begin_or_end() -> None:
    story = PumpStory(WATERING, calendars={"morning": MORNING})
    story.runs_for(MINUTE, "stopped", fault="ok", pit=1.0)
    now = Calendar({day: (Hours(time(6), time(7)),) for day in range(7)})
    other = PumpStory(WATERING, calendars={"morning": now})
    story.restart(other.machine)
    story.runs_for(MINUTE, "stopped", fault="ok", pit=1.0)
    assert story.wishes == []


def test_a_start_missed_while_the_gateway_was_away_is_made_up_for_by_a_fresh_reading() -> None:
    story = watering()
    story.runs_for(MINUTE, "stopped", fault="ok", pit=1.0)
    story.jump(20 * MINUTE)
    assert story.wishes == []
    story.runs_for(PERIOD, "stopped", fault="ok", pit=1.0)
    story.is_("stopped")
    assert story.wishes == [START]


def test_the_kind_has_a_word_for_each_that_the_machine_says() -> None:
    refusals = {code.value for code in PumpRefusal} - {PumpRefusal.FIRE_PUMP}
    assert words_of("interlock") == {*refusals, CLEAR}
    assert words_of("response") == set(Word)


def words_of(point: str) -> set[str]:
    states = kinds()["pump"].get("points", point, "states").items
    return {str(state.value) for state in states}
