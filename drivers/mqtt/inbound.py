"""paho's client, reading in bulk.

paho asks the system for each packet in three pieces and acknowledges each message by itself: more
than half of what a message cost the gateway. Here one call reads as many packets as have arrived,
messages are decoded by `packets`, and their acknowledgements leave in one piece. All else stays
paho's: connecting, TLS, subscribing, the keepalive, every other packet.

This is the one place that reaches into paho's insides: `_sock`, `_sock_recv`, `_packet_queue`,
`_send_pingreq`, `_last_bytes_received` and `_ping_t`. tests/drivers/mqtt/test_inbound.py tells when
a release of paho changes them.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from io import BytesIO
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.mqtt.packets import Message, Packets, pubacks

CHUNK: Final = 64 * 1024
"""Bytes read at once: some 500 messages."""

_PINGRESP: Final = b"\xd0\x00"


class BulkClient(paho.Client):
    """For one connection. Messages go to `message`, not to paho's `on_message`, and are
    acknowledged by `acknowledge` only. Read with `receive`, not with `loop_read`."""

    def __init__(
        self, message: Callable[[Message], None], protocol: MQTTProtocolVersion, **options: Any
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, protocol=protocol, reconnect_on_failure=False, **options
        )
        mqtt5 = protocol is MQTTProtocolVersion.MQTTv5
        self._packets = Packets(mqtt5=mqtt5, message=message, other=self._handle)
        self._handed: BytesIO | None = None
        self.failure: OSError | None = None
        """Why nothing more can be read, which paho does not tell."""
        self.answered = asyncio.Event()
        """Set when the broker has shown, since it was asked last, that it is there."""

    def receive(self) -> bool:
        """Reads what is there, a chunk at most; False when that was nothing. Raises Malformed."""
        if self._sock is None:
            return False
        try:
            chunk = super()._sock_recv(CHUNK)
        except BlockingIOError:
            return False
        except OSError as error:
            self.failure = error
            chunk = b""
        if not chunk:
            self.loop_read()  # meets the end as well, and tells of it by `on_disconnect`
            return False
        self._last_bytes_received = time.monotonic()
        if self._ping_t:  # whoever talks is there, though the answer may wait behind what is said
            self._ping_t = self._last_bytes_received
        self._packets.feed(chunk)
        return True

    def acknowledge(self, mids: Collection[int]) -> None:
        """Sends a PUBACK for each of these packet identifiers, in one piece."""
        if mids:
            self._packet_queue(paho.PUBACK, pubacks(mids), 0, 1)

    def ask(self) -> None:
        """Asks the broker for a sign of life (PINGREQ); `answered` is set when it comes."""
        self.answered.clear()
        self._send_pingreq()

    def _handle(self, packet: bytes) -> None:
        if packet == _PINGRESP:
            self.answered.set()
        self._handed = BytesIO(packet)
        self.loop_read()
        self._handed = None

    def _sock_recv(self, bufsize: int) -> bytes:
        """What paho reads. With commands under way it looks for as many packets as there are of
        them: behind the one it is handed there is nothing, though the socket may hold a message,
        which it would acknowledge itself."""
        if self.failure is not None:
            return b""  # what paho takes for the end
        if self._handed is None:
            return super()._sock_recv(bufsize)
        read = self._handed.read(bufsize)
        if not read:
            raise BlockingIOError
        return read
