"""A generator and its transfer switch while the mains come and go."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality, Value
from gateway.plant.generator import Generator
from gateway.plant.transfer_switch import TransferSwitch
from gateway.site.model import Confirmation, Device
from gateway.site.plant_model import Control, GeneratorSettings, TransferSettings
from tests.gateway.access.played import Played
from tests.gateway.plant.pumps import PERIOD, device, estate

START, STOP = ("set", Action.START), ("set", Action.STOP)
OURS = GeneratorSettings(control=Control.GATEWAY)


def generator(
    settings: GeneratorSettings, told: Sequence[str] = ("state", "mains", "mode")
) -> Device:
    commands = {
        action: Confirmation("set/state", frozenset({"running"}), SECOND)
        for action in (Action.START, Action.STOP)
    }
    derived = ("response", "interlock")
    return device("set", "generator", told, derived, generator=settings, commands=commands)


def switch(settings: TransferSettings, *told: str) -> Device:
    points = ("position", "mains", *told)
    return device("ats", "transfer-switch", points, ("transfer",), transfer_switch=settings)


class Set(Played):
    """A generator that is on auto; `is_` hears everything for so long."""

    def __init__(
        self,
        settings: GeneratorSettings | None = None,
        told: Sequence[str] = ("state", "mains", "mode"),
    ) -> None:
        own = generator(settings or GeneratorSettings(), told)
        self._own = {"mode": "auto"} if "mode" in told else {}
        super().__init__(Generator(own, estate(own, switch(TransferSettings()))))

    def is_(self, mains: str, state: str, span: Micros = PERIOD, **said: Value) -> None:
        end, also = self.now + span, {**self._own, **said}
        while self.now < end:
            for name, value in also.items():
                self.tell("ats/position" if name == "position" else f"set/{name}", value)
            self.tell("set/state", state)
            self.tell("set/mains", mains)
            self.wait(PERIOD)


def test_one_that_does_not_run_soon_after_the_mains_are_lost_has_failed_to_start() -> None:
    story = Set()
    assert story.says("response") == "unknown"
    story.is_("present", "stopped")
    assert story.says("response") == "ok"
    story.is_("lost", "stopped", 25 * SECOND)
    assert story.says("response") == "ok"
    story.is_("lost", "starting", 2 * PERIOD)
    assert story.says("response") == "failed-to-start"
    story.tell("set/state", None, Quality.OFFLINE)
    story.wait(HOUR)
    assert story.says("response") == "failed-to-start", "silence is no good news"
    story.is_("lost", "running")
    assert story.says("response") == "ok"
    assert story.wishes == [], "its own controller starts it"


def test_one_that_runs_for_lost_mains_without_load_is_told() -> None:
    story = Set(GeneratorSettings(transfer="ats"))
    story.is_("lost", "running", 55 * SECOND, position="mains")
    assert story.says("response") == "ok"
    story.is_("lost", "running", 2 * PERIOD, position="mains")
    assert story.says("response") == "no-load"
    story.is_("lost", "running", position="generator")
    assert story.says("response") == "ok"


def test_one_that_runs_on_with_the_mains_back_is_told_but_a_test_run_is_not() -> None:
    story = Set()
    story.is_("present", "running", HOUR)
    assert story.says("response") == "ok", "a test run"
    story.is_("lost", "running", MINUTE)
    story.is_("present", "running", 7 * MINUTE)
    assert story.says("response") == "ok", "three minutes stable and five to cool down"
    story.is_("present", "running", 2 * MINUTE)
    assert story.says("response") == "failed-to-stop"
    story.is_("present", "stopped")
    assert story.says("response") == "ok"


def test_by_control_of_the_gateway_it_starts_at_once_and_stops_after_three_stable_minutes() -> None:
    story = Set(OURS)
    story.is_("present", "stopped", HOUR)
    assert story.wishes == []
    story.is_("lost", "stopped", 2 * PERIOD)
    assert story.wishes == [START]
    story.is_("lost", "running", HOUR)
    story.is_("present", "running", 2 * MINUTE)
    story.is_("lost", "running", MINUTE)
    story.is_("present", "running", 175 * SECOND)
    assert story.wishes == [START], "the three minutes begin anew"
    story.is_("present", "running", 3 * PERIOD)
    assert story.wishes == [START, STOP]


def test_it_is_not_stopped_while_the_load_is_on_it_or_nobody_knows_where_it_is() -> None:
    story = Set(replace(OURS, transfer="ats"))
    story.is_("lost", "running", MINUTE, position="generator")
    story.is_("present", "running", 10 * MINUTE, position="generator")
    story.is_("present", "running", 10 * MINUTE, position="unknown")
    assert story.wishes == []
    story.is_("present", "running", PERIOD, position="mains")
    assert story.wishes == [STOP]


def test_one_that_was_still_starting_when_the_mains_came_back_is_stopped_again() -> None:
    story = Set(OURS)
    story.is_("lost", "stopped", 2 * PERIOD)
    story.is_("present", "starting", 2 * PERIOD)
    story.is_("present", "running", 3 * MINUTE)
    assert story.wishes == [START, STOP]


def test_how_long_the_mains_are_back_counts_anew_after_a_time_in_which_nobody_knew() -> None:
    story = Set(OURS)
    story.is_("lost", "running", MINUTE)
    story.is_("present", "running", 2 * MINUTE)
    story.tell("set/mains", None, Quality.OFFLINE)
    story.wait(10 * MINUTE)
    story.is_("present", "running", 175 * SECOND)
    assert story.wishes == []
    story.is_("present", "running", 2 * PERIOD)
    assert story.wishes == [STOP]


def test_a_test_run_is_not_ended_by_the_gateway() -> None:
    story = Set(OURS)
    story.is_("present", "running", HOUR)
    assert story.wishes == []


@pytest.mark.parametrize("mode", ["manual", "test", "off"])
def test_what_is_worked_by_hand_is_left_alone(mode: str) -> None:
    story = Set(OURS)
    story.is_("lost", "stopped", MINUTE, mode=mode)
    assert story.wishes == []
    assert story.says("interlock") == ("generator-off" if mode == "off" else "generator-not-auto")
    refused = "generator-off" if mode == "off" else None
    assert story.refuses("set", Action.START) == refused, "people test it"
    assert story.refuses("set", Action.STOP) is None


@pytest.mark.promise("S12")
def test_with_its_mode_not_known_it_is_not_started_and_says_why() -> None:
    story = Set(OURS)
    story.is_("present", "stopped")
    assert (story.says("interlock"), story.refuses("set", Action.START)) == ("none", None)
    story.is_("lost", "stopped", MINUTE, mode="unknown")
    assert (story.wishes, story.says("response")) == ([], "failed-to-start")
    assert story.says("interlock") == story.refuses("set", Action.START) == "generator-unknown"
    story.tell("set/mode", None, Quality.OFFLINE)
    story.tell("set/mains", "lost")
    assert story.wishes == []
    story.is_("lost", "stopped")
    assert story.wishes == [START], "on auto"


def test_one_whose_map_tells_no_mode_is_started() -> None:
    story = Set(OURS, told=("state", "mains"))
    story.is_("lost", "stopped", MINUTE)
    assert (story.wishes, story.says("interlock")) == ([START], "none")


def test_one_that_its_controller_has_given_up_has_failed_to_start_at_once() -> None:
    story = Set(OURS, told=("state", "mains", "mode", "alarm"))
    story.is_("present", "stopped", alarm="fault")
    assert (story.says("response"), story.says("interlock")) == ("ok", "generator-fault")
    story.is_("lost", "stopped", 2 * PERIOD, alarm="fault")
    assert (story.says("response"), story.wishes) == ("failed-to-start", [])


def test_one_that_stops_while_the_mains_are_lost_has_not_failed_to_start() -> None:
    story = Set()
    story.is_("lost", "running", HOUR)
    story.is_("lost", "stopped", 25 * SECOND)
    assert story.says("response") == "ok"
    story.is_("lost", "stopped", 2 * PERIOD)
    assert story.says("response") == "failed-while-running"
    story.is_("present", "stopped")
    story.is_("lost", "stopped", MINUTE)
    assert story.says("response") == "failed-to-start", "the next loss is another one"


@pytest.mark.promise("S12")
def test_nothing_is_commanded_by_a_restart_by_silence_or_by_what_is_not_certain() -> None:
    story = Set(OURS)
    story.is_("present", "stopped")
    story.tell("set/mains", "lost", Quality.STALE)
    story.tell("set/mains", "lost", taken_at=story.now - HOUR)
    story.wait(HOUR)
    story.restart()
    story.jump(HOUR)
    assert story.wishes == []
    story.tell("set/mode", "auto")
    story.tell("set/mains", "lost")
    story.wait(PERIOD)
    story.tell("set/mains", "lost")
    assert story.wishes == [], "whether it stands is not known"
    story.is_("lost", "stopped")
    assert story.wishes == [START]


def test_a_start_that_failed_is_tried_again_at_a_measured_pace() -> None:
    story = Set(OURS)
    story.is_("lost", "stopped", 2 * MINUTE)
    assert story.wishes == [START] * 2
    story.is_("lost", "fault", 2 * MINUTE)
    assert story.wishes == [START] * 2, "not with a fault"


def test_a_new_loss_of_the_mains_right_after_a_stop_starts_it_again_at_once() -> None:
    story = Set(OURS)
    story.is_("lost", "running", MINUTE)
    story.is_("present", "running", 3 * MINUTE + PERIOD)
    assert story.wishes == [STOP]
    story.is_("present", "stopped", PERIOD)
    story.is_("lost", "stopped", 2 * PERIOD)
    assert story.wishes == [STOP, START]


class Switch(Played):
    def __init__(self, settings: TransferSettings, *told: str) -> None:
        ats = switch(settings, *told)
        super().__init__(TransferSwitch(ats, estate(ats, generator(GeneratorSettings()))))

    def is_(self, span: Micros = PERIOD, **said: str) -> None:
        end = self.now + span
        while self.now < end:
            for name, value in said.items():
                self.tell("set/state" if name == "state" else f"ats/{name}", value)
            self.wait(PERIOD)


def test_a_switch_goes_over_once_the_generator_is_there_and_back_with_the_mains() -> None:
    ats = Switch(TransferSettings(generator="set"))
    ats.is_(position="mains", mains="present", state="stopped")
    assert ats.says("transfer") == "ok"
    ats.is_(HOUR, position="mains", mains="lost", state="stopped")
    assert ats.says("transfer") == "ok", "there is nothing to go over to"
    ats.is_(35 * SECOND, position="mains", mains="lost", state="running")
    assert ats.says("transfer") == "not-transferred"
    ats.is_(HOUR, position="generator", mains="lost", state="running")
    assert ats.says("transfer") == "ok"
    ats.is_(11 * MINUTE, position="generator", mains="present", state="running")
    assert ats.says("transfer") == "not-returned"
    ats.is_(position="mains", mains="present", state="running")
    assert ats.says("transfer") == "ok"
    assert ats.wishes == []


def test_a_switch_that_hangs_in_between_is_told() -> None:
    ats = Switch(TransferSettings())
    ats.is_(35 * SECOND, position="between", mains="present")
    assert ats.says("transfer") == "stuck-between"


def test_voltage_on_its_other_side_says_more_than_that_the_generator_runs() -> None:
    ats = Switch(replace(TransferSettings(), generator="set"), "generator")
    ats.is_(HOUR, position="mains", mains="lost", state="running", generator="lost")
    assert ats.says("transfer") == "ok"
    ats.is_(35 * SECOND, position="mains", mains="lost", state="running", generator="present")
    assert ats.says("transfer") == "not-transferred"
