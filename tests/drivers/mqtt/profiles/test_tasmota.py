"""Tasmota, as its users recorded it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.profiles import routes
from drivers.mqtt.profiles.parser import Reason
from gateway.errors import BadConfig, Malformed
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

DOOR = device("tasmota", "tasmota_9CF9D1", ["contact", "lock", "battery"], {"battery": "ANALOG/A0"})
BOOM = device("tasmota", "blind", ["position", "state"], {"state": "POWER1"})
OLD_BOOM = device("tasmota", "rollo-test", ["position"], {})


def test_an_input_is_read_in_either_form_and_the_relay_by_its_own_name() -> None:
    assert told(read(DOOR, captured("tasmota/input"))) == [
        ("lock", "locked"),
        ("contact", "open"),
        ("contact", "closed"),
        ("contact", "open"),
    ]


def test_a_shutter_moves_and_rests() -> None:
    assert told(read(BOOM, captured("tasmota/shutter-now"))) == [
        ("position", "stopped"),
        ("state", "on"),
        ("state", "on"),
        ("position", "opening"),
        ("state", "off"),
        ("state", "off"),
        ("position", "stopped"),
        ("position", "closing"),
    ]


def test_the_older_form_is_read_and_a_position_that_cannot_be_is_unknown() -> None:
    assert told(read(OLD_BOOM, captured("tasmota/shutter-2019"))) == [
        ("position", "opening"),
        ("position", "open"),
        ("position", UNKNOWN_STATE),
    ]


def test_the_prefix_stands_where_the_full_topic_has_it() -> None:
    other = device("tasmota", "WL_Electrodragon_06/%prefix%", ["position"], {})
    values = [value for _, value in told(read(other, captured("tasmota/other-order")))]
    assert values == ["opening", "opening"]
    assert said_to(other)[Action.STOP] == ("WL_Electrodragon_06/cmnd/ShutterStop1", "")


@pytest.mark.parametrize(
    ("shutter", "value"),
    [
        ({"Position": 0, "Direction": 0}, "closed"),
        ({"Position": 0, "Direction": -1}, "closing"),
        ({"Position": 0, "Direction": 1}, "opening"),
        ({"Position": 100, "Direction": 0}, "open"),
        ({"Position": 1, "Direction": 0}, "stopped"),
        ({"Position": -1, "Direction": 0}, UNKNOWN_STATE),
        ({"Position": 0, "Direction": 2}, UNKNOWN_STATE),
    ],
)
def test_a_shutter_is_closed_only_where_it_rests_at_0(shutter: dict[str, int], value: str) -> None:
    said = Captured("stat/blind/RESULT", json.dumps({"Shutter1": shutter}).encode())
    assert told(read(BOOM, [said])) == [("position", value)]


@pytest.mark.parametrize("word", ["TOGGLE", "HOLD", "on", "Open", ""])
def test_a_word_that_is_neither_on_nor_off_is_unknown(word: str) -> None:
    result = {"Switch1": {"Action": word}, "POWER": word}
    said = Captured("stat/tasmota_9CF9D1/RESULT", json.dumps(result).encode())
    plain = Captured("stat/tasmota_9CF9D1/POWER", word.encode())
    values = [value for _, value in told(read(DOOR, [said, plain]))]
    assert values == [UNKNOWN_STATE] * 3


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"ON", Reason.BAD_JSON),
        (b"[]", Reason.BAD_JSON),
        (b'{"POWER":"\xff"}', Reason.BAD_UTF8),
        (b'{"POWER":1}', Reason.WRONG_TYPE),
        (b'{"Switch1":{"State":"ON"}}', Reason.WRONG_TYPE),
        (b'{"ANALOG":{"A0":"7"}}', Reason.WRONG_TYPE),
    ],
)
def test_what_is_not_the_form_is_refused_with_its_reason(payload: bytes, reason: Reason) -> None:
    with pytest.raises(Malformed) as refused:
        routes(DOOR)["tele/tasmota_9CF9D1/SENSOR"](payload, False, NOW)
    assert refused.value.problem == reason


def test_a_number_beyond_the_points_limits_is_bad() -> None:
    parse = routes(DOOR)["tele/tasmota_9CF9D1/SENSOR"]
    (fits,) = parse(b'{"ANALOG":{"A0":71}}', False, NOW)
    (beyond,) = parse(b'{"ANALOG":{"A0":1024}}', False, NOW)
    assert (fits.value, beyond.value, beyond.quality) == (71.0, None, Quality.BAD)


def test_offline_is_said_with_a_capital() -> None:
    lwt = routes(DOOR)["tele/tasmota_9CF9D1/LWT"]
    assert list(lwt(b"Online", True, NOW)) == []
    assert {reading.quality for reading in lwt(b"Offline", True, NOW)} == {Quality.OFFLINE}
    with pytest.raises(Malformed):
        lwt(b"offline", True, NOW)


def test_what_is_retained_is_stale() -> None:
    readings = read(DOOR, captured("tasmota/input")[1:], retained=True)
    assert {reading.quality for reading in readings} == {Quality.STALE}


def test_each_command_goes_to_the_entity_that_confirms_it() -> None:
    assert said_to(DOOR) == {
        Action.LOCK: ("cmnd/tasmota_9CF9D1/POWER", "OFF"),
        Action.UNLOCK: ("cmnd/tasmota_9CF9D1/POWER", "ON"),
        Action.LOCK_OPEN: ("cmnd/tasmota_9CF9D1/POWER", "ON"),
    }
    assert said_to(BOOM) == {
        Action.OPEN: ("cmnd/blind/ShutterOpen1", ""),
        Action.CLOSE: ("cmnd/blind/ShutterClose1", ""),
        Action.STOP: ("cmnd/blind/ShutterStop1", ""),
        Action.SWITCH_ON: ("cmnd/blind/POWER1", "ON"),
        Action.SWITCH_OFF: ("cmnd/blind/POWER1", "OFF"),
    }


def test_a_point_without_a_usual_entity_must_name_one() -> None:
    with pytest.raises(BadConfig, match="point tamper has no entity") as refused:
        routes(device("tasmota", "it", ["tamper"], {}))
    assert refused.value.remedy.startswith("write entities: {tamper: Switch1}")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["ON", "OFF", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["Action", "Position", "Direction", "A0"]), inner)
    ),
    max_leaves=6,
)
messages = st.dictionaries(
    st.sampled_from(["POWER", "POWER1", "Switch1", "Shutter1", "ANALOG", "Time"]), json_values
).map(lambda said: json.dumps(said).encode())


@given(st.binary() | messages, st.booleans())
def test_no_bytes_give_anything_but_lawful_readings_or_malformed(
    payload: bytes, retained: bool
) -> None:
    for it in (DOOR, BOOM):
        lawful_or_malformed(it, payload, retained)
