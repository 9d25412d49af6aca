"""Five hundred Modbus TCP devices with 30 registers each, polled every second into a journal, and a
hundred connections flat out. The devices are a libmodbus server in a process of its own."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient

from drivers.modbus.driver import ModbusDriver
from gateway.journal.journal import Journal
from gateway.model.clock import MILLISECOND, SECOND, Micros, gateway_clock
from gateway.model.driver import Sink
from gateway.model.reading import Quality, Reading
from gateway.process import garbage_sought_in_new_things_only
from gateway.site.connection_model import Framing, ModbusLine, Tcp
from tests.benchmarks.modbus_meters import meter
from tests.benchmarks.report import Result
from tests.servers import HOST, libmodbus

NAME = "modbus_500x30_missed_periods"
JITTER = "modbus_500x30_jitter_ms_p99"
CORE = "modbus_500x30_core_percent"
RATE = "modbus_polls_per_s_100conn"

UNITS = 500
REGISTERS = 30
PERIOD: Micros = SECOND
WARM_UP_S = 5.0
MEASURED_S = 60.0
BARE_S = 10.0

FLAT_OUT = 100
"""Connections."""
TURNS = 3
TURN_S = 3.0
"""Driver and bare loop take turns: what else the machine does weighs on both."""

_SOURCE = Path(__file__).with_suffix(".c")


async def measure(folder: Path) -> list[Result]:
    """Missed periods, jitter and processor of the 500; the rate of the 100."""
    with libmodbus(_SOURCE, folder) as port:
        return [*await _every_second(folder, port), await _flat_out(port)]


async def _every_second(folder: Path, port: int) -> list[Result]:
    async with Journal(folder / "journal.db") as journal:
        come = _Intervals(journal)
        drivers = [_driver(port, unit, PERIOD) for unit in range(UNITS)]
        with garbage_sought_in_new_things_only():
            async with _running(drivers, come):
                await asyncio.sleep(WARM_UP_S)
                missed, used = _missed(drivers), time.process_time()
                come.lengths.clear()
                await asyncio.sleep(MEASURED_S)
                missed, used = _missed(drivers) - missed, time.process_time() - used
    polls = len(come.lengths)
    if polls < 0.9 * UNITS * MEASURED_S * SECOND / PERIOD:
        raise AssertionError(f"only {polls} polls were answered")
    share = used / MEASURED_S
    bare = await _bare_share(port)
    return [
        Result(NAME, missed, "periods", missed / polls, f"{polls:,} polls"),
        _jitter(come.lengths),
        Result(
            CORE,
            100 * share,
            "%",
            share / bare,
            f"pymodbus alone at the same pace, {100 * bare:.0f} %",
        ),
    ]


def _jitter(lengths: Sequence[Micros]) -> Result:
    off = sorted(abs(length - PERIOD) for length in lengths)
    p99 = off[math.ceil(0.99 * len(off)) - 1] / MILLISECOND
    median = off[len(off) // 2] / MILLISECOND
    told = f"their median, {median:.1f} ms"
    return Result(JITTER, p99, "ms", p99 / median, told)


class _Intervals:
    """A sink that journals, and keeps how long after one answer of a unit the next one came."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._last: dict[str, Micros] = {}
        self.lengths: list[Micros] = []

    async def __call__(self, readings: Sequence[Reading], /) -> None:
        for reading in readings:
            if reading.point.endswith("/0") and reading.quality is Quality.GOOD:
                last = self._last.get(reading.point)
                if last is not None:
                    self.lengths.append(reading.received_at - last)
                self._last[reading.point] = reading.received_at
        await self._journal.append(readings)


async def _flat_out(port: int) -> Result:
    driven = bare = 0.0
    with garbage_sought_in_new_things_only():
        for _ in range(TURNS):
            bare += await _polled_bare(port) / TURNS
            driven += await _polled(port) / TURNS
    told = f"pymodbus alone, {bare:,.0f} polls/s"
    return Result(RATE, driven, "polls/s", driven / bare, told)


async def _polled(port: int) -> float:
    counts: defaultdict[str, int] = defaultdict(int)

    async def sink(readings: Sequence[Reading], /) -> None:
        for reading in readings:
            if reading.quality is Quality.GOOD:
                counts[reading.device] += 1

    begun = time.monotonic()
    async with _running([_driver(port, unit, 1) for unit in range(FLAT_OUT)], sink):
        await asyncio.sleep(TURN_S)
        took = time.monotonic() - begun
    if len(counts) < FLAT_OUT:
        raise AssertionError(f"only {len(counts)} of {FLAT_OUT} answered")
    return sum(counts.values()) / REGISTERS / took


async def _polled_bare(port: int) -> float:
    """It ends by the clock: pymodbus loses a cancellation that meets an answer."""

    async def poll(client: AsyncModbusTcpClient) -> int:
        polls = 0
        while time.monotonic() < begun + TURN_S:
            await _read(client)
            polls += 1
        return polls

    async with _clients(port, FLAT_OUT) as clients:
        begun = time.monotonic()
        polls = sum(await asyncio.gather(*(poll(client) for client in clients)))
        return polls / (time.monotonic() - begun)


async def _bare_share(port: int) -> float:
    """Of a core, for pymodbus alone to read what the 500 are asked for, at the same pace."""

    async def poll(number: int, client: AsyncModbusTcpClient) -> None:
        due = begun + number / UNITS
        while due < begun + BARE_S:
            await asyncio.sleep(due - time.monotonic())
            await _read(client)
            due += PERIOD / SECOND

    async with _clients(port, UNITS) as clients:
        begun, used = time.monotonic(), time.process_time()
        await asyncio.gather(*(poll(*each) for each in enumerate(clients)))
        return (time.process_time() - used) / (time.monotonic() - begun)


async def _read(client: AsyncModbusTcpClient) -> None:
    answer = await client.read_holding_registers(0, count=REGISTERS, device_id=1)
    if len(answer.registers) != REGISTERS:
        raise AssertionError(f"pymodbus read {answer}")


@asynccontextmanager
async def _clients(port: int, count: int) -> AsyncIterator[list[AsyncModbusTcpClient]]:
    async with AsyncExitStack() as open_:
        clients = [AsyncModbusTcpClient(HOST, port=port) for _ in range(count)]
        for client in clients:
            open_.callback(client.close)
            await client.connect()
        yield clients


@asynccontextmanager
async def _running(drivers: Sequence[ModbusDriver], sink: Sink) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(driver.run(sink)) for driver in drivers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


def _driver(port: int, number: int, period: Micros) -> ModbusDriver:
    """A device of its own on a connection of its own."""
    connection = ModbusLine(f"line-{number}", Tcp(HOST, port), Framing.TCP, SECOND)
    device = meter(connection.id, 1, REGISTERS, period=period, id_=f"meter-{number}")
    return ModbusDriver(connection, [device], gateway_clock())


def _missed(drivers: Sequence[ModbusDriver]) -> int:
    return sum(unit.missed_periods for each in drivers for unit in each.figures().units)
