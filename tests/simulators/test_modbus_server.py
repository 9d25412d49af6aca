"""The simulated Modbus server, read by Debian's mbpoll."""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.model.clock import HOUR, MILLISECOND, SECOND
from simulators.modbus_faults import Dead, Excepts, Fault, Late, Resets, WrongUnit
from simulators.modbus_server import (
    ModbusSerialServer,
    ModbusServer,
    Tables,
    Unit,
    memory_unit,
    pump_unit,
    tank_unit,
)
from simulators.pump import Pump
from simulators.tank import Tank
from tests.drivers.modbus.real_peers import serial_pair
from tests.servers import HOST, require

START = 1_700_000_000 * SECOND
TANK, PUMP, BITS = 1, 2, 3


def now() -> int:
    return START + 70_000 * HOUR


@pytest.fixture
async def server() -> AsyncIterator[ModbusServer]:
    pump = Pump(rated_current=12.3)
    pump.start(START)
    units = {
        TANK: tank_unit(Tank(START, area=1.0, height=4.0, level=1.25)),
        PUMP: pump_unit(pump),
        BITS: Unit(lambda _: Tables(coils={5: True, 6: False, 7: True}, holding_registers={9: 7})),
    }
    async with ModbusServer(HOST, 0, units, now) as running:
        yield running


async def mbpoll(server: ModbusServer, *arguments: str) -> tuple[int | None, str]:
    """Exit status and what it printed; addresses from 0, asked once, 0.2 s patience."""
    ask = ("-0", "-1", "-m", "tcp", "-o", "0.2", "-p", str(server.port))
    return await printed_by_mbpoll(*ask, *arguments, server.host)


async def printed_by_mbpoll(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        require("mbpoll", "mbpoll"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


async def values(server: ModbusServer, *arguments: str) -> list[float]:
    status, printed = await mbpoll(server, *arguments)
    assert status == 0, printed
    return [float(value) for value in re.findall(r"^\[\d+\]:\s+(\S+)", printed, re.MULTILINE)]


async def test_mbpoll_reads_the_tanks_level(server: ModbusServer) -> None:
    assert await values(server, "-a", "1", "-t", "3:float", "-B", "-r", "0") == [1.25]


async def test_mbpoll_reads_the_pump(server: ModbusServer) -> None:
    assert await values(server, "-a", "2", "-t", "1", "-r", "0", "-c", "2") == [1, 0]
    assert await values(server, "-a", "2", "-t", "3", "-r", "0") == [123]
    assert await values(server, "-a", "2", "-t", "3:int", "-B", "-r", "1") == [70_000]


async def test_mbpoll_reads_coils_and_holding_registers(server: ModbusServer) -> None:
    assert await values(server, "-a", "3", "-t", "0", "-r", "5", "-c", "3") == [1, 0, 1]
    assert await values(server, "-a", "3", "-t", "4", "-r", "9") == [7]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-a", "1", "-t", "3", "-r", "1", "-c", "2"), "Illegal data address"),
        (("-a", "9", "-t", "3", "-r", "0"), "Target device failed to respond"),
        (("-a", "3", "-t", "4", "-r", "9", "--", HOST, "1"), "Illegal function"),
    ],
)
async def test_what_a_unit_has_not_is_an_exception(
    server: ModbusServer, arguments: tuple[str, ...], told: str
) -> None:
    _, printed = await mbpoll(server, *arguments)
    assert told in printed


async def test_faults_are_switched_on_and_off_while_it_runs(server: ModbusServer) -> None:
    ask = ("-a", "1", "-t", "3", "-r", "0")
    unit = server.units[TANK]
    faults: list[tuple[Fault, str]] = [
        (Dead(), "timed out"),
        (Late(by=10 * SECOND), "timed out"),
        (Excepts(6), "Slave device or server is busy"),
        (Resets(), "reset by peer"),
    ]
    for fault, told in faults:
        unit.fault = fault
        _, printed = await mbpoll(server, *ask)
        assert told in printed, fault
        unit.fault = None
        assert len(await values(server, *ask)) == 1, fault


async def test_a_wrong_unit_stands_in_the_frame(server: ModbusServer) -> None:
    server.units[TANK].fault = WrongUnit()
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(struct.pack(">HHHBBHH", 7, 0, 6, TANK, 4, 0, 2))
    assert await reader.readexactly(9) == struct.pack(">HHHBBB", 7, 0, 7, TANK + 1, 4, 4)
    writer.close()
    await writer.wait_closed()


async def test_a_late_answer_comes_late(server: ModbusServer) -> None:
    server.units[TANK].fault = Late(by=50 * MILLISECOND)
    loop = asyncio.get_running_loop()
    asked = loop.time()
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(struct.pack(">HHHBBHH", 7, 0, 6, TANK, 4, 0, 2))
    await reader.readexactly(13)
    assert loop.time() - asked >= 0.05
    writer.close()
    await writer.wait_closed()


async def test_a_taken_port_is_refused_by_name(server: ModbusServer) -> None:
    with pytest.raises(Refused, match=f"{HOST}:{server.port}"):
        async with ModbusServer(HOST, server.port, {}, now):
            pass


async def test_what_mbpoll_writes_is_kept() -> None:
    units = {4: memory_unit(Tables(holding_registers={9: 7, 10: 8}))}
    async with ModbusServer(HOST, 0, units, now) as writable:
        ask = ("-0", "-1", "-m", "tcp", "-p", str(writable.port), "-a", "4", "-t", "4", "-r", "9")
        assert "Written 2 references" in (await printed_by_mbpoll(*ask, HOST, "21", "22"))[1]
        assert await values(writable, "-a", "4", "-t", "4", "-r", "9", "-c", "2") == [21, 22]


async def test_mbpoll_reads_and_writes_over_a_serial_line(tmp_path: Path) -> None:
    units = {4: memory_unit(Tables(coils={0: False}, holding_registers={9: 7}))}
    with serial_pair(tmp_path) as pair:
        async with ModbusSerialServer(pair.far, units, now):
            ask = (
                "-0",
                "-1",
                "-m",
                "rtu",
                "-P",
                "none",
                "-r",
                "9",
                "-o",
                "1",
                "-a",
                "4",
                pair.near,
            )
            assert "[9]: \t7" in (await printed_by_mbpoll(*ask))[1]
            assert "Written 1 references" in (await printed_by_mbpoll(*ask, "21"))[1]
            assert "[9]: \t21" in (await printed_by_mbpoll(*ask))[1]
            absent = (*ask[:-3], "-a", "5", pair.near)
            assert "timed out" in (await printed_by_mbpoll(*absent))[1]
