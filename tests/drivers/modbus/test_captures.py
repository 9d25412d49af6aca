"""Line and simulated units against frames that mbpoll and libmodbus have exchanged."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from drivers.modbus.line import IllegalAddress, Line
from gateway.model.clock import SECOND
from gateway.site.connection_model import Framing, ModbusLine, Tcp
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_server import ModbusServer, Tables, memory_unit
from tests.captures.modbus import Exchange, exchanges
from tests.drivers.modbus.field import HOST, WITHIN_S

TABLES = {
    "0": RegisterTable.COIL,
    "1": RegisterTable.DISCRETE_INPUT,
    "3": RegisterTable.INPUT_REGISTER,
    "4": RegisterTable.HOLDING_REGISTER,
}


def recorded() -> list[object]:
    return [
        pytest.param(Framing(framing), exchange, id=f"{framing} {exchange.asked}")
        for framing in ("rtu", "tcp")
        for exchange in exchanges(framing)
    ]


async def asked_alike(line: Line, exchange: Exchange) -> Sequence[int]:
    """What mbpoll was asked for, asked of the line; what was read, or written."""
    asked, _, written = exchange.asked.partition(" WRITE ")
    words = asked.split()
    table, address = TABLES[words[1]], int(words[3])
    if written:
        await line.write(1, table, address, exchange.values)
        return exchange.values
    return await line.read(1, table, address, int(words[5]))


def is_refusal(exchange: Exchange, framing: Framing) -> bool:
    function = exchange.answer[7 if framing is Framing.TCP else 1]
    return bool(function & 0x80)


@asynccontextmanager
async def answering(exchange: Exchange, framing: Framing) -> AsyncIterator[tuple[Line, bytearray]]:
    """A line whose far end notes what it hears, and says the answer byte by byte."""
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readexactly(len(exchange.request)))
        for byte in exchange.answer:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, HOST) as server:
        transport = Tcp(HOST, server.sockets[0].getsockname()[1])
        async with Line(ModbusLine("plant-room", transport, framing, WITHIN_S * SECOND)) as line:
            yield line, heard


@pytest.mark.parametrize(("framing", "exchange"), recorded())
async def test_the_line_asks_as_mbpoll_does_and_reads_what_mbpoll_read(
    framing: Framing, exchange: Exchange
) -> None:
    async with answering(exchange, framing) as (line, heard):
        if is_refusal(exchange, framing):
            with pytest.raises(IllegalAddress):
                await asked_alike(line, exchange)
        else:
            assert list(await asked_alike(line, exchange)) == list(exchange.values)
    assert heard == exchange.request


@pytest.mark.parametrize(("framing", "exchange"), recorded())
async def test_a_simulated_unit_answers_as_libmodbus_does(
    framing: Framing, exchange: Exchange
) -> None:
    bits = {each: each % 3 == 0 for each in range(64)}
    wide = dict(enumerate((0x3FC0, 0x0000, 0xFFFE, 0xEE90), 100))
    registers = {each: 1000 + each for each in range(100)} | wide
    unit = memory_unit(Tables(bits, bits, registers, registers))
    async with ModbusServer(HOST, 0, {1: unit}, lambda: 0, framing=framing) as server:
        reader, writer = await asyncio.open_connection(HOST, server.port)
        writer.write(exchange.request)
        assert await reader.readexactly(len(exchange.answer)) == exchange.answer
        writer.close()
        await writer.wait_closed()
