"""Zigbee2MQTT, as its users recorded it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.profiles import routes
from drivers.mqtt.profiles.parser import Reason
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import HOUR, SECOND, to_datetime
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Value
from gateway.site.connection_model import MqttBroker
from gateway.site.model import Device
from tests.captures import Captured, captured
from tests.drivers.mqtt.profiles.devices import (
    NOW,
    device,
    lawful_or_malformed,
    read,
    said_to,
    told,
)

DOOR = device("zigbee2mqtt", "zigbee2mqtt/door", ["contact", "tamper", "battery"], {})
LOCK = device("zigbee2mqtt", "zigbee2mqtt/lock", ["lock"], {})
STRIKE = device("zigbee2mqtt", "z/yard/strike", ["lock"], {"lock": "pulse state_l1"})
BOOM = device("zigbee2mqtt", "z/boom", ["position"], {})
LAMP = device("zigbee2mqtt", "z/lamp", ["state"], {})


def said_by(it: str, **properties: object) -> Captured:
    return Captured(it, json.dumps(properties).encode())


def test_contact_false_is_open() -> None:
    readings = read(DOOR, captured("zigbee2mqtt/contact"))
    assert told(readings)[:6] == [
        ("contact", "open"),
        ("battery", 100.0),
        ("contact", "open"),
        ("battery", 100.0),
        ("contact", "closed"),
        ("battery", 100.0),
    ]
    assert {reading.quality for reading in readings[6:]} == {Quality.OFFLINE}
    assert len(readings[6:]) == 6, "by the device's word, and by the bridge's"


def test_availability_is_a_bare_word_before_2() -> None:
    readings = read(DOOR, captured("zigbee2mqtt/before-2"))
    assert [reading.quality for reading in readings] == [Quality.OFFLINE] * 6


@pytest.mark.parametrize("said", [b"", b"Online", b'{"state":"gone"}', b'{"state":1}', b"{}"])
def test_another_word_for_availability_is_refused(said: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        routes(DOOR)["zigbee2mqtt/door/availability"](said, False, NOW)
    assert refused.value.problem == Reason.UNKNOWN_WORD


def test_a_remembered_lock_state_that_the_action_contradicts_is_stale() -> None:
    readings = read(LOCK, captured("zigbee2mqtt/lock"))
    assert [(reading.value, reading.quality) for reading in readings] == [
        ("locked", Quality.STALE),
        ("locked", Quality.STALE),
        ("locked", Quality.GOOD),
        ("locked", Quality.GOOD),
        ("unlocked", Quality.GOOD),
    ]
    (undone,) = read(LOCK, [said_by("zigbee2mqtt/lock", action="lock", lock_state="unlocked")])
    assert undone.quality is Quality.STALE


@pytest.mark.parametrize("ago", [0, 59 * SECOND, 61 * SECOND, 25 * HOUR, 9 * 24 * HOUR, -HOUR])
def test_what_the_bridge_remembers_is_as_old_as_the_device_was_last_seen(ago: int) -> None:
    seen = NOW - ago
    text = to_datetime(seen).isoformat()
    said = [
        said_by("zigbee2mqtt/door", contact=True, last_seen=last_seen)
        for last_seen in (text, seen // 1000)
    ]
    fresh = 0 <= ago <= 60 * SECOND
    for reading in read(DOOR, said):
        assert reading.quality is (Quality.GOOD if fresh else Quality.STALE)
        assert reading.taken_at == (seen if fresh else NOW)


@pytest.mark.parametrize(
    ("properties", "value"),
    [
        ({"contact": None}, UNKNOWN_STATE),
        ({"tamper": True}, "tampered"),
        ({"tamper": False}, "ok"),
        ({"battery": None}, None),
        ({"battery": 255}, None),
    ],
)
def test_other_properties(properties: dict[str, object], value: object) -> None:
    ((_, said),) = told(read(DOOR, [said_by("zigbee2mqtt/door", **properties)]))
    assert said == value


@pytest.mark.parametrize(
    ("position", "value"),
    [(0, "closed"), (100, "open"), (1, UNKNOWN_STATE), (50, UNKNOWN_STATE), (101, UNKNOWN_STATE)],
)
def test_a_cover_is_believed_by_its_position_alone(position: int, value: str) -> None:
    said = said_by("z/boom", position=position, state="CLOSE", moving="STOP")
    assert told(read(BOOM, [said])) == [("position", value)]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"ON", Reason.BAD_JSON),
        (b"[]", Reason.BAD_JSON),
        (b'{"contact":"false"}', Reason.WRONG_TYPE),
        (b'{"contact":0}', Reason.WRONG_TYPE),
        (b'{"battery":"100"}', Reason.WRONG_TYPE),
        (b'{"contact":true,"last_seen":"yesterday"}', Reason.BAD_TIME),
        (b'{"contact":true,"last_seen":true}', Reason.BAD_TIME),
        (b'{"contact":"\xff"}', Reason.BAD_UTF8),
    ],
)
def test_what_is_not_the_form_is_refused_with_its_reason(payload: bytes, reason: Reason) -> None:
    with pytest.raises(Malformed) as refused:
        routes(DOOR)["zigbee2mqtt/door"](payload, False, NOW)
    assert refused.value.problem == reason


@pytest.mark.parametrize("word", ["not_fully_locked", "LOCKED", "", "unlock"])
def test_a_lock_that_is_neither_is_unknown(word: str) -> None:
    assert told(read(LOCK, [said_by("zigbee2mqtt/lock", lock_state=word)])) == [
        ("lock", UNKNOWN_STATE)
    ]


def test_each_command_goes_to_what_confirms_it() -> None:
    lock, set_ = said_to(LOCK), "zigbee2mqtt/lock/set"
    assert lock == {
        Action.LOCK: (set_, '{"state":"LOCK"}'),
        Action.UNLOCK: (set_, '{"state":"UNLOCK"}'),
        Action.LOCK_OPEN: (set_, '{"state":"UNLOCK"}'),
    }
    assert said_to(STRIKE) == {Action.OPEN: ("z/yard/strike/set", '{"state_l1":"ON"}')}
    assert {said for _, said in said_to(BOOM).values()} == {
        '{"state":"OPEN"}',
        '{"state":"CLOSE"}',
        '{"state":"STOP"}',
    }
    assert said_to(LAMP)[Action.SWITCH_OFF] == ("z/lamp/set", '{"state":"OFF"}')


def test_a_relay_is_read_by_its_state() -> None:
    said = [said_by("z/yard/strike", state_l1=word) for word in ("ON", "OFF", "TOGGLE", None)]
    values = [value for _, value in told(read(STRIKE, said))]
    assert values == ["unlocked", "locked", UNKNOWN_STATE, UNKNOWN_STATE]


def test_devices_of_one_bridge_share_its_state() -> None:
    broker = MqttBroker("broker", "127.0.0.1", 1883, client_id="x")
    MqttDriver(broker, [STRIKE, BOOM, LAMP], lambda: NOW, lambda *_: None)


def test_a_topic_without_a_device_is_told() -> None:
    with pytest.raises(BadConfig, match="names no device of a bridge"):
        routes(device("zigbee2mqtt", "zigbee2mqtt", ["contact"], {}))


def test_events_are_not_told() -> None:
    with pytest.raises(BadConfig, match="access by access: events are not told"):
        routes(device("zigbee2mqtt", "z/door", ["access"], {}))


json_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
messages = st.dictionaries(
    st.sampled_from(
        ["contact", "tamper", "battery", "lock_state", "position", "state", "action", "last_seen"]
    ),
    json_values | st.sampled_from(["locked", "unlock", "ON", "offline", "online"]),
).map(lambda said: json.dumps(said).encode())


@given(st.binary() | messages, st.booleans())
def test_no_bytes_give_anything_but_lawful_readings_or_malformed(
    payload: bytes, retained: bool
) -> None:
    for it in (DOOR, LOCK, BOOM, LAMP):
        lawful_or_malformed(it, payload, retained)


def test_a_gate_s_sensor_that_is_told_twice_ends_with_what_is_so() -> None:
    gate = device("zigbee2mqtt", "zigbee2mqtt/backgate", ["contact", "tamper", "battery"], {})
    readings = read(gate, captured("zigbee2mqtt/twice"))
    assert told(readings)[-3:] == [("contact", "open"), ("tamper", "ok"), ("battery", 60.0)]
    assert {reading.quality for reading in readings} == {Quality.GOOD}


def test_locks_that_people_open_by_hand_are_read_and_older_ones_by_their_state() -> None:
    said = captured("zigbee2mqtt/yale")
    assert [(reading.value, reading.quality) for reading in read(LOCK, said)] == [
        ("locked", Quality.STALE),
        ("locked", Quality.GOOD),
        ("unlocked", Quality.GOOD),
        ("unlocked", Quality.GOOD),
    ]


RECORDED = 1_795_381_655 * SECOND
"""When `version-2` was, some seconds at most after each of its messages."""


def recorded(it: Device) -> list[tuple[str, Value, Quality]]:
    parsers = routes(it)
    return [
        (reading.point.removeprefix("it/"), reading.value, reading.quality)
        for said in captured("zigbee2mqtt/version-2")
        if said.topic in parsers
        for reading in parsers[said.topic](said.payload, False, RECORDED)
    ]


def test_version_2_is_read_from_its_start_to_its_last_will() -> None:
    gate = device("zigbee2mqtt", "zigbee2mqtt/gate", ["contact", "battery"], {})
    gone = [("contact", None, Quality.OFFLINE), ("battery", None, Quality.OFFLINE)]
    assert recorded(gate) == [
        ("contact", "closed", Quality.GOOD),
        ("battery", None, Quality.BAD),
        ("contact", "open", Quality.GOOD),
        ("battery", None, Quality.BAD),
        ("contact", "closed", Quality.GOOD),
        ("battery", 100.0, Quality.GOOD),
        *gone,
        *gone,
    ]


def test_version_2_does_what_it_is_asked_and_says_so() -> None:
    """After somebody used the keypad; what is `not_fully_locked` is unknown."""
    assert recorded(LOCK)[:6] == [
        ("lock", "locked", Quality.GOOD),
        ("lock", "locked", Quality.STALE),
        ("lock", "unlocked", Quality.GOOD),
        ("lock", UNKNOWN_STATE, Quality.GOOD),
        ("lock", "unlocked", Quality.GOOD),
        ("lock", "locked", Quality.GOOD),
    ]
    asked = [said for said in captured("zigbee2mqtt/version-2") if said.topic.endswith("/set")]
    orders = said_to(LOCK)
    assert [(topic, payload.decode()) for topic, payload in asked] == [
        orders[Action.UNLOCK],
        orders[Action.LOCK],
    ]
