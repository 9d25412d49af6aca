"""ESPHome, entity by entity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.profiles import routes
from drivers.mqtt.profiles.parser import Reason
from gateway.errors import Malformed
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality
from tests.captures import Captured, captured
from tests.drivers.mqtt.profiles.devices import (
    NOW,
    device,
    lawful_or_malformed,
    read,
    said_to,
    told,
)

GATE = device(
    "esphome",
    "gate",
    ["contact", "lock", "fault", "battery"],
    {"contact": "binary_sensor/front_door", "lock": "lock/strike", "fault": "lock/strike"},
)
BOOM = device("esphome", "boom", ["position"], {"position": "cover/arm"})
OLD_BOOM = device("esphome", "boom", ["position"], {"position": "cover/arm/position"})
LAMP = device("esphome", "lamp", ["state"], {})


def test_a_door_is_read_as_the_firmware_says_it() -> None:
    readings = read(GATE, captured("esphome/gate"))
    assert told(readings)[:-4] == [
        ("contact", "closed"),
        ("lock", "locked"),
        ("fault", "ok"),
        ("lock", UNKNOWN_STATE),
        ("fault", UNKNOWN_STATE),
        ("lock", "unlocked"),
        ("fault", "ok"),
        ("contact", "open"),
        ("lock", UNKNOWN_STATE),
        ("fault", "fault"),
        ("lock", UNKNOWN_STATE),
        ("fault", UNKNOWN_STATE),
        ("battery", 87.0),
        ("battery", None),
    ]
    assert readings[-5].quality is Quality.BAD
    assert {reading.quality for reading in readings[-4:]} == {Quality.OFFLINE}


def test_a_cover_says_where_it_moves_and_its_position_only_where_it_rests() -> None:
    said = captured("esphome/boom")
    assert [value for _, value in told(read(BOOM, said))] == [
        "closed",
        "opening",
        "open",
        "closing",
        "closed",
    ]
    assert [value for _, value in told(read(OLD_BOOM, said))] == [
        "closed",
        "closed",
        "open",
        UNKNOWN_STATE,
        "closed",
    ]


def test_the_usual_cover_is_called_as_its_point() -> None:
    usual = device("esphome", "boom", ["position"], {})
    assert told(read(usual, [Captured("boom/cover/position/state", b"opening")])) == [
        ("position", "opening")
    ]
    assert said_to(usual)[Action.STOP] == ("boom/cover/position/command", "STOP")


@pytest.mark.parametrize("word", [b"on", b"", b"ON ", b"1", b"open", b"LOCKED", b"unavailable"])
def test_a_word_of_another_entity_is_unknown(word: bytes) -> None:
    said = [Captured("gate/binary_sensor/front_door/state", word)]
    assert told(read(GATE, said)) == [("contact", UNKNOWN_STATE)]


@pytest.mark.parametrize("said", [b"", b"1e3", b"1_0", b"inf", b"-", b"87 %"])
def test_what_is_no_number_is_refused(said: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        routes(GATE)["gate/sensor/battery/state"](said, False, NOW)
    assert refused.value.problem == Reason.WRONG_TYPE


def test_what_is_retained_is_stale() -> None:
    readings = read(GATE, captured("esphome/gate")[1:3], retained=True)
    assert {reading.quality for reading in readings} == {Quality.STALE}


def test_each_command_goes_to_the_entity_that_confirms_it() -> None:
    asked = "gate/lock/strike/command"
    assert said_to(GATE) == {
        Action.OPEN: (asked, "OPEN"),
        Action.LOCK: (asked, "LOCK"),
        Action.UNLOCK: (asked, "UNLOCK"),
        Action.LOCK_OPEN: (asked, "UNLOCK"),
    }
    for boom in (BOOM, OLD_BOOM):
        assert said_to(boom) == {
            Action.OPEN: ("boom/cover/arm/command", "OPEN"),
            Action.CLOSE: ("boom/cover/arm/command", "CLOSE"),
            Action.STOP: ("boom/cover/arm/command", "STOP"),
        }
    assert said_to(LAMP) == {
        Action.SWITCH_ON: ("lamp/switch/state/command", "ON"),
        Action.SWITCH_OFF: ("lamp/switch/state/command", "OFF"),
    }


@given(st.binary() | st.sampled_from([b"ON", b"LOCKED", b"open", b"50"]), st.booleans())
def test_no_bytes_give_anything_but_lawful_readings_or_malformed(
    payload: bytes, retained: bool
) -> None:
    for it in (GATE, BOOM, OLD_BOOM, LAMP):
        lawful_or_malformed(it, payload, retained)


def test_what_users_logged_is_read() -> None:
    said = captured("esphome/issues")
    car = {"safety-loop": "binary_sensor/garage_car_present"}
    garage = device("esphome", "garage_car_presence", ["safety-loop"], car)
    assert told(read(garage, said)) == [("safety-loop", "occupied")]
    named = {
        "state": "switch/attic-powerwall_restart",
        "battery": "sensor/firstfloor_inverter_energy_yesterday",
    }
    attic = device("esphome", "attic-powerwall", ["state", "battery"], named)
    assert told(read(attic, said)) == [("battery", 0.105), ("state", "off")]
    text = {"battery": "sensor/firstfloor_inverter_operation_mode"}
    with pytest.raises(Malformed, match=Reason.WRONG_TYPE):
        read(device("esphome", "attic-powerwall", ["battery"], text), said)
