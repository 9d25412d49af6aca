"""What a dead unit costs the others on a slow serial line."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from drivers.modbus.driver import ModbusDriver
from gateway.child import Child
from gateway.model.clock import MILLISECOND, gateway_clock
from gateway.model.reading import Quality, Reading
from gateway.site.connection_model import Framing, ModbusLine, Parity, Serial
from tests.benchmarks.modbus_meters import meter
from tests.benchmarks.report import Result
from tests.benchmarks.rtu_line import REGISTERS, UNITS

NAME = "rtu_dead_unit_poll_share"

BAUD = 9600
TIMEOUT = 500 * MILLISECOND
MEASURED_S = 60.0
"""From the first poll on: the dead unit is probed most often in the beginning."""


async def measure(folder: Path) -> list[Result]:
    """The polls of a minute with one unit of 16 dead, as a share of those with all alive. Both run
    in the same minute, each on a line of its own."""
    alive, with_dead = await asyncio.gather(
        _polls(folder / "alive.log"), _polls(folder / "dead.log", dead=UNITS // 2)
    )
    told = f"all {UNITS} alive, {alive:.0f} polls in {MEASURED_S:.0f} s"
    return [Result(NAME, 100 * with_dead / alive, "%", with_dead / alive, told)]


async def _polls(log: Path, dead: int | None = None) -> float:
    polled: set[str] = set()
    good = 0

    async def sink(readings: Sequence[Reading], /) -> None:
        nonlocal good
        for reading in readings:
            if reading.quality is Quality.GOOD:
                good += 1
                polled.add(reading.device)

    module = [sys.executable, "-m", "tests.benchmarks.rtu_line", str(BAUD)]
    command = [*module, *([] if dead is None else [str(dead)])]
    async with Child("serial line", command, log, lines=True) as line:
        # A pseudo-terminal takes no parity; two stop bits make up for it.
        port = Serial((await line.read_line()).strip(), BAUD, Parity.NONE, stop_bits=2)
        connection = ModbusLine("bus", port, Framing.RTU, TIMEOUT)
        meters = [meter("bus", unit, REGISTERS, period=1) for unit in range(1, UNITS + 1)]
        driver = asyncio.create_task(ModbusDriver(connection, meters, gateway_clock()).run(sink))
        await asyncio.sleep(MEASURED_S)
        driver.cancel()
        with suppress(asyncio.CancelledError):
            await driver
    if len(polled) != UNITS - (dead is not None):
        raise AssertionError(f"only {sorted(polled)} answered")
    return good / REGISTERS
