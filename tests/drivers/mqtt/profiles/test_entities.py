"""What a site file may call a firmware's entities, and which way round they are."""

from dataclasses import replace

import pytest

from drivers.mqtt.listening import Listening
from drivers.mqtt.profiles import routes
from gateway.errors import BadConfig
from gateway.model.command import Action
from gateway.model.point import Point, PointKind
from tests.captures import Captured
from tests.drivers.mqtt.profiles.devices import NAME, NOW, device, read, said_to, told


@pytest.mark.parametrize(
    ("entities", "expected"),
    [
        ({"contact": "door"}, "point contact has no entity 'door' here"),
        ({"contact": "maybe binary_sensor/door"}, "'maybe' is neither 'not' nor 'pulse'"),
        ({"contact": "not  binary_sensor/door"}, "'not ' is neither 'not' nor 'pulse'"),
        ({"contact": "pulse switch/door"}, "only a lock is pulsed"),
        ({"contact": "lock/door"}, "has states that this entity does not tell"),
        ({"contact": "sensor/door"}, "numbers are sensors"),
        ({"contact": "binary_sensor/Door"}, "has no entity 'binary_sensor/Door' here"),
    ],
)
def test_an_entity_the_family_does_not_have_is_told_with_what_to_write(
    entities: dict[str, str], expected: str
) -> None:
    with pytest.raises(BadConfig, match=expected) as refused:
        routes(device("esphome", "gate", ["contact"], entities))
    assert "contact: " in refused.value.remedy


def test_what_no_entity_can_tell_is_refused_by_name() -> None:
    with pytest.raises(BadConfig, match="point access has no entity"):
        routes(device("esphome", "gate", ["contact", "access"], {}))
    with pytest.raises(BadConfig, match="numbers are sensors"):
        routes(device("esphome", "gate", ["battery"], {"battery": "binary_sensor/low"}))


def test_on_says_nothing_of_states_that_are_not_its_own() -> None:
    valve = Point("it/valve", PointKind.STATE, NAME, states=("shut", "wide"))
    with pytest.raises(BadConfig, match="valve by binary_sensor/valve: is nothing that ON"):
        routes(replace(device("esphome", "gate", [], {}), points=(valve,)))


@pytest.mark.parametrize(
    ("point", "on", "off"),
    [
        ("contact", "open", "closed"),
        ("tamper", "tampered", "ok"),
        ("fault", "fault", "ok"),
        ("exit-request", "pressed", "released"),
        ("safety-loop", "occupied", "free"),
        ("line", "alarm", "normal"),
        ("position", "open", "closed"),
    ],
)
def test_on_says_the_abnormal_and_not_turns_it_round(point: str, on: str, off: str) -> None:
    said = [Captured("gate/binary_sensor/x/state", word) for word in (b"ON", b"OFF")]
    straight = device("esphome", "gate", [point], {point: "binary_sensor/x"})
    turned = device("esphome", "gate", [point], {point: "not binary_sensor/x"})
    assert told(read(straight, said)) == [(point, on), (point, off)]
    assert told(read(turned, said)) == [(point, off), (point, on)]


def test_a_held_relay_locks_and_unlocks_and_a_pulsed_one_only_lets_through() -> None:
    held = device("esphome", "gate", ["lock"], {"lock": "switch/strike"})
    pulsed = device("esphome", "gate", ["lock"], {"lock": "pulse switch/strike"})
    magnet = device("esphome", "gate", ["lock"], {"lock": "not switch/magnet"})
    asked = "gate/switch/strike/command"
    assert said_to(held) == {
        Action.LOCK: (asked, "OFF"),
        Action.UNLOCK: (asked, "ON"),
        Action.LOCK_OPEN: (asked, "ON"),
    }
    assert said_to(pulsed) == {Action.OPEN: (asked, "ON")}
    assert said_to(magnet)[Action.UNLOCK] == ("gate/switch/magnet/command", "OFF")
    assert said_to(magnet)[Action.LOCK] == ("gate/switch/magnet/command", "ON")


def _on_one_node(*doors: dict[str, str]) -> Listening:
    built = [
        replace(device("tasmota", "node", ["contact", "lock"], entities), id=f"door-{number}")
        for number, entities in enumerate(doors)
    ]
    return Listening(built)


def test_two_doors_on_one_node_hear_the_same_message_each_for_itself() -> None:
    listening = _on_one_node(
        {"contact": "Switch1", "lock": "POWER1"}, {"contact": "Switch2", "lock": "POWER2"}
    )
    said = b'{"Time":"2026-01-01T00:00:00","Switch1":"ON","Switch2":"OFF"}'
    readings = listening.understood("tele/node/SENSOR", said, False, NOW)
    assert [reading.value for reading in readings] == ["open", "closed"]


def test_a_door_is_never_watched_or_opened_by_another_ones_entity() -> None:
    with pytest.raises(BadConfig, match="door-1: is measured by POWER of node, as door-0 is"):
        _on_one_node({"contact": "Switch1"}, {"contact": "Switch2"})
