"""Gatehouse's own JSON, message by message."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.profiles import routes
from drivers.mqtt.profiles.parser import Reason
from gateway.errors import Malformed
from gateway.model.clock import HOUR, MINUTE, SECOND, to_datetime
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.model import Device, MqttAddress

NOW = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z
NAME = Text("Side door", "侧门")
DOOR = Device(
    id="door",
    kind="door",
    name=NAME,
    place=NAME,
    connection="broker",
    address=MqttAddress("gatehouse-json", "estate/door"),
    points=(
        Point("door/contact", PointKind.STATE, NAME, states=("closed", "open")),
        Point("door/battery", PointKind.NUMBER, NAME, unit="V", low=0.0, high=4.5),
        Point("door/swipe", PointKind.EVENT, NAME),
    ),
)
STATE = routes(DOOR)["estate/door/state"]
STATUS = routes(DOOR)["estate/door/status"]


def message(**said: object) -> bytes:
    return json.dumps({"id": "1", **said}).encode()


def rfc3339(at: int) -> str:
    return to_datetime(at).isoformat()


def reason_of(payload: bytes) -> str:
    with pytest.raises(Malformed) as refused:
        STATE(payload, False, NOW)
    return refused.value.problem


def test_a_text_is_taken_as_it_stands_and_nothing_else_is_one() -> None:
    told = replace(DOOR, points=(Point("door/version", PointKind.TEXT, NAME),))
    state = routes(told)["estate/door/state"]
    assert state(message(version="2.1 锁"), False, NOW) == [
        Reading("door/version", "2.1 锁", NOW, NOW)
    ]
    for wrong in (2.1, True, {"major": 2}, "a\nb"):
        with pytest.raises(Malformed, match=Reason.WRONG_TYPE):
            state(message(version=wrong), False, NOW)


def test_a_message_gives_one_reading_for_each_point_it_names() -> None:
    taken = NOW - 3 * SECOND
    said = message(at=rfc3339(taken), contact="open", battery=3, swipe={"card": "12"})
    assert STATE(said, False, NOW) == [
        Reading("door/contact", "open", taken, NOW),
        Reading("door/battery", 3.0, taken, NOW),
        Reading("door/swipe", {"card": "12"}, taken, NOW),
    ]


@pytest.mark.promise("S7")
@pytest.mark.parametrize("word", ["OPEN", "ajar", "", "open "])
def test_a_word_that_is_no_state_of_the_point_means_unknown(word: str) -> None:
    assert [reading.value for reading in STATE(message(contact=word), False, NOW)] == [
        UNKNOWN_STATE
    ]


@pytest.mark.promise("S6")
def test_a_retained_message_is_stale() -> None:
    assert [r.quality for r in STATE(message(contact="closed"), True, NOW)] == [Quality.STALE]


def test_a_retained_message_never_stands_where_the_device_spoke_itself() -> None:
    said = message(at=rfc3339(NOW - SECOND), contact="open")
    (live,), (repeated,) = STATE(said, False, NOW), STATE(said, True, NOW)
    assert (live.taken_at, repeated.taken_at) == (NOW - SECOND, NOW)


@pytest.mark.parametrize("retained", [False, True])
@pytest.mark.parametrize("volts", [b"-0.1", b"5", b"1" + b"0" * 400])
def test_a_number_the_sensor_cannot_say_is_bad(volts: bytes, retained: bool) -> None:
    (reading,) = STATE(b'{"id":"1","battery":%s}' % volts, retained, NOW)
    assert (reading.value, reading.quality) == (None, Quality.BAD)


@pytest.mark.parametrize("off_by", [-7 * 24 * HOUR, -HOUR, 0, 5 * MINUTE])
def test_the_devices_time_is_kept_where_it_can_be_true(off_by: int) -> None:
    (reading,) = STATE(message(at=rfc3339(NOW + off_by), contact="open"), False, NOW)
    assert reading.taken_at == NOW + off_by


@pytest.mark.parametrize("at", [0, NOW - 7 * 24 * HOUR - 1, NOW + 5 * MINUTE + 1])
def test_a_clock_that_is_wrong_is_replaced_by_the_gateways(at: int) -> None:
    (reading,) = STATE(message(at=rfc3339(at), contact="open"), False, NOW)
    assert (reading.taken_at, reading.value) == (NOW, "open")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.BAD_JSON),
        (b'{"id":"1","contact":"op', Reason.BAD_JSON),
        (b'["id","1"]', Reason.BAD_JSON),
        (b'{"id":"1","battery":NaN}', Reason.BAD_JSON),
        (b'{"id":"1","battery":1e999}', Reason.BAD_JSON),
        (b'{"id":"1","swipe":' + b"[" * 60_000, Reason.BAD_JSON),
        (b'{"id":"1","contact":"\xff"}', Reason.BAD_UTF8),
        (b'{"contact":"open"}', Reason.BAD_MESSAGE_ID),
        (message(id="", contact="open"), Reason.BAD_MESSAGE_ID),
        (message(id="x" * 65, contact="open"), Reason.BAD_MESSAGE_ID),
        (message(id=7, contact="open"), Reason.BAD_MESSAGE_ID),
        (message(at="yesterday", contact="open"), Reason.BAD_TIME),
        (message(at="2026-01-01T00:00:00", contact="open"), Reason.BAD_TIME),
        (message(at=1767225600, contact="open"), Reason.BAD_TIME),
        (message(), Reason.NO_VALUES),
        (message(contact="open", lock="shut"), Reason.UNKNOWN_KEY),
        (message(contact=True), Reason.WRONG_TYPE),
        (message(contact=None), Reason.WRONG_TYPE),
        (message(battery=True), Reason.WRONG_TYPE),
        (message(battery="3.1"), Reason.WRONG_TYPE),
        (message(swipe="12"), Reason.WRONG_TYPE),
        (message(swipe={"a": [[[[[[[[1]]]]]]]]}), Reason.WRONG_TYPE),
        (b'{"id": "1", "swipe": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}", Reason.WRONG_TYPE),
    ],
)
def test_what_is_not_the_form_is_refused_with_its_reason(payload: bytes, reason: Reason) -> None:
    assert reason_of(payload) == reason


def test_offline_is_offline_for_every_point_also_when_retained() -> None:
    for retained in (False, True):
        assert STATUS(b"offline", retained, NOW) == [
            Reading(point.id, None, NOW, NOW, Quality.OFFLINE) for point in DOOR.points
        ]


def test_online_says_nothing_of_any_point() -> None:
    assert list(STATUS(b"online", False, NOW)) == []


@pytest.mark.parametrize("said", [b"Offline", b"", b"gone", b"\xff"])
def test_an_unknown_status_is_refused(said: bytes) -> None:
    with pytest.raises(Malformed):
        STATUS(said, False, NOW)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
keys = st.sampled_from(["id", "at", "contact", "battery", "swipe", "lock"])
nearly_right = st.dictionaries(keys, json_values | st.just("open") | st.datetimes().map(str)).map(
    lambda said: json.dumps({"id": "1", **said}).encode()
)


@given(st.binary() | nearly_right, st.booleans())
def test_no_bytes_give_anything_but_lawful_readings_or_malformed(
    payload: bytes, retained: bool
) -> None:
    try:
        readings = STATE(payload, retained, NOW)
    except Malformed:
        return
    assert readings
    for reading in readings:
        lawful(reading, retained)


def lawful(reading: Reading, retained: bool) -> None:
    point = next(point for point in DOOR.points if point.id == reading.point)
    assert (reading.value is None) == (reading.quality is Quality.BAD)
    assert not (retained and reading.quality is Quality.GOOD)
    match point.kind:
        case PointKind.STATE:
            assert reading.value in {*point.states, UNKNOWN_STATE}
        case PointKind.NUMBER:
            assert reading.value is None or 0.0 <= float(str(reading.value)) <= 4.5
        case PointKind.EVENT:
            assert isinstance(reading.value, Mapping)
