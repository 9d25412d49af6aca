"""Who of several pumps runs, by the level of a pit; nobody while it is not known."""

from dataclasses import replace
from datetime import time

import pytest

from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.plant.group_state import GroupWord, demand
from gateway.plant.pump_group import STOPPED_AGAIN, PumpGroup
from gateway.site.bundled import kinds
from gateway.site.model import Device
from gateway.site.plant_model import GroupSettings, PumpSettings, Rotation
from tests.gateway.access.played import Played
from tests.gateway.plant.pumps import PERIOD, device, estate, pump_device

EMPTIES = GroupSettings(pumps=("p1", "p2"), by="pit/level", start=1.5, stop=0.5)
BOTH = replace(EMPTIES, lag=1.8, most=2)


def started(pump: str) -> tuple[str, Action]:
    return (pump, Action.START)


def stopped(pump: str) -> tuple[str, Action]:
    return (pump, Action.STOP)


class Group(Played):
    """`runs`: who does. They do what they are asked, but for `broken`."""

    def __init__(self, settings: GroupSettings = EMPTIES) -> None:
        self.runs: set[str] = set()
        self.broken: set[str] = set()
        self.interlocks = dict.fromkeys(settings.pumps, "none")
        super().__init__(machine(settings))

    def at(self, level: float | None, span: Micros = PERIOD) -> None:
        """For so long, everybody heard each period."""
        end = self.now + span
        while self.now < end:
            before = len(self.wishes)
            self.hear()
            quality = Quality.BAD if level is None else Quality.GOOD
            self.tell("pit/level", level, quality)
            for pump, action in self.wishes[before:]:
                if pump not in self.broken:
                    (self.runs.add if action is Action.START else self.runs.discard)(pump)
            self.wait(PERIOD)

    def hear(self) -> None:
        for pump, word in self.interlocks.items():
            self.tell(f"{pump}/run", "running" if pump in self.runs else "stopped")
            self.tell(f"{pump}/interlock", word)


def machine(settings: GroupSettings) -> PumpGroup:
    pumps = (pump_device(("run",), PumpSettings(), pump) for pump in settings.pumps)
    group: Device = device("lift", "pump-group", (), ("mode", "state"), group=settings)
    return PumpGroup(group, estate(device("pit", "tank", ("level",)), *pumps, group))


@pytest.mark.parametrize(
    ("settings", "levels"),
    [
        (BOTH, [(0.6, 0), (1.5, 1), (1.0, 1), (1.8, 2), (1.0, 2), (0.5, 0), (1.4, 0)]),
        (
            replace(BOTH, start=1.0, stop=2.0, lag=0.7),
            [(1.5, 0), (1.0, 1), (1.9, 1), (0.7, 2), (1.9, 2), (2.0, 0)],
        ),
    ],
)
def test_once_called_pumps_are_wanted_until_the_level_to_stop_at(
    settings: GroupSettings, levels: list[tuple[float, int]]
) -> None:
    wanted = 0
    for level, then in levels:
        wanted = demand(wanted, level, settings)
        assert wanted == then, level


def test_a_pump_runs_from_the_level_to_start_at_to_that_to_stop_at_and_the_next_leads() -> None:
    group = Group()
    group.at(1.4)
    assert (group.wishes, group.says("state")) == ([], "resting")
    group.at(1.6, MINUTE)
    assert (group.wishes, group.says("state")) == ([started("p1")], "pumping")
    group.at(0.5, MINUTE)
    assert (group.says("lead"), group.says("state")) == ("p2", "resting")
    group.at(1.6, MINUTE)
    assert group.wishes == [started("p1"), stopped("p1"), started("p2")]


def test_the_standby_takes_over_from_one_that_does_not_start() -> None:
    group = Group()
    group.broken = {"p1"}
    group.at(1.6, 20 * SECOND)
    assert group.wishes == [started("p1")]
    group.restart()
    group.at(1.6, 3 * PERIOD)
    assert group.wishes == [started("p1"), started("p2")]
    assert (group.says("takeover"), group.says("state")) == ("failed", "pumping")
    group.broken = set()
    group.at(0.5, MINUTE)
    assert group.says("takeover") == "ok", "it may try again"


def test_one_that_trips_is_followed_by_the_next() -> None:
    group = Group()
    group.at(1.6, MINUTE)
    group.runs, group.interlocks["p1"] = set(), "pump-fault"
    group.at(1.6, MINUTE)
    assert group.wishes == [started("p1"), started("p2")]


