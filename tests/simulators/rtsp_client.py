"""A bare RTSP client that shows what is on the wire, and a way to wait for a condition."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from simulators.rtsp_server import RtspServer

HOST = "127.0.0.1"
TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"
WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def session(self) -> str:
        return self.headers["session"].partition(";")[0]


@dataclass(frozen=True, slots=True)
class Packet:
    """An RTP packet (RFC 3550, 5.1)."""

    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes

    @classmethod
    def parse(cls, data: bytes) -> "Packet":
        first, second, sequence, timestamp, ssrc = struct.unpack(">BBHII", data[:12])
        assert (first, second & 0x7F) == (0x80, 96)
        return cls(bool(second & 0x80), sequence, timestamp, ssrc, data[12:])


class RtspClient:
    """Asks, and takes what comes between the answers."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.url = url
        self._cseq = 0
        self._frames: list[tuple[int, bytes]] = []

    async def ask(self, method: str, url: str = "", **headers: str) -> Answer:
        """`url` is the stream's, unless told otherwise. Checks that CSeq is echoed."""
        self._cseq += 1
        named = {"CSeq": str(self._cseq)} | {k.replace("_", "-"): v for k, v in headers.items()}
        lines = [f"{method} {url or self.url} RTSP/1.0", *(f"{k}: {v}" for k, v in named.items())]
        answer = await self.send("\r\n".join([*lines, "", ""]).encode())
        assert answer.headers["cseq"] == str(self._cseq)
        return answer

    async def send(self, data: bytes) -> Answer:
        """The answer to these very bytes."""
        self.writer.write(data)
        async with asyncio.timeout(WITHIN_S):
            while not isinstance(message := await self._message(), Answer):
                self._frames.append(message)
        return message

    async def play(self, transport: str = TCP) -> Answer:
        """SETUP and PLAY; the answer to PLAY."""
        set_up = await self.ask("SETUP", self.url + "/trackID=0", Transport=transport)
        assert set_up.status == 200
        return await self.ask("PLAY", Session=set_up.session)

    async def frame(self) -> tuple[int, bytes]:
        """The next interleaved frame: channel and content."""
        if self._frames:
            return self._frames.pop(0)
        async with asyncio.timeout(WITHIN_S):
            message = await self._message()
        assert not isinstance(message, Answer)
        return message

    async def packet(self) -> Packet:
        """The next RTP packet."""
        while (frame := await self.frame())[0] != 0:
            pass
        return Packet.parse(frame[1])

    def forget_frames(self) -> int:
        """Drop the frames that came between answers; how many they were."""
        count = len(self._frames)
        self._frames.clear()
        return count

    async def access_unit(self) -> list[Packet]:
        """The packets up to the next marker."""
        packets = [await self.packet()]
        while not packets[-1].marker:
            packets.append(await self.packet())
        return packets

    async def ended(self) -> bool:
        """Waits for the server to close the connection."""
        async with asyncio.timeout(WITHIN_S):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                return True
        return True

    async def _message(self) -> Answer | tuple[int, bytes]:
        first = await self.reader.readexactly(1)
        if first == b"$":
            channel, length = struct.unpack(">BH", await self.reader.readexactly(3))
            return channel, await self.reader.readexactly(length)
        head = (first + await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:])}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split()[1]), headers, body)


@asynccontextmanager
async def connected(server: RtspServer, stream: str = "north") -> AsyncIterator[RtspClient]:
    """A client of that stream."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    try:
        yield RtspClient(reader, writer, server.url(stream))
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)  # The transport closes its socket in the loop's next turn.


async def until(condition: Callable[[], bool]) -> None:
    """Waits for the condition, or fails."""
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.01)
