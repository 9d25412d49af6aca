"""An MQTT publisher that costs next to nothing: the devices' side of the benchmarks.

    python -m tests.benchmarks.publisher HOST PORT meters|doors   (totals on stdin, one a line)

Publishes messages 0, 1, 2 … at QoS 1 up to the newest total it was told, as fast as the broker
takes them. When stdin closes it waits for the broker's last acknowledgement and ends. MQTT 3.1.1
by hand (OASIS MQTT 3.1.1, 3.1–3.4): paho would need a processor of its own, and would itself be
what is measured.
"""

import os
import select
import socket
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count, islice
from typing import Self

from tests.benchmarks.estate import CLOSED_DOORS, METERS, door_topic, meter_topic

IN_FLIGHT = 2_000
"""Messages the broker has not acknowledged yet, at most; far fewer than packet identifiers."""
BURST = 50
"""Messages sent with one system call."""
_CONNACK_BYTES = 4
_PUBACK_BYTES = 4


class Publisher:
    """One connection to a broker, for one thread. `with Publisher(host, port) as publisher`."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(connect_packet(f"bench-{os.getpid()}"))
        answer = self._socket.recv(_CONNACK_BYTES, socket.MSG_WAITALL)
        if answer[3:] != b"\0":
            raise ConnectionError(f"the broker answers CONNECT with {answer.hex()}")
        self._socket.setblocking(False)
        self._sent = 0
        self._acknowledgement_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """Readable when acknowledgements have come."""
        return self._socket.fileno()

    @property
    def in_flight(self) -> int:
        """Messages the broker has not acknowledged. Looks for acknowledgements."""
        try:
            while answered := self._socket.recv(65536):
                self._acknowledgement_bytes += len(answered)
        except BlockingIOError:
            return self._sent - self._acknowledgement_bytes // _PUBACK_BYTES
        raise ConnectionError("the broker closed the connection")

    def publish(self, messages: Sequence[tuple[str, bytes]], *, retain: bool = False) -> None:
        """At QoS 1; returns when they are on their way."""
        packets = b"".join(
            publish_packet(topic, payload, identifier % 0xFFFF + 1, retain)
            for identifier, (topic, payload) in enumerate(messages, self._sent)
        )
        self._sent += len(messages)
        self._socket.setblocking(True)
        self._socket.sendall(packets)
        self._socket.setblocking(False)


def state(identifier: int, point: str, value: float | str) -> bytes:
    """A gatehouse-json message, taken now; `identifier` makes it unlike any other."""
    said = f'"{value}"' if isinstance(value, str) else value
    at = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f'{{"id":"{identifier}","at":"{at}","{point}":{said}}}'.encode()


def _level(number: int) -> tuple[str, bytes]:
    return meter_topic(number % METERS), state(number, "level", number)


def _closed(number: int) -> tuple[str, bytes]:
    return door_topic(number % CLOSED_DOORS), state(number, "contact", "closed")


SAID = {"meters": _level, "doors": _closed}
"""What the message of that number is."""


def main() -> None:
    """See the module."""
    host, port = sys.argv[1], int(sys.argv[2])
    said = SAID[sys.argv[3]]
    with Publisher(host, port) as publisher:
        messages = map(said, count())
        told, sent, total = b"", 0, 0
        told_all = False
        while (in_flight := publisher.in_flight) or not told_all:
            burst = min(BURST, total - sent, IN_FLIGHT - in_flight)
            if burst:
                publisher.publish(list(islice(messages, burst)))
                sent += burst
            inputs = [publisher] if told_all else [publisher, sys.stdin]
            if sys.stdin in select.select(inputs, [], [], 0 if burst else None)[0]:
                more = os.read(sys.stdin.fileno(), 65536)
                *lines, told = (told + more).split(b"\n")
                total = int(lines[-1]) if lines else total
                told_all = not more


def connect_packet(client_id: str, will: tuple[str, bytes] | None = None) -> bytes:
    """A new session without keep-alive; `will`: topic and payload, at QoS 1, retained."""
    clean_session, with_will, keep_alive_off = 0x02, 0x2C, b"\0\0"
    flags = clean_session if will is None else clean_session | with_will
    body = b"\0\4MQTT\4" + bytes([flags]) + keep_alive_off + _text(client_id)
    if will is not None:
        body += _text(will[0]) + _text(will[1].decode())
    return b"\x10" + _length(len(body)) + body


def publish_packet(topic: str, payload: bytes, identifier: int, retain: bool) -> bytes:
    """At QoS 1."""
    body = _text(topic) + identifier.to_bytes(2) + payload
    return (b"\x33" if retain else b"\x32") + _length(len(body)) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2) + raw


def _length(size: int) -> bytes:
    """Seven bits a byte, the lowest first (2.2.3); for packets under 16 KiB."""
    return bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])


if __name__ == "__main__":
    main()
