"""The wire between gateway and broker, packet by packet, with faults in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.crash.tap import packets
from tests.servers import Broker

PUBLISH, PUBACK, PINGRESP = 3, 4, 13
"""Control packet types (MQTT 5.0, 2.1.2)."""


@dataclass
class Wire:
    """Passes everything on, except the packet types in `swallows` of what the broker sends, and its
    messages on the topic `hides`."""

    to: Broker
    port: int = 0
    swallows: set[int] = field(default_factory=set)
    hides: str | None = None
    published: list[bytes] = field(default_factory=list)
    """What the gateway published: the packets' bytes behind the fixed header."""
    given: list[bytes] = field(default_factory=list)
    """What was published to the gateway, likewise."""
    connections: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError):
            onward, outward = await asyncio.open_connection(self.to.host, self.to.port)
            self._writers += [writer, outward]
            back = asyncio.create_task(_pass(onward, writer, self._given))
            with suppress(OSError):
                await _pass(reader, outward, self._sent)
            await back
        writer.close()

    def cut(self) -> None:
        """Both ends see the connection end."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    def _sent(self, header: int, body: bytes) -> bool:
        if header >> 4 == PUBLISH:
            self.published.append(body)
        return True

    def _given(self, header: int, body: bytes) -> bool:
        hidden = self.hides is not None and self.hides.encode() in body[: len(self.hides) + 2]
        passes = header >> 4 not in self.swallows and not hidden
        if passes and header >> 4 == PUBLISH:
            self.given.append(body)
        return passes


@asynccontextmanager
async def wire(broker: Broker) -> AsyncIterator[Wire]:
    """Laid to that broker."""
    laid = Wire(broker)
    server = await asyncio.start_server(laid.carry, "127.0.0.1", 0)
    async with server:
        laid.port = server.sockets[0].getsockname()[1]
        yield laid
        laid.cut()


async def _pass(
    source: asyncio.StreamReader,
    sink: asyncio.StreamWriter,
    passes: Callable[[int, bytes], bool],
) -> None:
    waiting = bytearray()
    while data := await source.read(65536):
        waiting += data
        for header, body in packets(waiting):
            if passes(header, body):
                sink.write(_packet(header, body))
        await sink.drain()
    sink.close()


def _packet(header: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while left > 127:
        length.append(left & 127 | 128)
        left >>= 7
    return bytes([header, *length, left]) + body