def test_a_second_one_helps_at_the_lag_level_and_never_more_than_may_run() -> None:
    group = Group(replace(BOTH, pumps=("p1", "p2", "p3")))
    group.at(1.9, MINUTE)
    assert group.wishes == [started("p1"), started("p2")]
    group.at(0.4, MINUTE)
    assert sorted(group.wishes[2:]) == [stopped("p1"), stopped("p2")]


def test_two_motors_are_not_started_in_the_same_instant() -> None:
    group = Group(BOTH)
    group.hear()
    group.tell("pit/level", 1.9)
    group.tell("pit/level", 1.9)
    assert group.wishes == [started("p1")]


def test_a_pump_that_nothing_is_known_of_may_run_and_does_not_do_what_is_wanted() -> None:
    group = Group()
    group.hear()
    group.tell("p1/run", None, Quality.OFFLINE)
    group.tell("pit/level", 1.9)
    assert group.wishes == [], "one too many could run"
    assert group.says("state") == "no-pump"
    group = Group(replace(EMPTIES, most=2))
    group.hear()
    group.tell("p1/run", None, Quality.OFFLINE)
    group.tell("pit/level", 1.6)
    assert (group.wishes, group.says("state")) == ([started("p2")], "pumping")


def test_pumps_that_all_failed_to_start_are_tried_again_in_turn() -> None:
    group = Group()
    group.broken = {"p1", "p2"}
    group.at(1.6, MINUTE)
    both = [started("p1"), started("p2")]
    assert (group.wishes, group.says("state")) == (both, "no-pump")
    group.at(1.6, 4 * MINUTE)
    group.at(1.6, MINUTE)
    assert group.wishes == both * 2
    assert group.says("takeover") == "failed", "it does not come and go with each try"
    group.broken = {"p1"}
    group.at(1.6, 6 * MINUTE)
    assert (group.wishes, group.says("state")) == (both * 3, "pumping")


@pytest.mark.promise("S12")
def test_without_its_level_it_stands_still_and_says_so() -> None:
    group = Group()
    assert group.says("state") == "level-unknown"
    group.at(1.6, MINUTE)
    group.at(None, 4 * MINUTE)
    assert (group.wishes, group.says("state")) == ([started("p1")], "level-unknown")
    group.tell("pit/level", 0.1, Quality.STALE)
    group.tell("pit/level", 0.1, taken_at=group.now - HOUR)
    assert group.wishes == [started("p1")], "neither is news"
    group.at(0.4)
    assert group.wishes == [started("p1"), stopped("p1")]


def test_what_runs_for_too_long_without_its_level_is_stopped_until_the_level_calls() -> None:
    group = Group()
    group.at(1.6, MINUTE)
    group.at(None, 5 * MINUTE)
    assert group.wishes == [started("p1")]
    group.at(None, 3 * PERIOD)
    group.at(None, HOUR)
    assert group.wishes == [started("p1"), stopped("p1")]
    group.at(1.6)
    assert group.wishes == [started("p1"), stopped("p1"), started("p1")]


@pytest.mark.promise("S12")
def test_how_long_one_has_run_without_its_level_counts_anew_after_a_restart() -> None:
    group = Group()
    group.at(1.6, MINUTE)
    group.at(None, 4 * MINUTE)
    group.jump(HOUR)
    group.restart()
    group.hear()
    group.at(None, 4 * MINUTE)
    assert group.wishes == [started("p1")], "nothing is commanded by a restart"
    group.at(None, MINUTE + 3 * PERIOD)
    assert group.wishes == [started("p1"), stopped("p1")]


def test_what_people_work_runs_on_without_the_level() -> None:
    group = Group()
    group.at(1.6, MINUTE)
    group.interlocks["p1"] = "pump-not-auto"
    group.at(None, HOUR)
    group.order(Action.MANUAL, who="li")
    group.interlocks["p1"] = "none"
    group.at(None, HOUR)
    assert group.wishes == [started("p1")]


@pytest.mark.parametrize(("level", "follows"), [(1.6, "p2"), (None, "p1")])
def test_a_float_that_hangs_dry_stops_them_whatever_the_level_says(
    level: float | None, follows: str
) -> None:
    group = Group()
    group.at(1.6, MINUTE)
    group.tell("pit/low-switch", "dry", Quality.STALE)
    assert group.wishes == [started("p1")], "that is no news"
    group.tell("pit/low-switch", "dry")
    assert group.wishes == [started("p1"), stopped("p1")]
    group.runs.clear()
    for _ in range(5):
        group.at(level, PERIOD)
        group.tell("pit/low-switch", "dry")
    assert group.wishes == [started("p1"), stopped("p1")], "and start none"
    group.tell("pit/low-switch", "wet")
    group.at(1.6)
    assert group.wishes == [started("p1"), stopped("p1"), started(follows)]


