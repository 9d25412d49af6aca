"""A lighting circuit by photocell and clock, and by people."""

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from gateway.access.machine import Shown
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.plant.lighting import Lighting, lighting
from gateway.site.model import Confirmation, Device
from gateway.site.plant_model import Control, LightingSettings
from gateway.site.timing_model import Calendar, Hours
from tests.gateway.access.played import Played
from tests.gateway.plant.pumps import PERIOD, device, estate

ON, OFF = ("path", Action.SWITCH_ON), ("path", Action.SWITCH_OFF)
BY_DAYLIGHT = LightingSettings(control=Control.GATEWAY, photocell="path/level", delay=MINUTE)
MORNING = Calendar({day: (Hours(time(6, 30), time(7)),) for day in range(7)})
"""06:30 to 07:00, NOON being 06:13 there."""
BY_CLOCK = LightingSettings(control=Control.GATEWAY, lit_during="morning")
DERIVED = ("wanted", "override", "lit")


def circuit(settings: LightingSettings | None) -> Device:
    commands = {
        action: Confirmation("path/state", frozenset({"on"}), SECOND)
        for action in (Action.SWITCH_ON, Action.SWITCH_OFF)
    }
    told = ("state", "mode", "level")
    return device("path", "lighting", told, DERIVED, lighting=settings, commands=commands)


class Circuit(Played):
    """It does what it is asked; `level` is its photocell, in lx."""

    def __init__(
        self, settings: LightingSettings = BY_DAYLIGHT, calendar: Calendar = MORNING
    ) -> None:
        here = estate(circuit(settings), calendars={"morning": calendar})
        super().__init__(Lighting(here.devices[0], here))
        self.is_on = False

    def lives(self, span: Micros, level: float | None = None, mode: str = "auto") -> None:
        end = self.now + span
        while self.now < end:
            before = len(self.wishes)
            if level is not None:
                self.tell("path/level", level)
            self.tell("path/mode", mode)
            self.tell("path/state", "on" if self.is_on else "off")
            for _, action in self.wishes[before:]:
                self.is_on = action is Action.SWITCH_ON
            self.wait(min(PERIOD, end - self.now))


def test_it_is_on_while_it_is_dark_for_long_enough_and_a_cloud_is_no_dusk() -> None:
    path = Circuit()
    path.lives(HOUR, 500.0)
    path.lives(50 * SECOND, 10.0)
    path.lives(MINUTE, 500.0)
    assert (path.wishes, path.says("wanted")) == ([], "off")
    path.lives(2 * MINUTE, 10.0)
    assert (path.wishes, path.says("wanted")) == ([ON], "on")
    path.lives(HOUR, 50.0)
    assert path.wishes == [ON], "its own lamps do not put it out"
    path.lives(2 * MINUTE, 70.0)
    assert path.wishes == [ON, OFF]


def test_by_clock_it_is_on_in_its_hours() -> None:
    path = Circuit(BY_CLOCK)
    path.lives(16 * MINUTE)
    assert path.wishes == []
    path.lives(2 * MINUTE)
    assert path.wishes == [ON]
    path.lives(30 * MINUTE)
    assert path.wishes == [ON, OFF]


def test_with_both_it_must_be_dark_in_its_hours_and_without_the_photocell_the_clock_counts() -> (
    None
):
    path = Circuit(replace(BY_CLOCK, photocell="path/level", delay=MINUTE))
    path.lives(20 * MINUTE, 500.0)
    assert path.says("wanted") == "off"
    path.lives(2 * MINUTE, 5.0)
    assert path.says("wanted") == "on"
    path.lives(2 * MINUTE, 500.0)
    assert path.says("wanted") == "off"
    path.tell("path/level", None, Quality.OFFLINE)
    assert path.says("wanted") == "on"


def test_without_a_clock_it_stays_as_it_was_while_its_photocell_is_silent() -> None:
    path = Circuit()
    path.lives(2 * MINUTE, 10.0)
    path.tell("path/level", None, Quality.BAD)
    path.lives(HOUR)
    assert (path.wishes, path.says("wanted")) == ([ON], "on")


