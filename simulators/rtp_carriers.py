"""The two ways RTP goes to a client: between the RTSP messages, or as UDP datagrams."""

import asyncio
import struct
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from gateway.errors import BadConfig

Endpoint = tuple[str, int]
_TRIES = 64


class InterleavedCarrier:
    """RTP on one channel of the RTSP connection, RTCP on the next (RFC 2326, 10.12)."""

    def __init__(self, transport: asyncio.WriteTransport, channel: int) -> None:
        self._transport = transport
        self._channel = channel

    @property
    def backlog(self) -> int:
        return self._transport.get_write_buffer_size()

    def send_rtp(self, packets: list[bytes]) -> None:
        self._send(self._channel, packets)

    def send_rtcp(self, packet: bytes) -> None:
        self._send(self._channel + 1, [packet])

    def cut(self) -> None:
        self._transport.abort()

    def _send(self, channel: int, packets: list[bytes]) -> None:
        if self._transport.is_closing():
            return
        frames = (struct.pack(">cBH", b"$", channel, len(packet)) + packet for packet in packets)
        self._transport.write(b"".join(frames))


class UdpCarrier:
    """RTP to one port of the client, RTCP to the next. What is not taken is lost: no backlog."""

    backlog = 0

    def __init__(
        self, pair: "UdpPair", host: str, ports: tuple[int, int], connection: asyncio.WriteTransport
    ) -> None:
        self.rtcp_target: Endpoint = (host, ports[1])
        self._pair = pair
        self._rtp_target: Endpoint = (host, ports[0])
        self._connection = connection

    def send_rtp(self, packets: list[bytes]) -> None:
        for packet in packets:
            self._pair.rtp.sendto(packet, self._rtp_target)

    def send_rtcp(self, packet: bytes) -> None:
        self._pair.rtcp.sendto(packet, self.rtcp_target)

    def cut(self) -> None:
        self._connection.abort()


class UdpPair:
    """An even port for RTP and the next one for RTCP (RFC 3550, 11), for all clients.

    `heard` is called with the source of each RTCP packet: a sign that the client lives. Raises
    OSError when the host is not this machine's.
    """

    rtp: asyncio.DatagramTransport
    rtcp: asyncio.DatagramTransport
    ports: tuple[int, int]

    def __init__(self, host: str, heard: Callable[[Endpoint], None]) -> None:
        self._host = host
        self._heard = heard
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for _ in range(_TRIES):
            async with AsyncExitStack() as stack:
                self.rtp, port = await self._bind(stack, 0, lambda _source: None)
                if port % 2:
                    continue
                try:
                    self.rtcp, _ = await self._bind(stack, port + 1, self._heard)
                except OSError:
                    continue  # The neighbour is taken: another pair.
                self.ports = (port, port + 1)
                self._stack = stack.pop_all()
                return self
        raise BadConfig(self._host, f"no free pair of UDP ports after {_TRIES} tries")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def _bind(
        self, stack: AsyncExitStack, port: int, heard: Callable[[Endpoint], None]
    ) -> tuple[asyncio.DatagramTransport, int]:
        transport, listener = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Listener(heard), local_addr=(self._host, port)
        )
        stack.push_async_callback(listener.closed.wait)
        stack.callback(transport.close)
        return transport, transport.get_extra_info("sockname")[1]


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[Endpoint], None]) -> None:
        self.closed = asyncio.Event()
        self._heard = heard

    def datagram_received(self, _data: bytes, source: Endpoint) -> None:
        self._heard((source[0], source[1]))

    def connection_lost(self, _error: Exception | None) -> None:
        self.closed.set()
