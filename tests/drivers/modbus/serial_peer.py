"""The other end of a serial line, byte by byte: what a test does not send is not sent."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from drivers.modbus.line import Line
from gateway.model.clock import MILLISECOND, SECOND, Micros
from gateway.site.connection_model import Framing, ModbusLine, Parity, Serial
from tests.drivers.modbus.field import WITHIN_S

REQUEST_BYTES = 8
"""Of a request that reads, or writes one value, by RTU."""


@dataclass(slots=True)
class Peer:
    """The far end of a pseudo-terminal whose near end is `port`."""

    port: str
    far: int
    _came: bytearray = field(default_factory=bytearray)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, count: int = REQUEST_BYTES) -> bytes:
        """The next so many bytes that were sent."""
        async with asyncio.timeout(WITHIN_S):
            while len(self._came) < count:
                self._news.clear()
                await self._news.wait()
        heard = bytes(self._came[:count])
        del self._came[:count]
        return heard

    @property
    def unheard(self) -> int:
        """How many bytes were sent that nobody has asked for yet."""
        return len(self._came)

    def says(self, *frames: bytes) -> None:
        os.write(self.far, b"".join(frames))

    def unplugs(self) -> None:
        """The far end goes away; its number is kept for what is closed in the end."""
        asyncio.get_running_loop().remove_reader(self.far)
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), self.far)

    def readable(self) -> None:
        self._came += os.read(self.far, 4096)
        self._news.set()


@asynccontextmanager
async def peer_on_line(
    patience: Micros = WITHIN_S * SECOND, framing: Framing = Framing.RTU, baud: int = 19_200
) -> AsyncIterator[tuple[Peer, Line]]:
    far, near = os.openpty()
    tty.setraw(far)
    peer = Peer(os.ttyname(near), far)
    loop = asyncio.get_running_loop()
    loop.add_reader(far, peer.readable)
    try:
        async with Line(serial_line(peer.port, patience, framing, baud)) as line:
            yield peer, line
    finally:
        loop.remove_reader(far)
        os.close(far)
        os.close(near)


def serial_line(
    port: str, patience: Micros, framing: Framing = Framing.RTU, baud: int = 19_200
) -> ModbusLine:
    return ModbusLine("plant-room", Serial(port, baud, Parity.NONE), framing, patience)


def rtu(*message: int) -> bytes:
    """The message, unit first, with its CRC (Modbus over Serial Line V1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return bytes(message) + crc.to_bytes(2, "little")


def ascii_frame(*message: int) -> bytes:
    """The message, unit first, in hexadecimal with its LRC (2.5.2.1)."""
    return b":" + bytes([*message, -sum(message) & 0xFF]).hex().upper().encode() + b"\r\n"


SHORT: Micros = 150 * MILLISECOND
"""A time-out that tests wait for."""
