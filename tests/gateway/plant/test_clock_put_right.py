"""A gateway whose clock was a month ahead is started anew with the right time: what its machines
kept from then neither holds anything up nor counts a month."""

import pytest

from gateway.model.clock import DAY, HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.plant.derived import DerivedPoints
from gateway.site.plant_model import PumpSettings
from tests.gateway.access.played import Played
from tests.gateway.plant.pumps import PERIOD, PumpStory
from tests.gateway.plant.test_derived import FLOW, tank
from tests.gateway.plant.test_lighting import ON, Circuit
from tests.gateway.plant.test_pump_group import Group, started, stopped
from tests.gateway.plant.test_supply import OURS, START, STOP, Set

ORDERED = ("run", "fault", "run-order", "current")
AHEAD = 30 * DAY


def put_right(story: Played) -> None:
    story.now -= AHEAD
    story.restart()


def test_a_dry_run_and_a_failed_start_are_told_after_their_own_time() -> None:
    story = PumpStory(PumpSettings(rated_current=10.0), told=ORDERED)
    story.runs_for(2 * PERIOD, run_order="on", current=1.0)
    put_right(story)
    story.runs_for(2 * MINUTE, run_order="on", current=1.0)
    assert story.says("dry-run") == "dry"
    story.runs_for(PERIOD, "stopped", run_order="on", current=0.0)
    put_right(story)
    story.runs_for(MINUTE, "stopped", run_order="on", current=0.0)
    assert story.says("response") == "failed-to-start"


def test_its_starts_are_over_in_an_hour() -> None:
    story = PumpStory(PumpSettings(most_starts=2))
    for _ in range(3):
        story.runs_for(PERIOD, "stopped", fault="ok")
        story.runs_for(PERIOD, fault="ok")
    put_right(story)
    story.runs_for(PERIOD, "stopped", fault="ok")
    assert story.refuses("p1", Action.START) == "too-many-starts"
    story.runs_for(61 * MINUTE, "stopped", fault="ok")
    assert story.refuses("p1", Action.START) is None


def test_its_hours_go_on_and_never_back() -> None:
    story = PumpStory()
    story.runs_for(HOUR)
    put_right(story)
    story.runs_for(PERIOD)
    story.runs_for(HOUR)
    story.is_("stopped")
    assert story.says("run-hours") == pytest.approx(2.0, abs=0.2)


def test_what_was_known_then_is_forgotten_when_nobody_tells_it() -> None:
    story = PumpStory(told=ORDERED)
    story.runs_for(PERIOD, run_order="on")
    put_right(story)
    story.runs_for(PERIOD, run_order="on")
    story.wait(3 * PERIOD)
    assert story.says("response") == "unknown"


def test_a_level_that_stands_still_is_told() -> None:
    settings = PumpSettings(draws_from="pit", low_level=0.2, stuck_after=5 * MINUTE)
    story = PumpStory(settings, told=("run", "fault"))

    def pumps(minutes: int) -> None:
        for _ in range(minutes * 12):
            story.is_("running")
            story.tell("pit/level", 1.0)
            story.wait(PERIOD)

    pumps(1)
    put_right(story)
    pumps(6)
    assert story.says("level-sensor") == "stuck"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("mean(level, 5m)", 2.0), ("rate(level, 5m)", 0.0), ("since(level > 1) * 60", 5.5)],
)
def test_a_window_holds_only_what_was_since(expression: str, expected: float) -> None:
    tried = Played(DerivedPoints(tank({FLOW: expression})))
    for _ in range(70):
        tried.tell("tank/level", 9.0)
        tried.wait(5 * SECOND)
    put_right(tried)
    for _ in range(66):
        tried.tell("tank/level", 2.0)
        tried.wait(5 * SECOND)
    said = tried.machine.shown(tried.state)["tank/flow"]
    assert said.quality is Quality.GOOD
    assert said.value == pytest.approx(expected, abs=0.2)


def test_a_light_is_switched() -> None:
    path = Circuit()
    path.lives(2 * MINUTE, 500.0)
    path.lives(2 * MINUTE, 5.0)
    put_right(path)
    path.is_on = False
    path.lives(2 * MINUTE, 5.0)
    assert path.wishes.count(ON) == 2


def test_of_a_group_another_takes_over_and_what_runs_on_is_stopped_again() -> None:
    group = Group()
    group.broken = {"p1"}
    group.at(1.6)
    put_right(group)
    group.at(1.6, MINUTE)
    assert group.wishes == [started("p1"), started("p2")]
    group.broken = {"p2"}
    group.at(0.4)
    put_right(group)
    group.at(0.4, 2 * MINUTE)
    assert group.wishes[2:] == 2 * [stopped("p2")]


def test_what_runs_blind_in_a_group_is_stopped_after_its_own_time() -> None:
    group = Group()
    group.at(1.6, MINUTE)
    group.at(None, MINUTE)
    put_right(group)
    group.at(None, 6 * MINUTE)
    assert group.wishes == [started("p1"), stopped("p1")]


def test_a_generator_is_started_and_stopped() -> None:
    story = Set(OURS)
    story.is_("lost", "stopped", 2 * PERIOD)
    put_right(story)
    story.is_("lost", "stopped", 2 * PERIOD)
    assert story.wishes == [START, START]
    story.is_("lost", "running", MINUTE)
    story.is_("present", "running", MINUTE)
    put_right(story)
    story.is_("present", "running", 4 * MINUTE)
    assert story.wishes == [START, START, STOP]


def test_a_test_run_of_a_generator_goes_on() -> None:
    story = Set(OURS)
    story.is_("lost", "stopped")
    story.is_("present", "stopped", HOUR)
    put_right(story)
    story.is_("present", "running", HOUR)
    assert STOP not in story.wishes
