"""A line asked by hand: what is there, and how gently it is looked for."""

import asyncio
from pathlib import Path

import pytest

from drivers.modbus.probe import Unit, read, scan, value_at, write
from drivers.modbus.wire import Wires
from gateway.errors import Refused
from gateway.model.clock import SECOND, gateway_clock
from gateway.site.connection_model import Framing, ModbusLine, Serial
from gateway.site.modbus_model import Order, RegisterTable, RegisterType
from simulators.modbus_faults import Excepts
from simulators.modbus_server import ModbusSerialServer, ModbusServer, Tables, memory_unit
from tests.drivers.modbus.field import HOST, Asked, PassingTime, connection, steady, wire
from tests.drivers.modbus.real_peers import serial_pair
from tests.drivers.modbus.serial_peer import SHORT, peer_on_line, rtu, serial_line

HOLDING = RegisterTable.HOLDING_REGISTER
IDENTITY = bytes.fromhex("0e010100 00 03") + b"\x00\x04ACME\x01\x04P200\x02\x05V2.11"
"""As the example of 6.21 is made: three objects."""


async def test_values_are_read_side_by_side_in_one_request() -> None:
    memory = {0: 0x0000, 1: 0x3FC0, 2: 0x0000, 3: 0xC000}
    unit = steady(memory)
    async with ModbusServer(HOST, 0, {1: unit}, gateway_clock()) as server:
        first = value_at(HOLDING, 0, RegisterType.FLOAT32, word_order=Order.LITTLE)
        found = await read(connection(server.port), 1, first, 2)
    assert [(each.address, each.value) for each in found] == [(0, 1.5), (2, -2.0)]
    assert unit.asked == 1


async def test_a_value_is_written_as_it_lies() -> None:
    unit = memory_unit(Tables(holding_registers={0: 7, 1: 7, 2: 7}))
    async with ModbusServer(HOST, 0, {1: unit}, gateway_clock()) as server:
        place = value_at(HOLDING, 0, RegisterType.FLOAT32)
        await write(connection(server.port), 1, place, 1.5, None)
        byte = value_at(HOLDING, 2, RegisterType.UINT8)
        await write(connection(server.port), 1, byte, 9, None)
    assert unit.tables(0).holding_registers == {0: 0x3FC0, 1: 0, 2: 9}


async def test_what_no_request_brings_and_what_all_units_would_obey_is_refused() -> None:
    with pytest.raises(Refused, match="125"):
        await read(connection(1), 1, value_at(HOLDING, 0, RegisterType.UINT16), 126)
    with pytest.raises(Refused, match="uint16"):
        value_at(HOLDING, 0, RegisterType.BIT)
    bus = ModbusLine("bus", Serial("/dev/null"), Framing.RTU)
    with pytest.raises(Refused, match="all of them"):
        await write(bus, 0, value_at(HOLDING, 0, RegisterType.UINT16), 1, None)


async def test_a_scan_tells_who_is_there_and_what_they_say_of_themselves() -> None:
    def say(asked: Asked) -> bytes:
        if asked.unit == 2:
            return asked.exception(11)  # a gateway speaks for a unit that is not there
        if asked.unit == 3:
            return asked.exception(2 if asked.function == 3 else 1)
        return asked.registers(0x12) if asked.function == 3 else asked.answer(IDENTITY)

    async with wire(say) as served:
        found = [each async for each in scan(connection(served.port), range(1, 4), 0)]
    assert found == [
        Unit(1, "0x0012", ["ACME", "P200", "V2.11"]),
        2,
        Unit(3, "exception 2 (illegal address)", ()),
    ]


async def test_a_scan_asks_no_faster_than_it_may() -> None:
    time = PassingTime()
    unit = steady()
    unit.fault = Excepts(6)
    async with ModbusServer(HOST, 0, dict.fromkeys(range(1, 6), unit), time) as server:
        wires, begun = Wires(time, time.sleep), time()
        asked = [each async for each in scan(connection(server.port), range(1, 6), SECOND, wires)]
    assert len(asked) == 5
    assert time() - begun >= 5 * SECOND


async def test_a_unit_on_a_serial_line_tells_who_made_it() -> None:
    async with peer_on_line() as (peer, line):
        asking = asyncio.create_task(line.identify(1))
        assert await peer.hears(7) == rtu(1, 0x2B, 0x0E, 1, 0)
        peer.says(rtu(1, 0x2B, *IDENTITY)[:9])
        peer.says(rtu(1, 0x2B, *IDENTITY)[9:])
        assert await asking == ["ACME", "P200", "V2.11"]


@pytest.mark.parametrize("framing", [Framing.RTU, Framing.ASCII])
async def test_a_scan_of_a_serial_line_tells_who_made_its_units(
    framing: Framing, tmp_path: Path
) -> None:
    units = {1: steady(), 3: steady()}
    units[3].identity = ("ACME", "P200", "V2.11")
    with serial_pair(tmp_path) as pair:
        line = serial_line(pair.near, SHORT, framing)
        async with ModbusSerialServer(pair.far, units, gateway_clock(), framing=framing):
            found = [each async for each in scan(line, range(1, 4), 0)]
            (value,) = await read(line, 3, value_at(HOLDING, 0, RegisterType.UINT16), 1)
    assert found == [Unit(1, "0x002A", ()), 2, Unit(3, "0x002A", ["ACME", "P200", "V2.11"])]
    assert value.value == 42