def test_summer_time_moves_its_hours() -> None:
    london, night = ZoneInfo("Europe/London"), Calendar({6: (Hours(time(0), time(3)),)})
    here = estate(circuit(BY_CLOCK), calendars={"morning": night})
    here = replace(here, time_zone=london)
    path = Circuit()
    machine = Lighting(here.devices[0], here)
    path.now = 1_711_843_200 * SECOND - HOUR  # 2024-03-30 23:00 UTC, before the clocks go forward
    path.restart(machine)
    path.lives(HOUR + MINUTE)
    assert path.says("wanted") == "on"
    path.lives(2 * HOUR - 2 * MINUTE)
    assert path.says("wanted") == "on"
    path.lives(2 * MINUTE)
    assert path.says("wanted") == "off", "three hours of the wall clock are two that day"


def test_what_a_person_switches_stays_until_its_end_or_the_next_dusk_or_dawn() -> None:
    path = Circuit()
    path.lives(2 * MINUTE, 500.0)
    path.order(Action.SWITCH_ON, who="li", until=path.now + 10 * MINUTE)
    path.is_on = True
    path.lives(9 * MINUTE, 500.0)
    path.restart()
    assert (path.wishes, path.says("override")) == ([], "on")
    path.lives(2 * MINUTE, 500.0)
    assert (path.wishes, path.says("override")) == ([OFF], "none")
    path.order(Action.SWITCH_ON, who="li")
    path.is_on = True
    path.lives(HOUR, 500.0)
    assert path.wishes == [OFF]
    path.lives(2 * MINUTE, 5.0)
    path.lives(2 * MINUTE, 500.0)
    assert path.wishes == [OFF, OFF]


def test_an_order_that_came_to_nothing_and_one_of_the_gateways_own_hold_nothing() -> None:
    path = Circuit()
    path.order(Action.SWITCH_ON, who="gateway")
    path.order(Action.SWITCH_ON, who="li")
    path.order(Action.SWITCH_ON, who="li", withdrawn=True)
    assert path.says("override") == "none"


@pytest.mark.promise("S12")
def test_nothing_is_switched_by_a_restart_or_by_what_is_not_certain() -> None:
    path = Circuit()
    path.lives(2 * MINUTE, 500.0)
    for _ in range(30):
        path.tell("path/level", 5.0)
        path.wait(PERIOD)
    path.restart()
    path.tell("path/state", "off", Quality.STALE)
    path.tell("path/state", "off", taken_at=path.now - HOUR)
    assert (path.wishes, path.says("wanted")) == ([], "on")
    path.tell("path/state", "off")
    assert path.wishes == [ON]


def test_one_that_is_not_as_wanted_is_told_once_its_time_is_up_and_not_while_switched_by_hand() -> (
    None
):
    path = Circuit(replace(BY_DAYLIGHT, control=Control.OWN))
    assert path.says("lit") == "unknown"
    path.lives(30 * SECOND, 5.0)
    assert path.says("lit") == "as-wanted"
    path.lives(MINUTE, 5.0)
    assert (path.wishes, path.says("lit")) == ([], "not-as-wanted")
    path.wait(HOUR)
    shown = path.machine.shown(path.state)["path/lit"]
    assert shown == Shown("not-as-wanted", Quality.STALE), "silence is no good news"
    path.lives(PERIOD, 5.0, mode="off")
    assert path.says("lit") == "as-wanted"


def test_a_circuit_that_does_not_switch_is_asked_once_a_minute() -> None:
    path = Circuit()
    path.tell("path/level", 5.0)
    for _ in range(24):
        path.tell("path/level", 5.0)
        path.tell("path/state", "off")
        path.wait(PERIOD)
    assert path.wishes == [ON, ON]


def test_one_that_the_site_file_says_nothing_of_has_no_machine() -> None:
    assert lighting(circuit(None), estate(circuit(None))) is None
