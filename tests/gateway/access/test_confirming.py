"""Which reading shows that a command was done."""

from dataclasses import replace

import pytest

from gateway.access.authority import Asked, refusal
from gateway.access.confirming import confirms, unsettable, what_shows, why_unsettable
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, SECOND
from gateway.model.command import Action, Command
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.model import (
    SET_WITHIN,
    AccessSettings,
    Confirmation,
    Device,
    HeldAddress,
    Setpoint,
)
from tests.gateway.samples import NOON

LI = Actor("li", "operator", "desk-1")
SPEED = Point("pump/speed", PointKind.NUMBER, Text("Speed", "转速"), unit="%")
MODE = Point("pump/mode", PointKind.STATE, Text("Mode", "模式"), states=("hand", "auto"))
PUMP = Device(
    "pump",
    "pump",
    Text("Pump", "泵"),
    Text("Yard", "院"),
    "plant",
    HeldAddress(),
    (SPEED, MODE),
    commands={Action.SET: Confirmation("", frozenset(), SET_WITHIN)},
    setpoints={
        "speed": Setpoint(SPEED, low=20, high=50, step=0.05),
        "mode": Setpoint(MODE, states=("hand", "auto"), right="secure"),
    },
)


def setting(**told: object) -> Command:
    return Command("c", "pump", Action.SET, LI, "x", NOON, NOON + 10 * SECOND, told)


@pytest.mark.parametrize(
    ("reading", "shown"),
    [
        (Reading("pump/speed", 40.04, NOON, NOON), True),
        (Reading("pump/speed", 40.06, NOON, NOON), False),
        (Reading("pump/speed", None, NOON, NOON, Quality.BAD), False),
        (Reading("pump/speed", 40.0, NOON, NOON, Quality.STALE), False),
        (Reading("pump/speed", 40.0, NOON, NOON, Quality.OFFLINE), False),
        (Reading("pump/speed", 40.0, NOON - HOUR, NOON), False),
        (Reading("pump/flow", 40.0, NOON, NOON), False),
    ],
    ids=["read back", "another value", "bad", "stale", "offline", "old", "another point"],
)
def test_a_setpoint_is_confirmed_only_by_being_read_back_equal(
    reading: Reading, shown: bool
) -> None:
    command = setting(point="speed", value=40.0)
    assert confirms(what_shows(PUMP, command), reading, command) is shown


def test_a_state_that_was_set_is_confirmed_by_its_word() -> None:
    command = setting(point="mode", value="auto")
    awaited = what_shows(PUMP, command)
    assert confirms(awaited, Reading("pump/mode", "auto", NOON, NOON), command)
    assert not confirms(awaited, Reading("pump/mode", "hand", NOON, NOON), command)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"point": "speed", "value": 20}, None),
        ({"point": "speed", "value": 19.9}, "value-not-allowed"),
        ({"point": "speed", "value": float("nan")}, "value-not-allowed"),
        ({"point": "speed", "value": "fast"}, "value-not-allowed"),
        ({"point": "speed"}, "value-not-allowed"),
        ({"point": "mode", "value": "auto"}, None),
        ({"point": "mode", "value": "off"}, "value-not-allowed"),
        ({"point": "flow", "value": 1.0}, "unknown-setpoint"),
        ({}, "unknown-setpoint"),
    ],
)
def test_only_what_the_setpoint_allows_is_set(told: dict[str, object], code: str | None) -> None:
    assert unsettable(PUMP, Action.SET, told) == code
    assert unsettable(PUMP, Action.START, told) is None


def test_who_may_not_set_that_is_told_what_may_be_set() -> None:
    def told(code: str, **parameters: object) -> object:
        return why_unsettable(PUMP, code, setting(**parameters))

    limits = {"point": "pump/speed", "low": 20, "high": 50, "unit": "%"}
    assert told("value-not-allowed", point="speed", value=51) == limits
    states = {"point": "pump/mode", "states": ["hand", "auto"]}
    assert told("value-not-allowed", point="mode", value="off") == states
    assert told("busy", point="speed", value=51) == {}
    assert told("value-not-allowed", point="flow", value=1) == {}


def test_a_command_may_ask_for_a_right_of_its_own() -> None:
    shows = Confirmation("pump/mode", frozenset({"auto"}), SECOND)
    pump = replace(PUMP, commands={Action.STOP: shows}, rights={Action.STOP: "secure"})
    engineer = Actor("wu", "engineer", "desk-1")
    said = [
        refusal(pump, Asked("pump", Action.STOP, "x"), who, AccessSettings())
        for who in (LI, engineer)
    ]
    assert said == [None, "not-allowed"]


def test_a_setpoint_asks_for_its_own_right() -> None:
    engineer = Actor("wu", "engineer", "desk-1")

    def told(point: str, who: Actor) -> str | None:
        asked = Asked("pump", Action.SET, "tuning", {"point": point})
        return refusal(PUMP, asked, who, AccessSettings())

    assert told("speed", engineer) is None
    assert told("mode", engineer) == "not-allowed"
    assert told("mode", LI) is None
