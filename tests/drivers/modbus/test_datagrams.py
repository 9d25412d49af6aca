"""Modbus by UDP: each datagram is one answer, and only the unit's own is one."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import pytest
from pymodbus.framer.rtu import FramerRTU

from drivers.modbus.answers import NoAnswer
from drivers.modbus.line import Line
from gateway.model.clock import MILLISECOND, SECOND, Micros
from gateway.site.connection_model import Framing, ModbusLine, Udp
from gateway.site.modbus_model import RegisterTable
from tests.drivers.modbus.field import HOST, WITHIN_S, Asked

HOLDING = RegisterTable.HOLDING_REGISTER
SHORT = 200 * MILLISECOND
Say = Callable[[Asked], Sequence[bytes]]
"""The datagrams for a request."""


@dataclass(slots=True)
class Peer(asyncio.DatagramProtocol):
    """A raw Modbus server by UDP."""

    say: Say
    asked_by: list[tuple[str, int]]
    framing: Framing
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked_by.append(addr)
        transaction, _, _, unit, function, address, count = struct.unpack(
            ">HHHBBHH", data if self.framing is Framing.TCP else bytes(6) + data[:6]
        )
        assert self.transport is not None
        for answer in self.say(Asked(transaction, unit, function, address, count)):
            self.transport.sendto(answer, addr)


@asynccontextmanager
async def reading(
    say: Say,
    patience: Micros = WITHIN_S * SECOND,
    framing: Framing = Framing.TCP,
    asked_by: list[tuple[str, int]] | None = None,
) -> AsyncIterator[Line]:
    """A line to that server."""
    loop = asyncio.get_running_loop()
    came = [] if asked_by is None else asked_by
    transport, _ = await loop.create_datagram_endpoint(lambda: Peer(say, came, framing), (HOST, 0))
    port: int = transport.get_extra_info("sockname")[1]
    try:
        async with Line(ModbusLine("plant", Udp(HOST, port), framing, patience)) as line:
            yield line
    finally:
        transport.close()


async def test_an_answer_that_comes_twice_is_taken_once() -> None:
    async with reading(lambda asked: [asked.registers(asked.address)] * 2) as line:
        for address in range(20):
            assert list(await line.read(1, HOLDING, address, 1)) == [address]


async def test_an_answer_that_was_cut_off_is_not_made_whole_by_the_next_one() -> None:
    def say(asked: Asked) -> Sequence[bytes]:
        return [asked.registers(1, 2, 3)[:11], asked.registers(7, 8, 9)]

    async with reading(say) as line:
        assert list(await line.read(1, HOLDING, 0, 3)) == [7, 8, 9]


async def test_a_frame_that_a_converter_cuts_in_two_is_read() -> None:
    def say(asked: Asked) -> Sequence[bytes]:
        frame = bytes([1, 3, 2, 0, asked.address])
        frame += FramerRTU.compute_CRC(frame).to_bytes(2, "big")
        return [frame[:4], frame[4:]]

    async with reading(say, framing=Framing.RTU) as line:
        assert list(await line.read(1, HOLDING, 5, 1)) == [5]


async def test_what_another_address_sends_is_no_answer() -> None:
    loop = asyncio.get_running_loop()
    stranger, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (HOST, 0))

    def say(asked: Asked) -> Sequence[bytes]:
        stranger.sendto(asked.registers(4711), asked_by[0])
        return []

    asked_by: list[tuple[str, int]] = []
    async with reading(say, SHORT, asked_by=asked_by) as line:
        with pytest.raises(NoAnswer):
            await line.read(1, HOLDING, 0, 1)
    assert asked_by
    stranger.close()


async def test_an_answer_to_an_earlier_request_is_none_to_the_next() -> None:
    kept: list[bytes] = []

    def say(asked: Asked) -> Sequence[bytes]:
        said, kept[:] = list(kept), [asked.registers(asked.address)]
        return said

    async with reading(say, SHORT) as line:
        for address in range(3):
            with pytest.raises(Exception, match=r"answered|no answer"):
                await line.read(1, HOLDING, address, 1)
