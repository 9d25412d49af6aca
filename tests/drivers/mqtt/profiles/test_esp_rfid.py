"""esp-rfid, old and new, message by message and as controllers really say them."""

import json
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.profiles import orders, routes
from drivers.mqtt.profiles.esp_rfid import AFTER_RESTART
from drivers.mqtt.profiles.parser import Reason
from gateway.errors import BadConfig, Malformed
from gateway.model.actor import Actor
from gateway.model.clock import SECOND
from gateway.model.command import Action, Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.model import Confirmation, Device, MqttAddress
from tests.captures import captured

NOW = 1_767_225_600 * SECOND
NAME = Text("Front", "正门")
TOLD = (
    Point("front/contact", PointKind.STATE, NAME, states=("closed", "open")),
    Point("front/lock", PointKind.STATE, NAME, states=("locked", "unlocked")),
    Point("front/tamper", PointKind.STATE, NAME, states=("ok", "tampered")),
    Point("front/access", PointKind.EVENT, NAME),
)


def door(
    profile: str = "esp-rfid",
    entities: Mapping[str, str] = {},
    points: tuple[Point, ...] = TOLD,
) -> Device:
    confirmed = {Action.OPEN: Confirmation("front/lock", frozenset({"unlocked"}), 5 * SECOND)}
    address = MqttAddress(profile, "rfid/front", entities)
    return Device("front", "door", NAME, NAME, "broker", address, points, commands=confirmed)


def heard(name: str, device: Device) -> list[Reading]:
    """What becomes of the captured messages, a second apart."""
    parsers = routes(device)
    return [
        reading
        for second, (topic, payload) in enumerate(captured(f"esp-rfid/{name}"))
        if topic in parsers
        for reading in parsers[topic](payload, False, NOW + second * SECOND)
    ]


def values(readings: Sequence[Reading], point: str) -> list[object]:
    return [reading.value for reading in readings if reading.point == f"front/{point}"]


def access(**said: object) -> bytes:
    whole = {"isKnown": "true", "access": "Always", "username": "Ann", "uid": "a1"}
    return json.dumps({"type": "access", "hostname": "front", **whole, **said}).encode()


def test_only_a_valid_card_is_granted_and_what_is_refused_says_why() -> None:
    strange = "unknown-credential"
    told = values(heard("cards", door()), "access")
    assert told == [
        {"result": "granted", "credential": "f9c2f720", "holder": "Ann"},
        {"result": "granted", "credential": "27373963", "holder": "Bo"},
        {"result": "denied", "credential": "a1", "holder": "Cy", "reason": "expired"},
        {"result": "denied", "credential": "a2", "holder": "Di", "reason": "disabled"},
        {
            "result": "denied",
            "credential": "a3",
            "holder": "Unknown",
            "reason": strange,
        },
        {"result": "denied", "credential": "a4", "holder": "Ed", "reason": "disabled"},
        {"result": "granted", "holder": "MQTT", "reason": "remote"},
        {"result": "granted", "holder": "Button", "reason": "exit-button"},
    ]


@pytest.mark.parametrize("said", [{"access": "always"}, {"access": ""}, {"isKnown": "false"}])
def test_a_decision_nobody_knows_is_never_granted(said: Mapping[str, str]) -> None:
    (reading,) = routes(door())["rfid/front/send"](access(**said), False, NOW)
    assert isinstance(reading.value, Mapping)
    assert reading.value["result"] == UNKNOWN_STATE


def test_a_door_is_what_its_log_says_it_is() -> None:
    told = heard("door", door())
    assert values(told, "contact") == ["open", "closed", "open"]
    assert values(told, "tamper") == ["ok", "tampered"]


def test_what_is_said_on_connecting_anew_restores_no_tamper() -> None:
    told = heard("home-assistant", door())
    tamper = [(r.value, r.quality) for r in told if r.point == "front/tamper"]
    assert tamper == [
        ("ok", Quality.STALE),
        ("tampered", Quality.GOOD),
        ("ok", Quality.STALE),
        ("ok", Quality.GOOD),
    ]
    assert values(told, "contact") == ["closed", "open", "closed", "open", "open", "closed"]
    assert values(told, "lock") == ["locked", "unlocked", "locked", "locked"]
    assert values(told, "access") == [
        {"result": "granted", "credential": "f9c2f720", "holder": "Ann"}
    ]


def test_an_exit_button_is_not_pressed_by_a_restart() -> None:
    parse = routes(door())["rfid/front/send"]
    pressed = access(username="Button", uid=" ")
    parse(b'{"type":"boot","hostname":"front"}', False, NOW)
    (early,) = parse(pressed, False, NOW + AFTER_RESTART - 1)
    (later,) = parse(pressed, False, NOW + AFTER_RESTART)
    assert early.value == {"result": UNKNOWN_STATE, "holder": "Button", "reason": "restart"}
    assert later.value == {"result": "granted", "holder": "Button", "reason": "exit-button"}


def test_a_heartbeat_says_that_what_was_said_still_holds() -> None:
    parsers = routes(door())
    beat = b'{"type":"heartbeat","time":1,"uptime":9,"ip":"192.168.1.20","hostname":"front"}'
    send = parsers["rfid/front/send"]
    assert list(send(beat, False, NOW)) == []
    parsers["rfid/front/io/door"](b"ON", False, NOW)
    later = NOW + 60 * SECOND
    assert send(beat, False, later) == [Reading("front/contact", "open", later, later)]
    assert list(send(beat, True, later)) == []


