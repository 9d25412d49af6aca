"""Frigate, message by message and through a day."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.profiles import routes, shares_topics
from drivers.mqtt.profiles.frigate import PLATES_REMEMBERED
from drivers.mqtt.profiles.parser import Reason
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import MILLISECOND, SECOND
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.model import Device, MqttAddress
from tests.captures import captured

NOW = 1_767_225_600 * SECOND
NAME = Text("Front", "正门")
POINTS = {
    "crossing": Point("cam/crossing", PointKind.EVENT, NAME),
    "plate": Point("cam/plate", PointKind.EVENT, NAME),
    "line": Point("cam/line", PointKind.STATE, NAME, states=("normal", "alarm", "open", "short")),
    "picture": Point("cam/picture", PointKind.STATE, NAME, states=("live",)),
}
YARD = {"line": "yard"}


def camera(
    *points: str, entities: Mapping[str, str] = YARD, topic: str = "frigate/front_door"
) -> Device:
    told = tuple(POINTS[name] for name in points or POINTS)
    return Device("cam", "any", NAME, NAME, "broker", MqttAddress("frigate", topic, entities), told)


def day(device: Device) -> list[Reading]:
    parsers = routes(device)
    return [
        reading
        for said in captured("frigate/day")
        if said.topic in parsers
        for reading in parsers[said.topic](said.payload, False, NOW)
    ]


def event(type_: object = "new", **after: object) -> bytes:
    whole = {"id": "1-a", "camera": "front_door", "frame_time": NOW / SECOND - 1, "label": "person"}
    return json.dumps({"type": type_, "before": None, "after": {**whole, **after}}).encode()


def test_a_day_before_the_door() -> None:
    told = day(camera())
    values = {name: [r.value for r in told if r.point == f"cam/{name}"] for name in POINTS}
    person, car = "1607123955.475377-mxklsc", "1659438905.489551-xy562v"
    assert values["crossing"] == [
        {"line": "yard", "object": "person", "id": person},
        {"line": "driveway", "object": "person", "id": person},
    ]
    plate = {"camera": "front_door", "id": car}
    assert values["plate"] == [
        {"plate": "沪A12345", "confidence": 0.95, **plate},
        {"plate": "沪A12346", "confidence": 0.994, **plate},
    ]
    assert values["line"] == ["alarm", "normal", "normal"]
    assert values["picture"] == ["live"]
    assert {reading.quality for reading in told} == {Quality.GOOD}


def test_only_the_zone_that_is_named_is_a_line() -> None:
    told = day(camera("crossing", entities={"crossing": "driveway"}))
    assert [dict(r.value)["line"] for r in told if isinstance(r.value, Mapping)] == ["driveway"]


def test_plates_are_read_in_the_direction_of_the_lane() -> None:
    told = day(camera("plate", entities={"plate": "in"}))
    assert [dict(r.value)["direction"] for r in told if isinstance(r.value, Mapping)] == ["in"] * 2


def test_two_objects_of_one_frame_have_instants_of_their_own() -> None:
    parse = routes(camera("crossing"))["frigate/events"]
    (one,) = parse(event(entered_zones=["yard"]), False, NOW)
    (other,) = parse(event(id="1-b", entered_zones=["yard"]), False, NOW)
    assert one.taken_at != other.taken_at
    for reading in (one, other):
        assert 0 <= reading.taken_at - (NOW - SECOND) < MILLISECOND


@pytest.mark.parametrize("after", [{"camera": "back"}, {"false_positive": True}])
def test_another_camera_and_what_was_no_object_say_nothing(after: Mapping[str, object]) -> None:
    parse = routes(camera("crossing"))["frigate/events"]
    assert list(parse(event(entered_zones=["yard"], **after), False, NOW)) == []


def test_a_plate_is_told_once_for_each_car_and_the_cars_are_not_remembered_for_ever() -> None:
    parse = routes(camera("plate"))["frigate/events"]
    for number in range(PLATES_REMEMBERED + 1):
        said = event(id=f"car-{number}", recognized_license_plate="A1")
        assert len(parse(said, False, NOW)) == 1
        assert len(parse(said, False, NOW)) == 0
    assert len(parse(event(id="car-0", recognized_license_plate="A1"), False, NOW)) == 1


def test_what_is_retained_is_stale_and_of_now() -> None:
    parsers = routes(camera())
    (crossing,) = parsers["frigate/events"](event(entered_zones=["yard"]), True, NOW)
    (line,) = parsers["frigate/yard/all"](b"0", True, NOW)
    assert (crossing.quality, crossing.taken_at) == (Quality.STALE, NOW)
    assert (line.value, line.quality) == ("normal", Quality.STALE)
    stats = b'{"cameras":{"front_door":{"camera_fps":5}}}'
    assert [r.point for r in parsers["frigate/stats"](stats, False, NOW)] == ["cam/picture"]


@pytest.mark.parametrize("said", [b"-1", b"1.5", b"many", b"", b"ON"])
def test_a_count_that_is_none_is_unknown(said: bytes) -> None:
    (reading,) = routes(camera("line"))["frigate/yard/all"](said, False, NOW)
    assert reading.value == UNKNOWN_STATE


@pytest.mark.parametrize(
    ("entity", "topic", "said"),
    [
        ("yard", "frigate/yard/all", b"2"),
        ("yard/person", "frigate/yard/person", b"1"),
        ("yard/car/active", "frigate/yard/car/active", b"1"),
        ("motion", "frigate/front_door/motion", b"ON"),
    ],
)
def test_a_line_is_a_zone_one_sort_of_object_in_it_or_motion(
    entity: str, topic: str, said: bytes
) -> None:
    (reading,) = routes(camera("line", entities={"line": entity}))[topic](said, False, NOW)
    assert reading.value == "alarm"


def test_frigate_gone_or_a_camera_without_pictures_is_offline() -> None:
    for topic, said in (
        ("available", b"offline"),
        ("stats", b'{"cameras":{"front_door":{"camera_fps":0}}}'),
        ("stats", b'{"cameras":{}}'),
    ):
        readings = routes(camera())[f"frigate/{topic}"](said, False, NOW)
        assert {reading.point for reading in readings} == {point.id for point in POINTS.values()}
        assert {reading.quality for reading in readings} == {Quality.OFFLINE}


def test_after_frigate_connected_anew_a_line_is_only_known_when_it_is_told() -> None:
    parsers = routes(camera("line"))
    stats = b'{"front_door":{"camera_fps":5}}'
    parsers["frigate/yard/all"](b"0", False, NOW)
    assert [r.value for r in parsers["frigate/stats"](stats, False, NOW)] == ["normal"]
    parsers["frigate/available"](b"online", False, NOW)
    assert list(parsers["frigate/stats"](stats, False, NOW)) == []


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("events", b"{", Reason.BAD_JSON),
        ("events", event("renewed"), Reason.UNKNOWN_WORD),
        ("events", event([]), Reason.UNKNOWN_WORD),
        ("events", b'{"type":"new"}', Reason.WRONG_TYPE),
        ("events", event(id=None), Reason.BAD_MESSAGE_ID),
        ("events", event(frame_time="noon"), Reason.BAD_TIME),
        ("events", event(entered_zones="yard"), Reason.WRONG_TYPE),
        ("events", event(entered_zones=["yard"], label={"a": [[]]}), Reason.WRONG_TYPE),
        ("events", event(recognized_license_plate=5), Reason.WRONG_TYPE),
        ("available", b"Online", Reason.UNKNOWN_WORD),
    ],
)
def test_what_is_not_the_form_is_refused_with_its_reason(
    topic: str, payload: bytes, reason: Reason
) -> None:
    with pytest.raises(Malformed) as refused:
        routes(camera())[f"frigate/{topic}"](payload, False, NOW)
    assert refused.value.problem == reason


@pytest.mark.parametrize(
    ("device", "told"),
    [
        (camera(topic="frigate"), "names no camera"),
        (camera("line", entities={}), "nothing tells line by ''"),
        (camera("line", entities={"line": "yard/#"}), "nothing tells line by 'yard/#'"),
        (camera("plate", entities={"plate": "up"}), "'up' is no direction"),
    ],
)
def test_what_the_site_file_has_wrong_is_told(device: Device, told: str) -> None:
    with pytest.raises(BadConfig, match=told):
        routes(device)


def test_cameras_share_topics() -> None:
    assert shares_topics(camera())


values = st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5)
keys = st.sampled_from(
    ["id", "camera", "frame_time", "entered_zones", "recognized_license_plate", "false_positive"]
)
nearly = st.dictionaries(keys, values | st.lists(values, max_size=2)).map(
    lambda after: event(**after)
)


@given(st.sampled_from(sorted(routes(camera()))), st.binary() | nearly, st.booleans())
def test_no_bytes_give_anything_but_lawful_readings_or_malformed(
    topic: str, payload: bytes, retained: bool
) -> None:
    try:
        readings = routes(camera())[topic](payload, retained, NOW)
    except Malformed:
        return
    for reading in readings:
        point = POINTS[reading.point.removeprefix("cam/")]
        assert (reading.value is None) == (reading.quality is Quality.OFFLINE)
        assert not (retained and reading.quality is Quality.GOOD)
        if point.kind is PointKind.STATE and reading.value is not None:
            assert reading.value in {*point.states, UNKNOWN_STATE}


def logged(it: Device) -> list[Reading]:
    parsers = routes(it)
    return [
        reading
        for said in captured("frigate/issues")
        if said.topic in parsers
        for reading in parsers[said.topic](said.payload, False, NOW)
    ]


def test_what_users_logged_is_read() -> None:
    """Versions 0.10 to 0.16: a car that stands crosses nothing, a face is no plate."""
    (crossed,) = logged(camera("crossing", "plate", topic="frigate/driveway_cam"))
    car = "1670460861.454207-v45ue5"
    assert crossed.value == {"line": "driveway_car_zone", "object": "car", "id": car}
    assert logged(camera("crossing", "plate", topic="frigate/front_door")) == []
    (picture,) = logged(camera("picture", topic="frigate/Frigate_Doorbell"))
    assert (picture.value, picture.quality) == ("live", Quality.GOOD)
