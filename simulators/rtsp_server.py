"""Simulated RTSP cameras: what each sees, served as H.264 over RTP by TCP or UDP."""

import asyncio
import random
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from gateway.errors import BadConfig, Refused
from gateway.model.clock import SECOND, Clock, Micros
from simulators.live_stream import LiveStream, StreamFault, VideoSource
from simulators.rtp_carriers import Endpoint, UdpPair
from simulators.rtsp_connection import Connection
from simulators.rtsp_message import HEAD_LIMIT
from simulators.rtsp_responder import Service

__all__ = ["RtspServer", "StreamFault", "VideoSource"]

_SEND_BUFFER = 256 * 1024
"""Small, so that a slow reader is noticed, and does not watch a minute-old picture."""


class RtspServer:
    """Serves `rtsp://host:port/NAME` for each of `streams`, while entered.

    `port` 0 takes a free one; `port` then says which. `clock` gives the time in pictures and
    packets. `reader_timeout`: how long a client may take nothing of a stream it plays;
    `session_timeout`: how long it may say nothing. `seed` makes identifiers repeatable. Raises
    BadConfig when the port is taken.
    """

    def __init__(
        self,
        host: str,
        port: int,
        streams: Mapping[str, VideoSource],
        clock: Clock,
        frame_rate: int = 10,
        session_timeout: Micros = 60 * SECOND,
        reader_timeout: Micros = 10 * SECOND,
        seed: int = 0,
    ) -> None:
        self.port = port
        self._host = host
        self._streams = {
            name: LiveStream(name, source, frame_rate, clock) for name, source in streams.items()
        }
        self._udp = UdpPair(host, self._rtcp_heard)
        self._service = Service(
            streams=self._streams,
            udp=self._udp,
            clock=clock,
            dice=random.Random(seed),
            session_timeout=session_timeout,
            reader_timeout=reader_timeout,
        )
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._closing = False
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            server = await self._listen(stack)
            for stream in self._streams.values():
                stack.push_async_callback(stream.close)
            stack.push_async_callback(server.wait_closed)
            stack.push_async_callback(self._drop_clients)
            stack.callback(server.close)
            self.port = server.sockets[0].getsockname()[1]
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def url(self, stream: str) -> str:
        """Where the stream is played."""
        return f"rtsp://{self._host}:{self.port}/{stream}"

    def set_fault(self, stream: str, fault: StreamFault) -> None:
        """Make the stream faulty from now on, or sound again. Raises Refused for an unknown one."""
        self._stream(stream).fault = fault

    def is_encoding(self, stream: str) -> bool:
        """Whether the stream is being coded, as it is while somebody watches."""
        return self._stream(stream).running

    def _stream(self, name: str) -> LiveStream:
        if name not in self._streams:
            raise Refused(name, "no such stream", f"there are: {', '.join(self._streams)}")
        return self._streams[name]

    async def _listen(self, stack: AsyncExitStack) -> asyncio.Server:
        try:
            await stack.enter_async_context(self._udp)
            return await asyncio.start_server(self._accept, self._host, self.port, limit=HEAD_LIMIT)
        except OSError as error:
            where = f"{self._host}:{self.port}"
            raise BadConfig(where, f"cannot listen: {error}", "choose another RTSP port") from error

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closing:  # Accepted in the instant of closing.
            writer.transport.abort()
            return
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        connection = Connection(self._service, reader, writer)
        task = asyncio.create_task(connection.serve(), name="RTSP connection")
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)

    def _rtcp_heard(self, source: Endpoint) -> None:
        for connection in self._connections.values():
            connection.rtcp_heard(source)

    async def _drop_clients(self) -> None:
        self._closing = True
        for connection in self._connections.values():
            connection.cut()
        await asyncio.gather(*self._connections)
