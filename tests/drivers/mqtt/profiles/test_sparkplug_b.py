"""Sparkplug B: an edge node's day, and everything that can go missing from it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.listening import Listening
from drivers.mqtt.profiles import hearings, orders, routes
from drivers.mqtt.profiles.hearing import Hearing, TopicParser
from drivers.mqtt.profiles.parser import Reason
from drivers.mqtt.profiles.sparkplug.payload import decoded
from drivers.mqtt.profiles.sparkplug_b import REBIRTH_EVERY
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import MILLISECOND, SECOND
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.model import Device, MqttAddress
from tests.captures import captured
from tests.drivers.mqtt.profiles import devices

NOW = 1_767_225_600 * SECOND
NAME = Text("Any", "某")
DAY = [(topic, bytes.fromhex(said.decode())) for topic, said in captured("sparkplug-b/day")]
BIRTHS = DAY[:3]


def state(id_: str, *states: str) -> Point:
    return Point(id_, PointKind.STATE, NAME, states=states)


def device(id_: str, topic: str, entities: Mapping[str, str], *points: Point) -> Device:
    address = MqttAddress("sparkplug-b", topic, entities)
    return Device(id_, "any", NAME, NAME, "broker", address, points)


DOOR = device(
    "door",
    "estate/hut/door",
    {"contact": "Door/Contact", "lock": "Door/Lock", "temp": "Door/Temp"},
    state("door/contact", "closed", "open"),
    state("door/lock", "locked", "unlocked"),
    Point("door/temp", PointKind.NUMBER, NAME, unit="Cel", low=-40.0, high=80.0),
)
GATE = device(
    "gate",
    "estate/hut/gate",
    {"position": "Gate/Position"},
    state("gate/position", "closed", "opening", "open"),
)
HUT = device(
    "hut", "estate/hut", {"supply": "Supply/Volts"}, Point("hut/supply", PointKind.NUMBER, NAME)
)


class Ear:
    """Hears the three as the driver does."""

    def __init__(self, *devices: Device) -> None:
        self.hearing: Hearing = hearings(devices or (DOOR, GATE, HUT))[0]

    def hear(
        self, topic: str, payload: bytes, at: int = NOW, retained: bool = False
    ) -> list[Reading]:
        return list(self._parser(topic)(topic, payload, retained, at))

    def hear_all(self, messages: Iterable[tuple[str, bytes]]) -> list[Reading]:
        return [reading for topic, payload in messages for reading in self.hear(topic, payload)]

    def refused(self, topic: str, payload: bytes, at: int = NOW) -> str:
        with pytest.raises(Malformed) as refused:
            self.hear(topic, payload, at)
        return refused.value.problem

    def _parser(self, topic: str) -> TopicParser:
        group, _verb, node, *behind = topic.split("/")[1:]
        return self.hearing.parsers["/".join(["spBv1.0", group, "+", node, *"+" * len(behind)])]


def told(readings: Iterable[Reading]) -> list[tuple[str, object, Quality]]:
    return [(reading.point, reading.value, reading.quality) for reading in readings]


def test_a_text_is_what_the_metric_says_in_words() -> None:
    door = replace(DOOR, points=(Point("door/contact", PointKind.TEXT, NAME),))
    readings = Ear(door, GATE, HUT).hear_all(DAY)
    said = {told.value for told in readings if told.point == "door/contact"}
    assert said - {None} == {"True", "False"}, "as they are written, and no state"


def test_a_day_of_an_edge_node() -> None:
    good, bad, stale, offline = Quality.GOOD, Quality.BAD, Quality.STALE, Quality.OFFLINE
    assert told(Ear().hear_all(DAY)) == [
        ("hut/supply", 23.5, good),
        ("door/contact", "closed", good),
        ("door/lock", "locked", good),
        ("door/temp", -5.0, good),
        ("gate/position", "closed", good),
        ("door/contact", "open", good),
        ("gate/position", "opening", good),
        ("door/lock", UNKNOWN_STATE, good),
        ("door/temp", -7.0, good),
        ("hut/supply", 11.0, good),
        ("door/contact", None, bad),
        ("door/lock", "locked", stale),
        ("door/temp", None, bad),
        ("door/contact", "closed", stale),
        ("door/contact", None, offline),
        ("door/lock", None, offline),
        ("door/temp", None, offline),
        ("door/contact", None, offline),
        ("door/lock", None, offline),
        ("door/temp", None, offline),
        ("gate/position", None, offline),
        ("hut/supply", None, offline),
    ]


def test_a_birth_says_what_is_so_now_and_data_say_when() -> None:
    ear = Ear()
    born = ear.hear_all(BIRTHS)
    assert {reading.taken_at for reading in born} == {NOW}
    (opened,) = ear.hear(*DAY[3], at=NOW + 5 * SECOND)
    assert opened.taken_at == NOW + 1000 * MILLISECOND
    history = ear.hear_all(DAY[4:9])[-1]
    assert (history.value, history.taken_at) == ("closed", NOW - 60 * SECOND)


def test_what_a_birth_says_is_history_is_not_so_now() -> None:
    ear = Ear()
    ear.hear(*BIRTHS[0])
    topic, birth = next(said for said in BIRTHS[1:] if said[0].endswith("/door"))
    ago = NOW - 60 * SECOND
    opened = b"\x0a\x0cDoor/Contact\x18" + _varint(ago // MILLISECOND) + b"\x20\x0b\x28\x01\x70\x01"
    born = ear.hear(topic, birth + b"\x12" + _varint(len(opened)) + opened)
    now, before = [reading for reading in born if reading.point == "door/contact"]
    assert (now.value, now.taken_at, now.quality) == ("closed", NOW, Quality.GOOD)
    assert (before.value, before.taken_at, before.quality) == ("open", ago, Quality.STALE)


def test_a_will_that_comes_after_the_next_birth_kills_nobody() -> None:
    ear = Ear()
    ear.hear_all(BIRTHS)
    assert ear.hear(*DAY[-2]) == []
    assert ear.hear(*DAY[3])


def test_a_missing_message_is_found_and_asked_for_once() -> None:
    ear = Ear()
    ear.hear_all(BIRTHS)
    assert ear.refused(*DAY[4]) == Reason.SEQUENCE_GAP
    assert ear.refused(*DAY[5]) == Reason.NO_BIRTH
    (ask,) = ear.hearing.asks(NOW)
    assert ask.topic == "spBv1.0/estate/NCMD/hut"
    (metric,) = decoded(ask.payload).metrics
    assert (metric.name, metric.datatype, metric.value) == ("Node Control/Rebirth", 11, True)
    assert list(ear.hearing.asks(NOW)) == []
    ear.hear_all(BIRTHS)
    assert told(ear.hear(*DAY[3])) == [("door/contact", "open", Quality.GOOD)]


def test_an_edge_node_that_does_not_answer_is_asked_again_but_rarely() -> None:
    ear = Ear()
    for at, asked in ((NOW, 1), (NOW + REBIRTH_EVERY - 1, 0), (NOW + REBIRTH_EVERY, 1)):
        assert ear.refused(*DAY[3], at=at) == Reason.NO_BIRTH
        assert len(ear.hearing.asks(at)) == asked


def test_an_edge_node_that_says_nothing_is_asked_when_the_gateway_has_connected() -> None:
    """It speaks only when something changes; one that was born meanwhile is left alone."""
    ear = Ear()
    (ask,) = ear.hearing.asks(NOW)
    assert ask.topic == "spBv1.0/estate/NCMD/hut"
    assert list(ear.hearing.asks(NOW + REBIRTH_EVERY)) == []
    ear = Ear()
    ear.hear_all(BIRTHS)
    assert list(ear.hearing.asks(NOW)) == []


def test_what_is_said_again_is_not_taken_again() -> None:
    ear = Ear()
    ear.hear_all(BIRTHS)
    assert ear.hear(*DAY[3])
    assert ear.hear(*DAY[3]) == []
    assert ear.hear(*DAY[4])


def test_the_sequence_goes_on_at_0_after_255() -> None:
    ear = Ear()
    ear.hear_all(BIRTHS)
    topic, payload = DAY[6]  # NDATA, whose sequence number stands at its end
    for seq in [*range(3, 256), 0, 1]:
        ear.hear(topic, payload[: payload.rindex(b"\x18")] + b"\x18" + _varint(seq))


def test_an_alias_nobody_was_told_of_is_refused() -> None:
    ear = Ear()
    ear.hear_all(BIRTHS[:2])
    topic, payload = DAY[3]
    strange = payload.replace(b"\x10\x0a", b"\x10\x63").replace(b"\x18\x03", b"\x18\x02")
    assert ear.refused(topic, strange) == Reason.NO_BIRTH


def test_of_devices_the_site_does_not_name_nothing_is_remembered_nor_asked() -> None:
    ear = Ear(GATE)
    assert ear.hear_all(BIRTHS[:2]) == []
    topic, payload = DAY[3]
    unborn = payload.replace(b"\x18\x03", b"\x18\x02")
    assert ear.hear(topic.replace("door", "attic"), unborn) == []
    assert list(ear.hearing.asks(NOW)) == []


def test_a_device_that_was_not_born_since_its_node_was_is_not_believed() -> None:
    ear = Ear()
    ear.hear_all(BIRTHS)
    ear.hear(*BIRTHS[0])
    topic, payload = DAY[3]
    assert ear.refused(topic, payload.replace(b"\x18\x03", b"\x18\x01")) == Reason.NO_BIRTH


def test_what_is_retained_is_stale_and_begins_no_session() -> None:
    ear = Ear()
    topic, payload = BIRTHS[1]
    readings = ear.hear(topic, payload, retained=True)
    assert {reading.quality for reading in readings} == {Quality.STALE}
    assert ear.refused(*DAY[3]) == Reason.NO_BIRTH


def test_a_boolean_can_be_turned() -> None:
    points = (state("door/contact", "closed", "open"),)
    turned = device("door", "estate/hut/door", {"contact": "not Door/Contact"}, *points)
    assert [r.value for r in Ear(turned).hear_all(BIRTHS)] == ["open"]


def test_two_devices_of_the_site_can_be_one_of_the_edge_nodes() -> None:
    lamp = device(
        "lamp", "estate/hut/door", {"state": "Door/Contact"}, state("lamp/state", "off", "on")
    )
    readings = Ear(DOOR, lamp).hear_all(BIRTHS)
    assert [r.point for r in readings] == [*(p.id for p in DOOR.points), "lamp/state"]


def test_a_host_s_own_messages_say_nothing() -> None:
    assert Ear().hear("spBv1.0/estate/NCMD/hut", b"\xff") == []


@pytest.mark.parametrize("topic", ["door", "spBv1.0/estate/hut/door/1"])
def test_a_topic_that_is_no_place_is_told(topic: str) -> None:
    with pytest.raises(BadConfig, match="write topic: GROUP/NODE/DEVICE"):
        routes(device("door", topic, {}))


def test_an_event_and_a_turn_of_what_is_no_matter_of_two_are_told() -> None:
    with pytest.raises(BadConfig, match="tells no events"):
        routes(device("door", "e/n/d", {}, Point("door/access", PointKind.EVENT, NAME)))
    three = state("door/mode", "a", "b", "c")
    with pytest.raises(BadConfig, match="mode by X"):
        routes(device("door", "e/n/d", {"mode": "not X"}, three))


def _varint(number: int) -> bytes:
    rest = number >> 7
    return bytes([number & 127 | 128]) + _varint(rest) if rest else bytes([number])


said = (
    st.binary()
    | st.sampled_from([payload for _, payload in DAY])
    | st.builds(
        lambda payload, cut, more: payload[:cut] + more,
        st.sampled_from([payload for _, payload in DAY]),
        st.integers(0, 80),
        st.binary(max_size=20),
    )
)


@given(st.lists(st.tuples(st.sampled_from([t for t, _ in DAY]), said, st.booleans()), max_size=8))
def test_no_bytes_give_anything_but_lawful_readings_or_malformed(
    messages: list[tuple[str, bytes, bool]],
) -> None:
    ear = Ear()
    points = {point.id: point for it in (DOOR, GATE, HUT) for point in it.points}
    for topic, payload, retained in messages:
        try:
            readings = ear.hear(topic, payload, retained=retained)
        except Malformed:
            continue
        for reading in readings:
            point = points[reading.point]
            if reading.value is None:
                assert reading.quality in {Quality.BAD, Quality.OFFLINE}
            elif point.kind is PointKind.STATE:
                assert reading.value in {*point.states, UNKNOWN_STATE}
            else:
                assert isinstance(reading.value, float | int)
            assert not (retained and reading.quality is Quality.GOOD)


def commanded(entities: Mapping[str, str], *points: str) -> dict[Action, tuple[str, str, object]]:
    """By action: topic, metric and value."""
    it = devices.device("sparkplug-b", "estate/hut/gate", points, entities)
    asked = {action: order(devices.command(action)) for action, order in orders(it).items()}
    told: dict[Action, tuple[str, str, object]] = {}
    for action, order in asked.items():
        (metric,) = decoded(order.payload).metrics
        told[action] = (order.topic, metric.name, metric.value)
    return told


TO_GATE = "spBv1.0/estate/DCMD/hut/gate"


def test_a_lock_is_a_boolean_and_never_opened_unless_it_falls_back() -> None:
    locked, unlocked = (TO_GATE, "Door/Bolt", True), (TO_GATE, "Door/Bolt", False)
    assert commanded({"lock": "not Door/Bolt"}, "contact", "lock") == {
        Action.LOCK: locked,
        Action.UNLOCK: unlocked,
        Action.LOCK_OPEN: unlocked,
    }
    strike = {"lock": "pulse Door/Strike"}
    assert commanded(strike, "lock") == {Action.OPEN: (TO_GATE, "Door/Strike", True)}


def test_what_is_text_is_asked_by_its_word_and_a_barrier_is() -> None:
    assert commanded({"lock": "text Door/Lock"}, "lock")[Action.UNLOCK] == (
        TO_GATE,
        "Door/Lock",
        "unlocked",
    )
    assert commanded({"position": "Gate/Position"}, "position") == {
        Action.OPEN: (TO_GATE, "Gate/Position", "open"),
        Action.CLOSE: (TO_GATE, "Gate/Position", "closed"),
        Action.STOP: (TO_GATE, "Gate/Position", "stopped"),
    }


def test_what_only_measures_is_not_written() -> None:
    assert commanded({}, "contact", "battery", "line") == {}
    with pytest.raises(BadConfig, match="only a lock is pulsed"):
        routes(devices.device("sparkplug-b", "e/n/d", ["contact"], {"contact": "pulse Contact"}))


def test_an_edge_node_itself_is_commanded_by_its_own_topic() -> None:
    lamp = devices.device("sparkplug-b", "estate/hut", ["state"], {"state": "Lamp On"})
    order = orders(lamp)[Action.SWITCH_ON](devices.command(Action.SWITCH_ON))
    assert order.topic == "spBv1.0/estate/NCMD/hut"
    assert [metric.name for metric in decoded(order.payload).metrics] == ["Lamp On"]


def test_two_devices_are_not_moved_by_one_metric() -> None:
    one = devices.device("sparkplug-b", "estate/hut/gate", ["lock"], {"lock": "Bolt"})
    other = replace(one, id="other")
    with pytest.raises(BadConfig, match="is measured by Bolt of estate/hut/gate, as it is"):
        Listening([one, other])
    Listening([one, replace(other, commands={})])
