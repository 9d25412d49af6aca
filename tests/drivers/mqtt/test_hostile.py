"""Whatever anybody says on a device's topics: nothing falls over, nothing is commanded, no alarm
ends, and each message is counted under a reason."""

import codecs
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.interpreter import Interpreter
from drivers.mqtt.packets import LARGEST_PAYLOAD, Message
from drivers.mqtt.profiles import PROFILES
from drivers.mqtt.profiles.parser import Reason
from drivers.mqtt.profiles.sparkplug_b import NAMESPACE
from gateway.alarms.evaluation import Evaluation, Start
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.rule import AlarmClass, InState, Priority, Rule
from gateway.site.model import Device, MqttAddress
from simulators.styles import SPEECHES, Style
from tests.captures import captured
from tests.drivers.mqtt.estate import NAME
from tests.drivers.mqtt.test_families import MAPPING

NOW: Micros = 1_800_000_000 * SECOND
PROFILES_AND_MAPPING = (*sorted(PROFILES), "mapped")
TOPIC = "estate/it"
RATE = 50
DEEP = 100_000
CORPUS: Mapping[str, bytes] = {
    **{
        said.topic: codecs.decode(said.payload.decode(), "unicode_escape").encode("latin-1")
        for said in captured("hostile/payloads")
    },
    "ten-megabytes": b'{"contact":"closed",' + b" " * 10_000_000 + b'"id":"1"}',
    "deep-array": b"[" * DEEP + b"]" * DEEP,
    "deep-object": b'{"contact":' * DEEP + b"1" + b"}" * DEEP,
    "deep-in-a-key": b'{"id":"1","contact":' + b"[" * 500 + b"]" * 500 + b"}",
    "many-keys": json.dumps({f"k{n}": n for n in range(5000)}).encode(),
    "digits": b"9" * 60_000,
}


def device(profile: str) -> Device:
    """A door with a contact, or where a family knows no doors a line."""
    name, states = ("line", ("normal", "alarm")) if profile == "frigate" else ("contact", CONTACT)
    point = Point(f"it/{name}", PointKind.STATE, NAME, states=states)
    entities = {"line": "yard"} if profile == "frigate" else {}
    mapping = MAPPING if profile == "mapped" else None
    address = MqttAddress(profile, TOPIC, entities, mapping)
    return Device("it", "door", NAME, NAME, "broker", address, (point,))


CONTACT = ("closed", "open")


class Watched:
    """A device with an alarm on its point, and what the driver makes of messages for it."""

    def __init__(self, profile: str) -> None:
        self.device = device(profile)
        (self.point,) = self.device.points
        self.normal, self.abnormal = self.point.states
        self._speech = SPEECHES[Style(profile.removesuffix("-1"))]
        self.letters: Counter[str] = Counter()
        self.now = NOW
        self._interpreter = Interpreter([self.device], RATE, lambda: self.now, self._count)
        self._alarm = _alarm(self.point, self.abnormal)
        self._alarms = Evaluation([self._alarm], {}, Start(NOW, 0))
        self.active = False
        self.readings: list[Reading] = []

    @property
    def topics(self) -> Sequence[str]:
        """All that the gateway listens to; where that is a filter, what a device says on."""
        filters = self._interpreter.topics
        said = [message.topic for message in self.messages(self.normal)]
        return [*dict.fromkeys([*said, *(topic for topic in filters if "+" not in topic)])]

    def messages(self, state: str, at: Micros = NOW, number: str = "1") -> Sequence[Message]:
        """What the device itself says of that state."""
        values = {self.point.id.partition("/")[2]: state}
        said = self._speech.says(TOPIC, values, number, at)
        return [Message(each.topic, each.payload, False, 1, False) for each in said]

    def hears(self, *messages: Message) -> list[Reading]:
        """What the driver gives the journal for them, and the alarm makes of that."""
        self.now += SECOND
        readings = self._interpreter.understood(messages).readings
        for reading in readings:
            self.readings.append(reading)
            for turn in self._alarms.take(replace(reading, seq=len(self.readings))):
                self.active = turn.after.active
        return readings

    @property
    def counted(self) -> int:
        """Messages that are in health: dead letters by reason, and those passed over."""
        return self.letters.total() + self._interpreter.passed_over

    def alarms(self) -> None:
        """The device says that something is wrong."""
        self.hears(*self.messages(self.abnormal))
        assert self.active, "the device's own words raise its alarm"

    def commands(self) -> list[str]:
        """What the gateway would publish by itself, but for requests to be born anew."""
        asks = self._interpreter.asks()
        return [ask.topic for ask in asks if not ask.topic.startswith(f"{NAMESPACE}/estate/NCMD/")]

    def _count(self, source: str, reason: str, payload: bytes) -> None:
        assert source
        assert isinstance(payload, bytes)
        self.letters[Reason(reason)] += 1