def test_one_that_runs_dry_is_stopped_and_the_next_takes_over() -> None:
    group = Group()
    group.at(1.6, MINUTE)
    group.tell("p1/dry-run", "dry", Quality.STALE)
    assert group.wishes == [started("p1")], "that is no news"
    group.tell("p1/dry-run", "dry")
    assert group.wishes == [started("p1"), stopped("p1")]
    group.hear()
    assert group.says("takeover") == "failed", "that it still runs shows nothing"
    group.runs.clear()
    group.hear()
    group.tell("p1/dry-run", "ok")
    group.at(1.6, MINUTE)
    assert group.wishes == [started("p1"), stopped("p1"), started("p2")]


@pytest.mark.promise("S12")
def test_that_one_ran_dry_before_a_restart_stops_none_after_it() -> None:
    group = Group()
    group.at(1.6, MINUTE)
    group.interlocks["p1"] = "pump-not-auto"
    group.hear()
    group.tell("p1/dry-run", "dry")
    group.interlocks["p1"] = "none"
    group.jump(HOUR)
    group.restart()
    group.at(1.6, MINUTE)
    assert group.wishes == [started("p1")]


def test_with_no_pump_to_start_it_says_so() -> None:
    group = Group()
    group.interlocks = {"p1": "pump-fault", "p2": "source-low"}
    group.at(1.6, MINUTE)
    assert (group.wishes, group.says("state")) == ([], "no-pump")
    group.interlocks["p2"] = "none"
    group.at(1.6)
    assert group.wishes == [started("p2")]


def test_on_manual_it_leaves_them_to_people() -> None:
    group = Group()
    group.order(Action.MANUAL, who="li")
    group.at(1.9, MINUTE)
    assert (group.wishes, group.says("mode"), group.says("state")) == ([], "manual", "by-hand")
    group.restart()
    group.at(1.9)
    assert group.wishes == []
    group.order(Action.AUTOMATIC, who="li")
    group.at(1.9)
    assert group.wishes == [started("p1")]


def test_a_pump_that_is_worked_by_hand_is_not_stopped() -> None:
    group = Group()
    group.runs, group.interlocks["p1"] = {"p1", "p2"}, "pump-not-auto"
    group.at(0.3)
    assert group.wishes == [stopped("p2")]


def test_one_that_somebody_started_is_stopped_no_earlier_than_the_others() -> None:
    group = Group()
    group.runs = {"p2"}
    group.at(1.0)
    assert group.wishes == []
    group.at(0.5)
    assert group.wishes == [stopped("p2")]


def test_one_that_runs_on_is_told_to_stop_again_at_a_measured_pace() -> None:
    group = Group()
    group.runs, group.broken = {"p1"}, {"p1"}
    group.at(0.3, STOPPED_AGAIN + PERIOD)
    assert group.wishes == [stopped("p1")] * 2


def test_the_lead_changes_at_a_time_of_day_or_when_it_rests_after_that() -> None:
    group = Group(replace(EMPTIES, rotation=Rotation.DAILY, rotate_at=time(7)))
    group.at(1.0, 30 * MINUTE)  # NOON is 06:13 there
    assert group.says("lead") == "p1"
    group.at(1.0, 30 * MINUTE)
    assert group.says("lead") == "p2"
    group.at(1.6)
    group.at(1.6, 24 * HOUR)
    assert group.says("lead") == "p2"
    group.at(0.4)
    assert group.says("lead") == "p1"


def test_by_hours_the_one_leads_that_has_run_least() -> None:
    group = Group(replace(EMPTIES, rotation=Rotation.HOURS))
    group.tell("p1/run-hours", 100.0)
    group.tell("p2/run-hours", 40.0)
    group.at(1.6, MINUTE)
    group.at(0.4, MINUTE)
    assert group.says("lead") == "p2"
    group.tell("p2/run-hours", 101.0)
    group.at(1.6, MINUTE)
    group.at(0.4, MINUTE)
    assert group.says("lead") == "p1"


def test_pumps_come_and_go_with_the_site_file() -> None:
    group = Group()
    group.at(1.6, MINUTE)
    group.at(0.4, MINUTE)
    group.restart(machine(replace(EMPTIES, pumps=("p1", "p3"))))
    group.interlocks = {"p1": "none", "p3": "none"}
    group.at(1.0)
    assert group.says("lead") == "p1"


def test_the_kind_has_a_word_for_each_state() -> None:
    states = kinds()["pump-group"].get("points", "state", "states").items
    assert {str(state.value) for state in states} == {*GroupWord}
