"""The bytes of a broker as packets, held against what paho itself makes of them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt._packet import decode_publish
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers

from drivers.mqtt.packets import LARGEST_PAYLOAD, Message, Packets, pubacks
from gateway.errors import Malformed

PINGRESP = b"\xd0\x00"


@dataclass
class Heard:
    """What came of a stream, in order."""

    mqtt5: bool = False
    packets: list[Message | bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        append = self.packets.append
        self._packets = Packets(mqtt5=self.mqtt5, message=append, other=append)

    def feed(self, *parts: bytes) -> "Heard":
        for part in parts:
            self._packets.feed(part)
        return self


def fixed_header(first: int, body: bytes) -> bytes:
    length = VariableByteIntegers.encode(len(body))  # type: ignore[no-untyped-call]  # paho's gap
    return b"".join([bytes([first]), length, body])


def publish(
    topic: str, payload: bytes, *, mid: int = 0, flags: int = 0, more: bytes = b""
) -> bytes:
    """`more` goes between packet identifier and payload: MQTT 5 properties with their length."""
    raw = topic.encode()
    identifier = mid.to_bytes(2) if mid else b""
    first = 0x30 | (2 if mid else 0) | flags
    return fixed_header(first, len(raw).to_bytes(2) + raw + identifier + more + payload)


@st.composite
def properties(draw: st.DrawFn) -> bytes:
    told = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's gap
    if draw(st.booleans()):
        told.MessageExpiryInterval = draw(st.integers(0, 2**32 - 1))
    if pairs := draw(st.lists(st.tuples(st.text("ab"), st.text("cd", max_size=99)), max_size=3)):
        told.UserProperty = pairs
    return bytes(told.pack())  # type: ignore[no-untyped-call]


def publishes(more: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.builds(
        publish,
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
        st.binary(max_size=300),
        mid=st.integers(0, 0xFFFF),
        flags=st.sampled_from([0, 1, 8, 9]),
        more=more,
    )


others = st.builds(fixed_header, st.sampled_from([0x20, 0x90, 0xD0, 0xE0]), st.binary(max_size=200))


@st.composite
def split(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    places = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    return [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]


def as_paho_reads(packets: Sequence[bytes], version: MQTTProtocolVersion) -> Iterator[object]:
    for packet in packets:
        if packet[0] & 0xF0 != 0x30:
            yield packet
            continue
        _, size = VariableByteIntegers.decode(packet[1:])  # type: ignore[no-untyped-call]
        said = decode_publish(packet[0], packet[1 + size :], version)
        yield Message(said.topic.decode(), bytes(said.payload), said.retain, said.mid, said.dup)


@given(st.data())
def test_any_split_of_a_stream_gives_what_paho_reads_in_3_1_1(data: st.DataObject) -> None:
    packets = data.draw(st.lists(publishes(st.just(b"")) | others, max_size=8))
    heard = Heard().feed(*data.draw(split(b"".join(packets))))
    assert heard.packets == list(as_paho_reads(packets, MQTTProtocolVersion.MQTTv311))


@given(st.data())
def test_any_split_of_a_stream_gives_what_paho_reads_in_5(data: st.DataObject) -> None:
    packets = data.draw(st.lists(publishes(properties()) | others, max_size=8))
    heard = Heard(mqtt5=True).feed(*data.draw(split(b"".join(packets))))
    assert heard.packets == list(as_paho_reads(packets, MQTTProtocolVersion.MQTTv5))


@given(mqtt5=st.booleans(), parts=st.lists(st.binary()))
def test_no_bytes_whatever_bring_it_down(mqtt5: bool, parts: list[bytes]) -> None:
    heard = Heard(mqtt5)
    with suppress(Malformed):
        heard.feed(*parts)


def test_every_byte_may_come_alone() -> None:
    packets = [publish("a/b", b"x" * 20_000, mid=7), PINGRESP, publish("c", b"", flags=1)]
    heard = Heard().feed(*(bytes([byte]) for byte in b"".join(packets)))
    assert heard.packets == [
        Message("a/b", b"x" * 20_000, False, 7, False),
        PINGRESP,
        Message("c", b"", True, 0, False),
    ]


def test_one_byte_more_than_the_largest_payload_is_kept_of_a_longer_one() -> None:
    (message,) = Heard().feed(publish("a", b"x" * (LARGEST_PAYLOAD + 9))).packets
    assert isinstance(message, Message)
    assert len(message.payload) == LARGEST_PAYLOAD + 1


@pytest.mark.parametrize(
    ("packet", "mqtt5"),
    [
        pytest.param(b"\x30\x02\x00\x05" + PINGRESP * 4, False, id="topic longer than the packet"),
        pytest.param(b"\x30\x01\x00", False, id="no room for a topic"),
        pytest.param(b"\x32\x04\x00\x01a\x00" + PINGRESP, False, id="half a packet identifier"),
        pytest.param(b"\x32\x05\x00\x01a\x00\x00", False, id="packet identifier 0"),
        pytest.param(b"\x34\x05\x00\x01a\x00\x01", False, id="QoS 2, never asked for"),
        pytest.param(b"\x36\x05\x00\x01a\x00\x01", False, id="QoS 3"),
        pytest.param(b"\x30\x02\x00\x00", False, id="empty topic"),
        pytest.param(b"\x30\x04\x00\x02\xff\xfe", False, id="topic that is not UTF-8"),
        pytest.param(b"\x30\x03\x00\x01a", True, id="no properties in MQTT 5"),
        pytest.param(b"\x30\x04\x00\x01a\x09", True, id="properties longer than the packet"),
        pytest.param(b"\x30\x08\x00\x01a\xff\xff\xff\xff\xff", True, id="length without end"),
        pytest.param(b"\xd0\xff\xff\xff\xff\x01", False, id="packet length of five bytes"),
    ],
)
def test_a_malformed_packet_is_told(packet: bytes, mqtt5: bool) -> None:
    with pytest.raises(Malformed):
        Heard(mqtt5).feed(packet)


def test_acknowledgements_are_pubacks_in_a_row() -> None:
    assert pubacks([1, 0xABCD]) == b"\x40\x02\x00\x01\x40\x02\xab\xcd"