def _alarm(point: Point, abnormal: str) -> Rule:
    return Rule(
        "it/alarm",
        "it",
        InState(point.id, frozenset({abnormal})),
        Priority.HIGH,
        NAME,
        alarm_class=AlarmClass.INTRUSION,
    )


def hostile(topics: Sequence[str], payload: bytes) -> Iterator[Message]:
    for retained in (False, True):
        for topic in topics:
            kept = payload[: LARGEST_PAYLOAD + 1]  # as drivers.mqtt.packets hands it over
            yield Message(topic, kept, retained, 1, False)


@pytest.mark.promise("S8")
@pytest.mark.parametrize("profile", PROFILES_AND_MAPPING)
def test_nothing_hostile_ends_an_alarm_or_commands_anything(profile: str) -> None:
    for what, payload in CORPUS.items():
        watched = Watched(profile)
        watched.alarms()
        for message in hostile(watched.topics, payload):
            before, letters = watched.counted, watched.letters.total()
            readings = watched.hears(message)
            where = f"{what} on {message.topic}"
            assert watched.active, f"{where} ended the alarm"
            assert all(not _well(reading, watched.normal) for reading in readings), where
            assert readings or watched.counted > before, f"{where} left no trace"
            if message.topic == watched.topics[0] and not _may_concern_others(profile, payload):
                assert readings or watched.letters.total() > letters, f"{where} was passed over"
        assert watched.commands() == []


def _well(reading: Reading, normal: str) -> bool:
    return reading.quality is Quality.GOOD and reading.value == normal


def _may_concern_others(profile: str, payload: bytes) -> bool:
    """Many a family tells more in an object than the gateway asks for. No bytes are a protobuf, and
    zeros in ASCII are one with fields that nobody knows."""
    return payload[:1] == b"{" or (profile == "sparkplug-b" and payload.strip(b"0") == b"")


@pytest.mark.promise("S6")
@pytest.mark.parametrize("profile", PROFILES_AND_MAPPING)
def test_what_is_retained_ends_no_alarm(profile: str) -> None:
    watched = Watched(profile)
    watched.alarms()
    for message in watched.messages(watched.normal, NOW + MINUTE, "2"):
        watched.hears(message._replace(retained=True))
    assert watched.active


@pytest.mark.parametrize("profile", PROFILES_AND_MAPPING)
@pytest.mark.parametrize("off", [-30 * 365 * DAY, -366 * DAY, DAY, 400 * DAY, 7000 * DAY])
def test_a_clock_years_off_puts_nothing_in_another_year(profile: str, off: Micros) -> None:
    watched = Watched(profile)
    watched.hears(*watched.messages(watched.abnormal, NOW + off))
    assert watched.readings
    assert all(reading.taken_at == reading.received_at for reading in watched.readings)
    assert watched.active, "what happened is real, whatever the clock says"


TELLING_THE_TIME = {"gatehouse-json", "mapped", "shelly-gen2", "zigbee2mqtt"}


