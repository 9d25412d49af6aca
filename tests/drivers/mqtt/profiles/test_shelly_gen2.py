"""Shelly of the second generation and later, as users recorded it."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.profiles import routes
from drivers.mqtt.profiles.parser import Reason
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import DAY, SECOND
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading
from tests.captures import Captured, captured
from tests.drivers.mqtt.profiles.devices import (
    NOW,
    device,
    lawful_or_malformed,
    read,
    said_to,
    told,
)

DOOR = device("shelly-gen2", "door", ["contact", "lock", "battery"], {})
PLUS1 = device("shelly-gen2", "shellyplus1", ["contact", "lock"], {"contact": "not input:0"})
PLUS1PM = device("shelly-gen2", "shellies/plus1pm", ["lock"], {})
BOOM = device("shelly-gen2", "boom", ["position"], {})
BUTTON = device("shelly-gen2", "door", ["exit-request"], {"exit-request": "input:1"})
BLU = device("shelly-gen2", "door", ["contact"], {"contact": "bthomesensor:200"})
NOW_S = NOW / SECOND


def notified(
    it: str, params: Mapping[str, object], method: str = "NotifyStatus", topic: str = "door"
) -> Captured:
    frame = {"src": it, "dst": f"{it}/events", "method": method, "params": params}
    return Captured(f"{topic}/events/rpc", json.dumps(frame).encode())


def test_an_input_and_a_relay_are_read_from_notifications_and_whole_statuses() -> None:
    assert told(read(PLUS1, captured("shelly-gen2/plus1"))) == [
        ("lock", "locked"),
        ("contact", "open"),
        ("contact", "open"),
        ("lock", "unlocked"),
    ]


def test_a_partial_notification_says_nothing_of_what_it_leaves_out() -> None:
    readings = read(PLUS1PM, captured("shelly-gen2/plus1pm"))
    assert told(readings) == [("lock", "unlocked"), ("lock", None)]
    assert readings[-1].quality is Quality.OFFLINE


def test_after_offline_only_what_is_said_again_is_known_again() -> None:
    """Nothing is remembered across the last will: voltage alone brings no lock back."""
    parsers = routes(PLUS1PM)
    on, volts = (
        notified("it", {"ts": NOW_S, "switch:0": part}).payload
        for part in ({"output": True}, {"voltage": 230.1})
    )
    notify, online = (parsers[f"shellies/plus1pm/{below}"] for below in ("events/rpc", "online"))
    assert len(notify(on, False, NOW)) == 1
    assert len(online(b"false", False, NOW)) == 1
    assert list(online(b"true", False, NOW)) == []
    assert list(notify(volts, False, NOW)) == []


def test_a_full_status_is_read_and_events_of_the_system_are_passed_over() -> None:
    values = sorted(told(read(DOOR, captured("shelly-gen2/full"))))
    assert values == [("battery", 100.0), ("contact", "closed"), ("lock", "unlocked")]


def test_a_cover_is_read_where_it_says_its_state() -> None:
    assert told(read(BOOM, captured("shelly-gen2/cover"))) == [
        ("position", "stopped"),
        ("position", "open"),
    ]


@pytest.mark.parametrize(
    ("status", "value"),
    [
        ({"state": "closing"}, "closing"),
        ({"state": "calibrating"}, UNKNOWN_STATE),
        ({"state": None}, UNKNOWN_STATE),
        ({"state": "stopped", "errors": ["obstruction"]}, "obstructed"),
        ({"state": "stopped", "errors": ["safety_switch"]}, "obstructed"),
        ({"errors": ["obstruction"]}, "obstructed"),
        ({"state": "opening", "errors": ["obstruction"]}, "opening"),
        ({"state": "stopped", "errors": ["overpower"]}, "stopped"),
    ],
)
def test_what_stopped_a_cover_is_told(status: Mapping[str, object], value: str) -> None:
    (reading,) = read(BOOM, [notified("b", {"ts": NOW_S, "cover:0": status}, topic="boom")])
    assert reading.value == value


def test_the_devices_time_is_kept_once_it_has_one() -> None:
    at = NOW - 3 * SECOND
    (known,) = read(PLUS1PM, [_output(at / SECOND)])
    (unset,) = read(PLUS1PM, [_output(1.61)])
    (fast,) = read(PLUS1PM, [_output((NOW + DAY) / SECOND)])
    assert (known.taken_at, unset.taken_at, fast.taken_at) == (at, NOW, NOW)


def _output(ts: float) -> Captured:
    return notified("it", {"ts": ts, "switch:0": {"output": True}}, topic="shellies/plus1pm")


def test_a_button_is_pressed_and_released_by_events() -> None:
    events = [
        {"component": "input:1", "id": 1, "event": event, "ts": NOW_S}
        for event in ("btn_down", "btn_up", "single_push")
    ]
    other = {"component": "input:0", "id": 0, "event": "btn_down", "ts": NOW_S}
    said = notified("it", {"ts": NOW_S, "events": [*events, other]}, "NotifyEvent")
    assert told(read(BUTTON, [said])) == [
        ("exit-request", "pressed"),
        ("exit-request", "released"),
    ]


@pytest.mark.parametrize(
    ("age_s", "quality"), [(1.0, Quality.GOOD), (61.0, Quality.STALE), (9e6, Quality.STALE)]
)
def test_a_bluetooth_sensors_value_is_as_old_as_its_last_word(
    age_s: float, quality: Quality
) -> None:
    status = {"id": 200, "value": True, "last_updated_ts": NOW_S - age_s}
    full = notified("it", {"ts": NOW_S, "bthomesensor:200": status}, "NotifyFullStatus")
    whole = Captured("door/status/bthomesensor:200", json.dumps(status).encode())
    assert [(r.value, r.quality) for r in read(BLU, [full, whole])] == [("open", quality)] * 2


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"true", Reason.BAD_JSON),
        (b'{"method":"NotifyStatus"}', Reason.WRONG_TYPE),
        (b'{"method":"NotifyStatus","params":[]}', Reason.WRONG_TYPE),
        (b'{"method":"NotifyStatus","params":{"ts":1,"input:0":true}}', Reason.WRONG_TYPE),
        (b'{"method":"NotifyStatus","params":{"ts":1,"input:0":{"state":1}}}', Reason.WRONG_TYPE),
        (
            b'{"method":"NotifyStatus","params":{"ts":1,"input:0":{"state":"on"}}}',
            Reason.WRONG_TYPE,
        ),
        (
            b'{"method":"NotifyStatus","params":{"ts":"x","input:0":{"state":true}}}',
            Reason.BAD_TIME,
        ),
        (b'{"method":"NotifyEvent","params":{"ts":1}}', Reason.WRONG_TYPE),
        (b'{"method":"NotifyEvent","params":{"events":[1]}}', Reason.WRONG_TYPE),
        (b'{"method":"Switch.Set","params":{"id":0,"on":true}}', Reason.UNKNOWN_WORD),
        (b'{"params":{}}', Reason.UNKNOWN_WORD),
    ],
)
def test_what_is_not_the_form_is_refused_with_its_reason(payload: bytes, reason: Reason) -> None:
    with pytest.raises(Malformed) as refused:
        routes(DOOR)["door/events/rpc"](payload, False, NOW)
    assert refused.value.problem == reason


def test_an_input_that_is_a_button_has_no_state() -> None:
    (reading,) = read(DOOR, [Captured("door/status/input:0", b'{"id":0,"state":null}')])
    assert reading == Reading("it/contact", UNKNOWN_STATE, NOW, NOW)


def test_what_is_retained_is_stale() -> None:
    readings = read(PLUS1, captured("shelly-gen2/plus1"), retained=True)
    assert {reading.quality for reading in readings} == {Quality.STALE}


def test_a_relay_lets_through_for_a_time_the_device_keeps() -> None:
    asked = {action: json.loads(payload) for action, (_, payload) in said_to(PLUS1).items()}
    assert {topic for topic, _ in said_to(PLUS1).values()} == {"shellyplus1/rpc"}
    assert asked[Action.OPEN] == {
        "id": "c-1",
        "src": "gatehouse",
        "method": "Switch.Set",
        "params": {"id": 0, "on": True, "toggle_after": 5},
    }
    held = {action: frame["params"] for action, frame in asked.items() if action != Action.OPEN}
    assert held == {
        Action.LOCK: {"id": 0, "on": False},
        Action.UNLOCK: {"id": 0, "on": True},
        Action.LOCK_OPEN: {"id": 0, "on": True},
    }


def test_a_cover_opens_closes_and_stops() -> None:
    methods = {action: json.loads(said)["method"] for action, (_, said) in said_to(BOOM).items()}
    assert methods == {
        Action.OPEN: "Cover.Open",
        Action.CLOSE: "Cover.Close",
        Action.STOP: "Cover.Stop",
    }
    assert said_to(BUTTON) == {}


def test_a_component_the_family_does_not_have_is_told_with_what_to_write() -> None:
    with pytest.raises(BadConfig, match="no entity 'relay/0' here") as refused:
        routes(device("shelly-gen2", "door", ["contact"], {"contact": "relay/0"}))
    assert refused.value.remedy.startswith("write entities: {contact: input:0}")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["open", "btn_down"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["state", "output", "value", "last_updated_ts", "errors", "battery", "percent"]
            ),
            inner,
        )
    ),
    max_leaves=6,
)
params = st.dictionaries(
    st.sampled_from(["ts", "input:0", "switch:0", "cover:0", "devicepower:0", "events"]),
    json_values,
)
frames = st.builds(
    lambda method, said: json.dumps({"method": method, "params": said}).encode(),
    st.sampled_from(["NotifyStatus", "NotifyFullStatus", "NotifyEvent", "Other"]),
    params,
)


@given(
    st.binary() | frames | json_values.map(lambda said: json.dumps(said).encode()), st.booleans()
)
def test_no_bytes_give_anything_but_lawful_readings_or_malformed(
    payload: bytes, retained: bool
) -> None:
    for it in (DOOR, BOOM, BLU):
        lawful_or_malformed(it, payload, retained)


def test_what_users_logged_of_other_models_is_read() -> None:
    said = captured("shelly-gen2/issues")
    plus1 = device("shelly-gen2", "shellyplus1-0cdc7ef6ee14", ["contact"], {})
    assert told(read(plus1, said)) == [("contact", "closed")]
    mini = device("shelly-gen2", "shelly1pmminig3-5432044edbc0", ["state"], {})
    assert told(read(mini, said)) == [("state", "on")], "its power alone says nothing of it"
