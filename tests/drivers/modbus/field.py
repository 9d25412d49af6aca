"""What the tests of the Modbus driver share: devices, time that passes when waited for, a server
that says whatever a test wants byte by byte, and a sink that can be waited on."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from random import Random

from drivers.modbus.driver import ModbusDriver
from gateway.model.clock import MILLISECOND, SECOND, Micros
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.connection_model import Framing, ModbusLine, Tcp
from gateway.site.modbus_model import ModbusAddress, RegisterPoint, RegisterTable, RegisterType
from gateway.site.model import Device
from simulators.modbus_server import Tables, Unit

HOST = "127.0.0.1"
WITHIN_S = 20
"""How long a test waits for what must come; it comes in milliseconds."""
NAME = Text("Name", "名称")
SHORT: Micros = 200 * MILLISECOND
"""A time-out that tests wait for; answers over loopback come in a hundredth of it."""


def connection(port: int, timeout: Micros = WITHIN_S * SECOND) -> ModbusLine:
    return ModbusLine("plant-room", Tcp(HOST, port), Framing.TCP, timeout)


def register(
    point: str,
    address: int,
    table: RegisterTable = RegisterTable.HOLDING_REGISTER,
    kind: RegisterType = RegisterType.UINT16,
) -> RegisterPoint:
    return RegisterPoint(Point(point, PointKind.NUMBER, NAME), table, address, kind)


def device(name: str, unit: int, *registers: RegisterPoint, period: Micros = SECOND) -> Device:
    address = ModbusAddress(unit, period, registers or (register(f"{name}/value", 0),))
    points = tuple(each.point for each in address.registers)
    return Device(name, "meter", NAME, NAME, "plant-room", address, points)


class PassingTime:
    """A clock that moves only when somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.now: Micros = 1_700_000_000 * SECOND

    def __call__(self) -> Micros:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)
        await asyncio.sleep(0)


class Collected:
    """A sink: keeps the calls, and can be held up."""

    def __init__(self) -> None:
        self.calls: list[Sequence[Reading]] = []
        self.open = asyncio.Event()
        self.open.set()
        self._news = asyncio.Condition()

    async def __call__(self, readings: Sequence[Reading], **_: bool) -> None:
        await self.open.wait()
        async with self._news:
            self.calls.append(readings)
            self._news.notify_all()

    @property
    def readings(self) -> list[Reading]:
        return [reading for call in self.calls for reading in call]

    def of(self, point: str) -> list[Reading]:
        return [reading for reading in self.readings if reading.point == point]

    def good(self, device: str) -> list[Reading]:
        return [
            reading
            for reading in self.readings
            if reading.device == device and reading.quality is Quality.GOOD
        ]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(WITHIN_S), self._news:
            await self._news.wait_for(holds)


@asynccontextmanager
async def running(driver: ModbusDriver, sink: Collected) -> AsyncIterator["asyncio.Task[None]"]:
    """The driver at work, until the block ends; what it raises by itself is raised here."""
    task = asyncio.create_task(driver.run(sink))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    transaction: int
    unit: int
    function: int
    address: int
    count: int

    def answer(
        self,
        data: bytes,
        *,
        transaction: int | None = None,
        unit: int | None = None,
        function: int | None = None,
    ) -> bytes:
        """A frame with `data` behind the function code; anything may be told wrong."""
        return (
            struct.pack(
                ">HHHBB",
                self.transaction if transaction is None else transaction,
                0,
                len(data) + 2,
                self.unit if unit is None else unit,
                self.function if function is None else function,
            )
            + data
        )

    def registers(self, *words: int, **wrong: int) -> bytes:
        return self.answer(struct.pack(f">B{len(words)}H", 2 * len(words), *words), **wrong)

    def exception(self, code: int) -> bytes:
        return self.answer(bytes([code]), function=self.function | 0x80)


@dataclass(slots=True)
class Wire:
    """A raw Modbus server: `say` gives the bytes for a request; None breaks the connection."""

    say: Callable[[Asked], bytes | None]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    pipelined: bool = False
    connections: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client has closed its connection."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError):
            while frame := await reader.read(4096):
                self.pipelined |= len(frame) != 12
                transaction, _, _, unit, function, address, count = struct.unpack(
                    ">HHHBBHH", frame[:12].ljust(12, b"\0")
                )
                self.asked.append(Asked(transaction, unit, function, address, count))
                said = self.say(self.asked[-1])
                if said is None:
                    break
                writer.write(said)
            else:
                self.closed.set()
        writer.transport.abort()


@asynccontextmanager
async def wire(say: Callable[[Asked], bytes | None]) -> AsyncIterator[Wire]:
    served = Wire(say)
    server = await asyncio.start_server(served.serve, HOST)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        yield served


async def within(awaitable: Awaitable[object]) -> None:
    await asyncio.wait_for(awaitable, WITHIN_S)


async def until(holds: Callable[[], bool]) -> None:
    """For what only counts, and tells nobody."""
    async with asyncio.timeout(WITHIN_S):
        while not holds():
            await asyncio.sleep(0)


def steady(values: Mapping[int, int] | None = None) -> Unit:
    """A unit whose holding registers stay as they are."""
    return Unit(lambda _: Tables(holding_registers=values or {0: 42}))


def driver_of(
    port: int,
    time: PassingTime,
    *devices: Device,
    timeout: Micros = 10 * SECOND,
    close_after_cycle: bool = False,
) -> ModbusDriver:
    line = replace(connection(port, timeout), close_after_cycle=close_after_cycle)
    return ModbusDriver(line, devices, time, sleep=time.sleep, random=Random(1))
