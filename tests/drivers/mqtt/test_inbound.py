"""paho's client reading in bulk, and the insides of paho this leans on."""

import inspect
import socket
from collections.abc import Iterator
from contextlib import closing

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.mqtt import inbound
from drivers.mqtt.inbound import CHUNK, BulkClient
from drivers.mqtt.packets import Message
from gateway.errors import Malformed

PINGREQ, PINGRESP = b"\xc0\x00", b"\xd0\x00"
SUBACK = b"\x90\x03\x00\x01\x01"
PUBLISH = b"\x32\x07\x00\x01a\x00\x07up"
PUBACK_OF_PUBLISH = b"\x40\x02\x00\x07"
PUBACK = b"\x40\x02\x00\x01"


class Ends:
    """A client that believes to be connected, and the broker's end of its connection."""

    def __init__(self, ours: socket.socket, brokers: socket.socket) -> None:
        self.messages: list[Message] = []
        self.client = BulkClient(self.messages.append, MQTTProtocolVersion.MQTTv311, client_id="c")
        self.client.on_socket_register_write = lambda *_: None  # as with an event loop
        ours.setblocking(False)
        self.client._sock = ours
        self.broker = brokers
        self.broker.settimeout(5)

    def drain(self) -> None:
        while self.client.receive():
            pass


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, brokers = socket.socketpair()
    with closing(ours), closing(brokers):
        yield Ends(ours, brokers)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("_sock_recv", ["self", "bufsize"]),
        ("_send_pingreq", ["self"]),
        ("_packet_queue", ["self", "command", "packet", "mid", "qos", "info"]),
    ],
)
def test_paho_still_has_the_methods_reached_into(name: str, arguments: list[str]) -> None:
    method = getattr(paho.Client, name, None)
    found = None if method is None else list(inspect.signature(method).parameters)
    assert found == arguments, f"this release of paho has changed {name}: mend drivers/mqtt/inbound"


def test_paho_still_keeps_the_times_reached_into() -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    for name in ("_sock", "_last_bytes_received", "_ping_t"):
        assert hasattr(client, name), (
            f"this release of paho has no {name}: mend drivers/mqtt/inbound"
        )


def test_messages_and_pahos_packets_come_from_one_chunk(ends: Ends) -> None:
    subscribed: list[int] = []
    ends.client.on_subscribe = lambda _c, _u, mid, _r, _p: subscribed.append(mid)
    ends.broker.sendall(PUBLISH + SUBACK + PUBLISH)
    assert ends.client.receive()
    assert not ends.client.receive(), "nothing more is there"
    assert [m.payload for m in ends.messages] == [b"up", b"up"]
    assert subscribed == [1]


def test_paho_never_reads_on_behind_the_packet_it_is_handed(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With commands under way it looks for as many packets: a message that it read itself it would
    acknowledge, and nobody would have it."""
    monkeypatch.setattr(inbound, "CHUNK", len(PUBACK))
    commands = [ends.client.publish("command", b"open", 1) for _ in range(3)]
    ends.broker.sendall(PUBACK + PUBLISH + PUBLISH)
    ends.drain()
    assert commands[0].is_published()
    assert [m.payload for m in ends.messages] == [b"up", b"up"]
    ends.client.loop_write()
    assert PUBACK_OF_PUBLISH not in ends.broker.recv(CHUNK)


def test_a_message_longer_than_a_chunk_comes_whole(ends: Ends) -> None:
    size = 2 * CHUNK
    ends.broker.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * CHUNK)
    length = bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
    ends.broker.sendall(b"\x30" + length + b"\x00\x01a" + b"x" * (size - 3))
    ends.drain()
    assert [len(m.payload) for m in ends.messages] == [CHUNK + 1]


def test_acknowledgements_leave_in_one_piece(ends: Ends) -> None:
    ends.client.acknowledge([7, 8])
    ends.client.loop_write()
    assert ends.broker.recv(100) == b"\x40\x02\x00\x07\x40\x02\x00\x08"


def test_nothing_to_acknowledge_sends_nothing(ends: Ends) -> None:
    ends.client.acknowledge([])
    assert not ends.client.want_write()


def test_acknowledgements_a_slow_broker_takes_in_parts_arrive_whole(ends: Ends) -> None:
    socket_of_client = ends.client.socket()
    assert isinstance(socket_of_client, socket.socket)
    socket_of_client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    ends.client.acknowledge(range(1, 0xFFFF))
    ends.client.acknowledge([0xFFFF])
    ends.client.loop_write()
    assert ends.client.want_write(), "too much for the system to take at once"
    arrived = b""
    while len(arrived) < 4 * 0xFFFF:
        arrived += ends.broker.recv(CHUNK)
        ends.client.loop_write()
    assert arrived == b"".join(b"\x40\x02" + mid.to_bytes(2) for mid in range(1, 0x10000))
    assert not ends.client.want_write()


def test_messages_are_a_sign_of_life_to_pahos_keepalive(ends: Ends) -> None:
    ends.client._last_bytes_received = 0
    ends.broker.sendall(PUBLISH)
    ends.drain()
    assert ends.client._last_bytes_received > 0


def test_a_ping_may_be_answered_late_while_messages_come(ends: Ends) -> None:
    """Under MQTT 3.1.1 the answer waits behind all that the broker has kept for the gateway."""
    ends.client._ping_t = long_ago = 1.0
    ends.broker.sendall(PUBLISH)
    ends.drain()
    assert ends.client._ping_t > long_ago


def test_pahos_ping_is_answered_in_the_midst_of_messages(ends: Ends) -> None:
    ends.client._send_pingreq()
    ends.client.loop_write()
    assert ends.broker.recv(100) == PINGREQ
    ends.broker.sendall(PUBLISH + PINGRESP + PUBLISH)
    ends.drain()
    assert ends.client._ping_t == 0, "no longer waits for the answer"


def test_the_end_of_the_connection_is_told_by_paho(ends: Ends) -> None:
    told: list[str] = []
    ends.client.on_disconnect = lambda _c, _u, _f, reason, _p: told.append(str(reason))
    ends.broker.sendall(PUBLISH)
    ends.broker.shutdown(socket.SHUT_WR)
    ends.drain()
    assert (len(ends.messages), len(told)) == (1, 1)
    assert ends.client.socket() is None
    assert not ends.client.receive(), "and says no more"


def test_a_connection_that_breaks_is_told_by_paho_and_keeps_the_systems_words(ends: Ends) -> None:
    told: list[str] = []
    ends.client.on_disconnect = lambda _c, _u, _f, reason, _p: told.append(str(reason))
    broken = ends.client.socket()
    assert isinstance(broken, socket.socket)
    broken.close()
    assert not ends.client.receive()
    assert (len(told), ends.client.socket()) == (1, None)
    assert isinstance(ends.client.failure, OSError)


def test_what_is_not_mqtt_is_malformed(ends: Ends) -> None:
    ends.broker.sendall(b"\x30\x02\x00\x05")
    with pytest.raises(Malformed):
        ends.client.receive()
