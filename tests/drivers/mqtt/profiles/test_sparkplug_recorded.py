"""Sparkplug B as clients that others wrote say it: recorded on a broker."""

from drivers.mqtt.profiles.parser import Reason
from drivers.mqtt.profiles.sparkplug.payload import decoded, written
from gateway.model.clock import MINUTE, SECOND
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality
from tests.captures import captured
from tests.drivers.mqtt.profiles.test_sparkplug_b import NAME, Ear, device, state, told

RECORDED = 1_795_379_000 * SECOND
"""When."""
GOOD, STALE, BAD, OFFLINE = Quality.GOOD, Quality.STALE, Quality.BAD, Quality.OFFLINE


def wire(name: str) -> list[tuple[str, bytes]]:
    """What that node said and was told; a host's STATE is on topics of its own."""
    said = captured(f"sparkplug-b/{name}")
    return [(topic, bytes.fromhex(hexa.decode())) for topic, hexa in said if "/STATE/" not in topic]


def ear(node: str) -> Ear:
    """The node's door, its gate, and its supply voltage."""
    door = device(
        "door",
        f"estate/{node}/door",
        {"contact": "Door/Contact", "lock": "Door/Lock", "temp": "Door/Temp"},
        state("door/contact", "closed", "open"),
        state("door/lock", "locked", "unlocked"),
        Point("door/temp", PointKind.NUMBER, NAME, unit="Cel", low=-40.0, high=80.0),
    )
    gate = device(
        "gate",
        f"estate/{node}/gate",
        {"position": "Gate/Position"},
        state("gate/position", "closed", "opening", "open"),
    )
    volts = Point("hut/supply", PointKind.NUMBER, NAME)
    return Ear(door, gate, device("hut", f"estate/{node}", {"supply": "Supply/Volts"}, volts))


def test_pysparkplug_is_understood_through_a_wrap_of_its_sequence_to_its_last_will() -> None:
    hut = ear("hut")
    readings = [r for said in wire("pysparkplug") for r in hut.hear(*said, at=RECORDED)]
    volts = [r.value for r in readings if r.point == "hut/supply"]
    assert volts == [23.5, 11.0, *(12.0 + n / 256 for n in range(256)), None]
    assert told(r for r in readings if r.point != "hut/supply") == [
        ("door/contact", "closed", GOOD),
        ("door/lock", "locked", GOOD),
        ("door/temp", -5.0, GOOD),
        ("gate/position", "closed", GOOD),
        ("door/contact", "open", GOOD),
        ("door/contact", "closed", GOOD),
        ("door/temp", -7.0, GOOD),
        ("gate/position", "opening", GOOD),
        ("door/contact", None, BAD),
        ("door/contact", "open", STALE),
        ("door/contact", "closed", GOOD),
        ("gate/position", None, OFFLINE),
        ("door/contact", None, OFFLINE),
        ("door/lock", None, OFFLINE),
        ("door/temp", None, OFFLINE),
        ("gate/position", None, OFFLINE),
    ]
    (historical,) = [r for r in readings if r.point == "door/contact" and r.value == "open"][1:]
    assert historical.taken_at < RECORDED - 30 * SECOND


def test_tahu_s_payloads_are_understood_through_a_rebirth_and_a_device_s_will() -> None:
    """Its data name metrics without the DATA/ of its births, and a device's will has no number."""
    shed = ear("shed")
    assert told(r for said in wire("tahu") for r in shed.hear(*said, at=RECORDED)) == [
        ("door/contact", "open", GOOD),
        ("door/contact", "closed", GOOD),
        ("door/temp", -7.0, GOOD),
        ("hut/supply", 11.0, GOOD),
        ("door/contact", "open", GOOD),
        ("door/contact", None, OFFLINE),
        ("door/lock", None, OFFLINE),
        ("door/temp", None, OFFLINE),
    ]


def test_a_device_whose_will_was_heard_is_not_believed_before_it_is_born_again() -> None:
    shed, said = ear("shed"), wire("tahu")
    for topic, payload in [*said[:2], said[-2]]:
        shed.hear(topic, payload, at=RECORDED)
    assert shed.refused(*said[2], at=RECORDED + MINUTE) == Reason.NO_BIRTH
    assert shed.hearing.asks(RECORDED)


def test_another_host_s_command_to_a_device_says_nothing_its_answer_does() -> None:
    shed, said = ear("shed"), wire("tahu-commanded")
    readings = [r for each in said[:4] for r in shed.hear(*each, at=RECORDED)]
    assert told(readings) == [("door/lock", "unlocked", GOOD)]


def test_a_death_with_the_number_of_another_session_is_not_this_one_s() -> None:
    """A will may come late (Sparkplug 3.0.0, 6.4). Both clients leave so, and one dies so too: of
    those silence tells."""
    for node, name in (("hut", "pysparkplug-leaves"), ("shed", "tahu-commanded"), ("shed", "tahu")):
        heard, (*said, death) = ear(node), wire(name)
        assert [r for each in said for r in heard.hear(*each, at=RECORDED)], name
        assert heard.hear(*death, at=RECORDED) == [], name


def test_a_node_answers_the_gateway_s_command_with_the_reading_that_confirms_it() -> None:
    hut, said = ear("hut"), wire("commanded")
    readings = [r for each in said for r in hut.hear(*each, at=RECORDED)]
    assert told(readings)[-1] == ("door/lock", "unlocked", GOOD)
    (metric,) = decoded(said[-2][1]).metrics
    assert said[-2] == (
        "spBv1.0/estate/DCMD/hut/door",
        written("Door/Lock", "unlocked", 0 if metric.at is None else metric.at),
    )


def test_a_device_born_before_its_node_is_not_believed_and_both_are_asked_anew() -> None:
    shed, said = ear("shed"), wire("tahu-overtaken")
    assert shed.refused(*said[0], at=RECORDED) == Reason.NO_BIRTH
    assert shed.hear(*said[1], at=RECORDED) == []
    assert shed.refused(*said[2], at=RECORDED) in (Reason.NO_BIRTH, Reason.SEQUENCE_GAP)
    assert [ask.topic for ask in shed.hearing.asks(RECORDED)] == ["spBv1.0/estate/NCMD/shed"]
