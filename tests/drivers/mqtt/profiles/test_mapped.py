"""Firmware that nobody knew of, by a mapping: message by message."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.profiles import orders, routes
from drivers.mqtt.profiles.parser import Reason
from gateway.errors import Malformed
from gateway.model.actor import Actor
from gateway.model.clock import MILLISECOND, MINUTE, SECOND
from gateway.model.command import Action, Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.mapping_model import (
    DeviceMapping,
    MappedField,
    MappedOrder,
    MappedPoint,
    MappedPresence,
    UnixUnit,
)
from gateway.site.model import Confirmation, Device, MqttAddress

NOW = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z
NAME = Text("Yard door", "院门")
WORDS = {"0": "closed", "1": "open", "true": "open", "shut": "closed"}
MAPPING = DeviceMapping(
    points={
        "contact": MappedPoint("state", ("door", "leaf"), WORDS),
        "battery": MappedPoint("state", ("mV",), scale=0.001),
        "lock": MappedPoint("lock", None, {"L": "locked", "U": "unlocked"}),
        "access": MappedPoint(
            "log",
            (),
            where={("type",): "card"},
            id=("uuid",),
            at=("t",),
            at_unit=UnixUnit.MILLISECONDS,
            fields={
                "credential": MappedField(("card", "0")),
                "result": MappedField(("ok",), {"true": "granted", "false": "denied"}),
            },
        ),
    },
    presence=MappedPresence("lwt", "up", "down"),
    orders={
        Action.OPEN: MappedOrder("cmd", '{"do":"open","id":"{id}","until":"{expires_at}"}'),
        Action.STOP: MappedOrder("cmd", "stop"),
    },
)
DOOR = Device(
    id="yard",
    kind="door",
    name=NAME,
    place=NAME,
    connection="broker",
    address=MqttAddress("acme", "yard/7", mapping=MAPPING),
    points=(
        Point("yard/contact", PointKind.STATE, NAME, states=("closed", "open")),
        Point("yard/battery", PointKind.NUMBER, NAME, unit="V", low=0.0, high=4.5),
        Point("yard/lock", PointKind.STATE, NAME, states=("locked", "unlocked")),
        Point("yard/access", PointKind.EVENT, NAME),
        Point("yard/alarm", PointKind.STATE, NAME, states=("normal", "forced"), derived=True),
    ),
    commands={Action.OPEN: Confirmation("yard/contact", frozenset({"open"}), 5 * SECOND)},
)
ROUTES = routes(DOOR)
STATE, LOCK, LOG, LWT = (ROUTES[f"yard/7/{below}"] for below in ("state", "lock", "log", "lwt"))


def said(**values: object) -> bytes:
    return json.dumps(values).encode()


def test_the_topics_are_those_of_the_mapping_and_no_other() -> None:
    assert set(ROUTES) == {"yard/7/state", "yard/7/lock", "yard/7/log", "yard/7/lwt"}


def test_each_point_the_message_speaks_of_gives_a_reading() -> None:
    assert STATE(said(door={"leaf": 1}, mV=3000), False, NOW) == [
        Reading("yard/contact", "open", NOW, NOW),
        Reading("yard/battery", 3.0, NOW, NOW),
    ]
    assert [r.point for r in STATE(said(mV=3600, other=1), False, NOW)] == ["yard/battery"]


def test_a_text_is_taken_as_it_stands() -> None:
    mapping = DeviceMapping(points={"version": MappedPoint("info", ("fw",))})
    address = MqttAddress("acme", "yard/7", mapping=mapping)
    point = Point("yard/version", PointKind.TEXT, NAME)
    info = routes(replace(DOOR, address=address, points=(point,)))["yard/7/info"]
    values = [info(said(fw=word), False, NOW)[0].value for word in ("v2 锁", 2.5)]
    assert values == ["v2 锁", "2.5"]
    for wrong in ({"major": 2}, "a\tb"):
        with pytest.raises(Malformed):
            info(said(fw=wrong), False, NOW)


@pytest.mark.parametrize(
    ("word", "value"), [(0, "closed"), (1, "open"), (True, "open"), ("shut", "closed")]
)
def test_a_word_means_what_the_mapping_says(word: object, value: str) -> None:
    assert STATE(said(door={"leaf": word}), False, NOW)[0].value == value


@pytest.mark.parametrize("word", [2, 1.0, False, None, "Shut", "", "closed", "open "])
def test_any_other_word_is_unknown_and_never_closed(word: object) -> None:
    assert STATE(said(door={"leaf": word}), False, NOW)[0].value == UNKNOWN_STATE


def test_plain_text_is_a_word_too() -> None:
    assert LOCK(b"L", False, NOW) == [Reading("yard/lock", "locked", NOW, NOW)]
    assert LOCK(b"l", False, NOW)[0].value == UNKNOWN_STATE


def test_what_is_retained_is_stale_and_of_now() -> None:
    (reading,) = LOG(said(type="card", uuid="1" * 16, t=1, card=["a"]), True, NOW)
    assert (reading.quality, reading.taken_at, reading.delivery) == (Quality.STALE, NOW, None)


@pytest.mark.parametrize("volts", [-1, 4501, 10**400, "4501"])
def test_a_number_the_sensor_cannot_say_is_bad(volts: object) -> None:
    (reading,) = STATE(said(mV=volts), False, NOW)
    assert (reading.value, reading.quality) == (None, Quality.BAD)


def test_an_event_has_the_fields_of_the_mapping() -> None:
    taken = NOW - 3 * SECOND
    message = said(type="card", uuid="7", t=taken // MILLISECOND, card=["c4"], ok=False, more=1)
    assert LOG(message, False, NOW) == [
        Reading("yard/access", {"credential": "c4", "result": "denied"}, taken, NOW)
    ]


def test_an_unknown_result_is_never_granted() -> None:
    (reading,) = LOG(said(type="card", uuid="7", t=0, card=["c4"], ok="yes"), False, NOW)
    assert reading.value == {"credential": "c4", "result": UNKNOWN_STATE}


def test_a_message_about_something_else_says_nothing() -> None:
    assert list(LOG(said(type="boot"), False, NOW)) == []


def test_only_a_long_id_names_a_message_for_ever() -> None:
    def delivery(id_: str) -> object:
        return LOG(said(type="card", uuid=id_, t=0, card=["a"]), False, NOW)[0].delivery

    assert delivery("1" * 15) is None
    assert delivery("1" * 16) != delivery("2" * 16)


@pytest.mark.parametrize("off_by", [6 * MINUTE, -8 * 24 * 60 * MINUTE])
def test_a_clock_that_is_wrong_is_replaced_by_the_gateways(off_by: int) -> None:
    at = (NOW + off_by) // MILLISECOND
    assert LOG(said(type="card", uuid="7", t=at, card=["a"]), False, NOW)[0].taken_at == NOW


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("state", b"", Reason.BAD_JSON),
        ("state", b"{", Reason.BAD_JSON),
        ("state", b"[" * 60_000, Reason.BAD_JSON),
        ("state", b'{"mV":NaN}', Reason.BAD_JSON),
        ("state", b'"\xff"', Reason.BAD_UTF8),
        ("state", b"{}", Reason.NO_VALUES),
        ("state", b'{"door":"open"}', Reason.NO_VALUES),
        ("state", said(door={"leaf": {}}), Reason.WRONG_TYPE),
        ("state", said(mV=True), Reason.WRONG_TYPE),
        ("state", said(mV="many"), Reason.WRONG_TYPE),
        ("lock", b"\xff", Reason.BAD_UTF8),
        ("log", said(type="card", t=0, card=["a"]), Reason.BAD_MESSAGE_ID),
        ("log", said(type="card", uuid="", t=0), Reason.BAD_MESSAGE_ID),
        ("log", said(type="card", uuid="7"), Reason.BAD_TIME),
        ("log", said(type="card", uuid="7", t=True), Reason.BAD_TIME),
        ("log", said(type="card", uuid="7", t="noon"), Reason.BAD_TIME),
        ("log", said(type="card", uuid="7", t=0, card=[{}]), Reason.WRONG_TYPE),
        ("lwt", b"Up", Reason.UNKNOWN_WORD),
    ],
)
def test_what_is_not_the_form_is_refused_with_its_reason(
    topic: str, payload: bytes, reason: Reason
) -> None:
    with pytest.raises(Malformed) as refused:
        ROUTES[f"yard/7/{topic}"](payload, False, NOW)
    assert refused.value.problem == reason


def test_gone_is_offline_for_every_point_the_device_tells() -> None:
    assert LWT(b"down", True, NOW) == [
        Reading(point.id, None, NOW, NOW, Quality.OFFLINE) for point in DOOR.told
    ]
    assert list(LWT(b"up", False, NOW)) == []


def test_an_order_is_filled_in_and_nothing_else_of_it_is() -> None:
    until = NOW + 9 * SECOND + 250 * MILLISECOND
    command = Command("4f{id}", "yard", Action.OPEN, Actor("ann"), "delivery", NOW, until)
    told = orders(DOOR)
    order = told[Action.OPEN](replace(command, id="4f2a"))
    assert order.topic == "yard/7/cmd"
    assert json.loads(order.payload) == {
        "do": "open",
        "id": "4f2a",
        "until": "2026-01-01T00:00:09.250000Z",
    }


def test_only_what_can_be_confirmed_can_be_asked_for() -> None:
    assert set(orders(DOOR)) == {Action.OPEN}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
keys = st.sampled_from(["door", "leaf", "mV", "type", "uuid", "t", "card", "ok"])
nearly_right = st.dictionaries(
    keys, values | st.just("card") | st.fixed_dictionaries({"leaf": values})
)


@given(
    st.sampled_from(sorted(ROUTES)),
    st.binary() | nearly_right.map(lambda v: said(**v)),
    st.booleans(),
)
def test_no_bytes_give_anything_but_lawful_readings_or_malformed(
    topic: str, payload: bytes, retained: bool
) -> None:
    try:
        readings = ROUTES[topic](payload, retained, NOW)
    except Malformed:
        return
    points = {point.id: point for point in DOOR.told}
    for reading in readings:
        point = points[reading.point]
        assert (reading.value is None) == (reading.quality in {Quality.BAD, Quality.OFFLINE})
        assert not (retained and reading.quality is Quality.GOOD)
        if point.kind is PointKind.STATE and reading.value is not None:
            assert reading.value in {*point.states, UNKNOWN_STATE}
        if point.kind is PointKind.EVENT and reading.value is not None:
            assert isinstance(reading.value, Mapping)