@pytest.mark.parametrize(
    ("topic", "payload"),
    [("send", b'{"type":"boot","hostname":"front"}'), ("avty", b"online"), ("avty", b"offline")],
)
def test_nothing_holds_beyond_a_connection(topic: str, payload: bytes) -> None:
    parsers = routes(door())
    parsers["rfid/front/io/door"](b"OFF", False, NOW)
    parsers[f"rfid/front/{topic}"](payload, False, NOW)
    beat = b'{"type":"heartbeat","hostname":"front"}'
    assert list(parsers["rfid/front/send"](beat, False, NOW)) == []


def test_a_retained_state_holds_nothing_and_is_stale() -> None:
    parsers = routes(door())
    (reading,) = parsers["rfid/front/io/door"](b"OFF", True, NOW)
    assert (reading.value, reading.quality) == ("closed", Quality.STALE)
    beat = b'{"type":"heartbeat","hostname":"front"}'
    assert list(parsers["rfid/front/send"](beat, False, NOW)) == []


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("io/door", b"on"),
        ("io/lock0", b"JAMMED"),
        ("io/tamper", b"off"),
        ("send", b'{"type":"INFO","src":"door","desc":"Door Ajar"}'),
        ("send", b'{"type":"WARN","src":"tamper","desc":"Cover open"}'),
    ],
)
def test_a_word_nobody_knows_is_unknown(topic: str, said: bytes) -> None:
    (reading,) = routes(door())[f"rfid/front/{topic}"](said, False, NOW)
    assert reading.value == UNKNOWN_STATE


def test_old_controllers_speak_as_they_were_recorded() -> None:
    assert values(heard("old", door("esp-rfid-1")), "access") == [
        {"result": "granted", "credential": "f9c2f720", "holder": "Marlon"},
        {
            "result": "denied",
            "credential": "xxxx",
            "holder": "Unknown",
            "reason": "unknown-credential",
        },
        {"result": "granted", "credential": "f3ec6234", "holder": "Stanley Hash"},
    ]


@pytest.mark.parametrize(("profile", "key"), [("esp-rfid", "door"), ("esp-rfid-1", "hostname")])
def test_the_other_generation_is_refused_by_name(profile: str, key: str) -> None:
    payload = json.dumps({"type": "heartbeat", key: "front"}).encode()
    with pytest.raises(Malformed) as refused:
        routes(door(profile))["rfid/front/send"](payload, False, NOW)
    assert refused.value.problem == Reason.UNKNOWN_KEY


def test_another_controllers_messages_say_nothing_of_this_door() -> None:
    parse = routes(door(entities={"access": "back"}))["rfid/front/send"]
    assert list(parse(access(), False, NOW)) == []
    assert parse(access(hostname="back"), False, NOW)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.BAD_JSON),
        (b"[]", Reason.BAD_JSON),
        (b'{"type":"\xff"}', Reason.BAD_UTF8),
        (b"{}", Reason.WRONG_TYPE),
        (b'{"type":["access"]}', Reason.WRONG_TYPE),
        (b'{"type":"openmsg"}', Reason.UNKNOWN_WORD),
        (b'{"type":"INFO","src":"door"}', Reason.WRONG_TYPE),
        (access(uid=7), Reason.WRONG_TYPE),
        (access(access=[]), Reason.WRONG_TYPE),
        (access(isKnown=True), Reason.WRONG_TYPE),
        (access(username=None), Reason.WRONG_TYPE),
    ],
)
def test_what_is_not_the_form_is_refused_with_its_reason(payload: bytes, reason: Reason) -> None:
    with pytest.raises(Malformed) as refused:
        routes(door())["rfid/front/send"](payload, False, NOW)
    assert refused.value.problem == reason


@pytest.mark.parametrize(("profile", "topic"), [("esp-rfid", "/cmd"), ("esp-rfid-1", "")])
def test_an_opening_names_the_controllers_address(profile: str, topic: str) -> None:
    asked = Command("c1", "front", Action.OPEN, Actor("ann"), "guest", NOW, NOW + 10 * SECOND)
    order = orders(door(profile, {"lock": "192.168.1.20"}))[Action.OPEN](asked)
    assert order.topic == "rfid/front" + topic
    assert json.loads(order.payload) == {"cmd": "opendoor", "doorip": "192.168.1.20"}


def test_without_an_address_nothing_can_be_asked_and_a_wrong_one_is_told() -> None:
    assert orders(door()) == {}
    with pytest.raises(BadConfig, match=r"no IPv4 address; write entities: {lock: 192"):
        orders(door(entities={"lock": "front.local"}))


def test_a_point_it_cannot_tell_is_refused() -> None:
    battery = Point("front/battery", PointKind.NUMBER, NAME)
    with pytest.raises(BadConfig, match="cannot tell battery"):
        routes(door(points=(battery,)))


words = st.sampled_from(["access", "INFO", "WARN", "boot", "door", "tamper", "Door Open", "Always"])
keys = st.sampled_from(["type", "src", "desc", "access", "isKnown", "username", "uid", "hostname"])
messages = st.dictionaries(keys, words | st.integers() | st.lists(words) | st.none())
payloads = st.binary() | messages.map(lambda said: json.dumps(said).encode())


@given(st.lists(st.tuples(st.integers(0, 6), payloads, st.booleans()), max_size=6))
def test_no_bytes_give_anything_but_lawful_readings_or_malformed(
    said: list[tuple[int, bytes, bool]],
) -> None:
    parsers = list(routes(door()).values())
    states = {point.id: point.states for point in TOLD}
    for topic, payload, retained in said:
        try:
            readings = parsers[topic](payload, retained, NOW)
        except Malformed:
            continue
        for reading in readings:
            assert retained <= (reading.quality in {Quality.STALE, Quality.OFFLINE})
            if states[reading.point] and reading.value is not None:
                assert reading.value in {*states[reading.point], UNKNOWN_STATE}
