"""How many Modbus points a second the driver reads and decodes, one connection, flat out."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient

from drivers.modbus.driver import ModbusDriver
from gateway.model.clock import gateway_clock
from gateway.model.reading import Quality, Reading
from gateway.site.connection_model import Framing, ModbusLine, Tcp
from tests.benchmarks.modbus_meters import meter
from tests.benchmarks.report import Result
from tests.servers import HOST, libmodbus

NAME = "modbus_points_per_s"

REGISTERS = 100
"""In one request; each is a point."""
TURNS = 3
TURN_SECONDS = 2.0
"""Driver and bare loop take turns: what else the machine does weighs on both."""

_SOURCE = Path(__file__).parents[1] / "drivers" / "modbus" / "libmodbus_server.c"


async def measure(folder: Path) -> list[Result]:
    """The driver's rate and its ratio to pymodbus alone, which reads and decodes nothing."""
    with libmodbus(_SOURCE, folder) as port:
        driven = bare = 0.0
        for _ in range(TURNS):
            bare += await _read_bare(port) / TURNS
            driven += await _read_by_driver(port) / TURNS
    told = f"pymodbus alone, {bare:,.0f} registers/s"
    return [Result(NAME, driven, "points/s", driven / bare, told)]


async def _read_bare(port: int) -> float:
    with closing(AsyncModbusTcpClient(HOST, port=port)) as client:
        await client.connect()
        polls = 0
        started = time.monotonic()
        while (took := time.monotonic() - started) < TURN_SECONDS:
            answer = await client.read_holding_registers(0, count=REGISTERS, device_id=1)
            if len(answer.registers) != REGISTERS:
                raise AssertionError(f"pymodbus read {answer}")
            polls += 1
        return polls * REGISTERS / took


async def _read_by_driver(port: int) -> float:
    good = 0

    async def sink(readings: Sequence[Reading], **_: bool) -> None:
        nonlocal good
        good += sum(reading.quality is Quality.GOOD for reading in readings)

    connection = ModbusLine("line", Tcp(HOST, port), Framing.TCP)
    driver = ModbusDriver(connection, [meter("line", 1, REGISTERS, period=1)], gateway_clock())
    started = time.monotonic()
    with suppress(TimeoutError):
        await asyncio.wait_for(driver.run(sink), TURN_SECONDS)
    return good / (time.monotonic() - started)