@pytest.mark.parametrize("profile", PROFILES_AND_MAPPING)
def test_what_was_overtaken_or_is_played_again_ends_no_alarm(profile: str) -> None:
    """Where the device tells the time; where it does not, nobody can know. zigbee2mqtt's parser
    knows by itself."""
    watched = Watched(profile)
    earlier = watched.messages(watched.normal, NOW - HOUR, "1")
    watched.hears(*earlier)
    watched.hears(*watched.messages(watched.abnormal, NOW, "2"))
    late = watched.hears(*earlier)
    tells = any(reading.taken_at != reading.received_at for reading in watched.readings)
    assert tells is (profile in TELLING_THE_TIME)
    if tells:
        assert watched.active
        assert late[-1].quality is Quality.STALE
        assert watched.letters[Reason.OUT_OF_ORDER] or profile == "zigbee2mqtt"


HOSTILE_JSON: st.SearchStrategy[object] = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-(10**30), 10**30)
    | st.text(max_size=20)
    | st.sampled_from(["../#", "\x00", "+", "NaN", "$SYS", "online", "offline", "true"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.data())
@pytest.mark.parametrize("profile", PROFILES_AND_MAPPING)
def test_any_damage_to_what_a_device_says_is_lawful(profile: str, data: st.DataObject) -> None:
    """Readings of its own point, in a state it has or unknown; or a reason."""
    watched = Watched(profile)
    watched.alarms()
    for message in watched.messages(watched.normal, NOW + MINUTE, "2"):
        payload = data.draw(_damaged(message.payload))
        retained = data.draw(st.booleans())
        topic = data.draw(st.sampled_from(watched.topics))
        readings = watched.hears(Message(topic, payload, retained, 1, False))
        for reading in readings:
            _check_lawful(watched, reading, retained)
    assert watched.commands() == []


def _check_lawful(watched: Watched, reading: Reading, retained: bool) -> None:
    assert reading.point == watched.point.id
    assert reading.value in {*watched.point.states, UNKNOWN_STATE, None}
    assert not retained or reading.quality is not Quality.GOOD
    assert abs(reading.taken_at - reading.received_at) <= 7 * DAY


def _damaged(payload: bytes) -> st.SearchStrategy[bytes]:
    cut = st.integers(0, len(payload)).map(lambda n: payload[:n])
    flipped = st.tuples(st.integers(0, max(len(payload) - 1, 0)), st.integers(1, 255)).map(
        lambda how: _flipped(payload, *how)
    )
    return st.one_of(cut, flipped, st.binary(max_size=60), _replaced(payload))


def _flipped(payload: bytes, at: int, bits: int) -> bytes:
    return payload[:at] + bytes(byte ^ bits for byte in payload[at : at + 1]) + payload[at + 1 :]


def _replaced(payload: bytes) -> st.SearchStrategy[bytes]:
    """A value somewhere in its JSON is something else."""
    try:
        said = json.loads(payload)
    except ValueError:
        return HOSTILE_JSON.map(lambda value: json.dumps(value).encode())
    paths = [*_paths(said)]
    put = st.tuples(st.sampled_from(paths), HOSTILE_JSON)
    return put.map(lambda how: json.dumps(_with(said, *how)).encode())


def _paths(said: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    yield path
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _paths(value, (*path, key))


def _with(said: object, path: tuple[object, ...], value: object) -> object:
    if not path:
        return value
    assert isinstance(said, dict)
    return {**said, path[0]: _with(said[path[0]], path[1:], value)}


@pytest.mark.parametrize("profile", PROFILES_AND_MAPPING)
def test_what_is_cut_off_is_never_good_news(profile: str) -> None:
    for number, whole in enumerate(Watched(profile).messages(CONTACT[0])):
        for length in range(len(whole.payload)):
            watched = Watched(profile)
            watched.alarms()
            message = watched.messages(watched.normal, NOW + MINUTE, "2")[number]
            watched.hears(message._replace(payload=message.payload[:length]))
            assert watched.active, f"{length} bytes on {message.topic} ended the alarm"
