"""A wire tap between gateway and broker: what the gateway was given, and what it acknowledged.

It passes every byte on unchanged. Source: OASIS MQTT 5.0, 2.1 (fixed header), 3.3 (PUBLISH), 3.4
(PUBACK); 3.1.1 differs in having no properties.
"""

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from tests.servers import HOST, free_port

_CONNECT: Final = 1
_PUBLISH: Final = 3
_PUBACK: Final = 4
_SUBACK: Final = 9
_VERSION_5: Final = 5

Address = tuple[str, int]
Note = Callable[[int, bytes], None]
"""Takes a packet's first byte and what follows its fixed header."""


class Tap:
    """Listens on `port` and passes on to `broker`. `life()` numbers the broker's lives.

    By message id: `acknowledged` counts the gateway's acknowledgements, `given` the deliveries to
    it; `held_in` is the broker's life of the last one.
    """

    def __init__(self, broker: Address, life: Callable[[], int]) -> None:
        self.port = free_port()
        self.acknowledged: Counter[str] = Counter()
        self.given: Counter[str] = Counter()
        self.held_in: dict[str, int] = {}
        self.arrived: str | None = None
        """The message acknowledged last for the first time."""
        self.given_again = 0
        """Deliveries of what the gateway had acknowledged already."""
        self._broker = broker
        self._life = life
        self._news = threading.Condition()
        self._total = 0
        self._subscribed = 0
        self._newest: Session | None = None
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server((HOST, self.port))
        self._closed = False
        self._accepting = threading.Thread(target=self._accept, name="tap")
        self._accepting.start()

    @property
    def total(self) -> int:
        """How many acknowledgements the gateway has sent."""
        with self._news:
            return self._total

    def wait(self, total: int, within_s: float) -> bool:
        """Whether the gateway has sent so many acknowledgements in time."""
        with self._news:
            return self._news.wait_for(lambda: self._total >= total, within_s)

    def wait_subscribed(self, topics: int, within_s: float) -> bool:
        """Whether the broker has granted so many subscriptions in time: from then on it keeps
        everything for the gateway."""
        with self._news:
            return self._news.wait_for(lambda: self._subscribed >= topics, within_s)

    @property
    def open(self) -> list[str]:
        """What the gateway was given in its newest connection and has not acknowledged."""
        with self._news:
            return [] if self._newest is None else [str(id_) for id_ in self._newest.ids.values()]

    def close(self) -> None:
        """Ends every connection and thread."""
        self._closed = True
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()
        for end in self._sockets:
            _hang_up(end)
        for thread in self._threads:
            thread.join()

    def note_given(self, id_: str, life: int) -> None:
        with self._news:
            self.given[id_] += 1
            self.held_in[id_] = life
            self.given_again += id_ in self.acknowledged

    def note_subscribed(self, topics: int) -> None:
        with self._news:
            self._subscribed += topics
            self._news.notify_all()

    def note_acknowledged(self, id_: str | None) -> None:
        with self._news:
            if id_ is not None:
                self.arrived = self.arrived if id_ in self.acknowledged else id_
                self.acknowledged[id_] += 1
            self._total += 1
            self._news.notify_all()

    def _accept(self) -> None:
        while not self._closed:
            try:
                gateway, _ = self._listening.accept()
            except OSError:
                return
            life = self._life()
            try:
                broker = socket.create_connection(self._broker)
            except OSError:
                gateway.close()  # the broker is down: the gateway must try again
                continue
            self._newest = Session(self, life)
            ends = (gateway, broker, self._newest)
            thread = threading.Thread(target=_pass_on, args=ends, name="tap: connection")
            self._sockets += (gateway, broker)
            self._threads.append(thread)
            thread.start()


class Session:
    """One connection of the gateway: packet identifiers are its own."""

    def __init__(self, tap: Tap, life: int) -> None:
        self._tap = tap
        self._life = life
        self._has_properties = True
        self.ids: dict[int, str | None] = {}
        """By packet identifier; None where the broker gave it twice, and nobody can say what an
        acknowledgement is for."""

    def sent(self, header: int, body: bytes) -> None:
        """A packet of the gateway."""
        if header >> 4 == _CONNECT:
            self._has_properties = body[6] == _VERSION_5
        elif header >> 4 == _PUBACK:
            self._tap.note_acknowledged(self.ids.pop(int.from_bytes(body[:2]), None))

    def given(self, header: int, body: bytes) -> None:
        """A packet of the broker."""
        if header >> 4 == _SUBACK:
            self._tap.note_subscribed(len(body) - self._payload(body, 2))
        if header >> 4 != _PUBLISH or not header & 0b0110:
            return
        topic_ends = 2 + int.from_bytes(body[:2])
        mid = int.from_bytes(body[topic_ends : topic_ends + 2])
        id_ = json.loads(body[self._payload(body, topic_ends + 2) :])["id"]
        self.ids[mid] = None if mid in self.ids else id_
        self._tap.note_given(id_, self._life)

    def _payload(self, body: bytes, at: int) -> int:
        """Where the payload begins: behind the properties, if there are any."""
        if not self._has_properties:
            return at
        length, start = _variable(body, at) or (0, at)
        return start + length


def packets(stream: bytearray) -> Iterator[tuple[int, bytes]]:
    """The whole packets at the beginning of `stream`, which are taken out of it: first byte and
    what follows the fixed header."""
    while len(stream) > 1 and (found := _variable(stream, 1)) is not None:
        length, start = found
        if len(stream) < start + length:
            return
        header, body = stream[0], bytes(stream[start : start + length])
        del stream[: start + length]
        yield header, body


def _variable(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """A variable byte integer (1.5.5) and where it ends; None while it is not all there."""
    value = 0
    for n in range(4):
        if at + n >= len(data):
            return None
        value |= (data[at + n] & 0x7F) << (7 * n)
        if not data[at + n] & 0x80:
            return value, at + n + 1
    raise ValueError("a variable byte integer of more than four bytes: this is not MQTT")


def _pass_on(gateway: socket.socket, broker: socket.socket, session: Session) -> None:
    """Until either end hangs up, or is killed."""
    with gateway, broker:
        back = threading.Thread(
            target=_pump, args=(broker, gateway, session.given), name="tap: back"
        )
        back.start()
        _pump(gateway, broker, session.sent)
        back.join()


def _pump(source: socket.socket, sink: socket.socket, note: Note) -> None:
    waiting = bytearray()
    with suppress(OSError):
        while data := source.recv(65536):
            waiting += data
            for header, body in packets(waiting):
                note(header, body)
            sink.sendall(data)
    for end in (source, sink):
        _hang_up(end)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
