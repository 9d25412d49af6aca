"""The driver against a device that is not pymodbus: libmodbus, compiled here."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.modbus.driver import ModbusDriver
from drivers.modbus.line import IllegalAddress, Line
from gateway.errors import Unreachable
from gateway.model.actor import Actor
from gateway.model.clock import SECOND, gateway_clock
from gateway.model.command import Action, Command
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality
from gateway.site.connection_model import Framing, ModbusLine
from gateway.site.modbus_model import (
    ModbusAddress,
    RawWrite,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    Writable,
    Writing,
)
from gateway.site.model import Confirmation, Device
from tests.drivers.modbus.field import (
    NAME,
    SHORT,
    WITHIN_S,
    Collected,
    PassingTime,
    connection,
    device,
    driver_of,
    register,
    running,
    within,
)
from tests.drivers.modbus.real_peers import (
    compiled,
    converter,
    libmodbus_on_line,
    libmodbus_on_tcp,
    serial_pair,
)
from tests.drivers.modbus.serial_peer import serial_line
from tests.servers import Server

HOLDING, INPUT = RegisterTable.HOLDING_REGISTER, RegisterTable.INPUT_REGISTER
COIL = RegisterTable.COIL


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("libmodbus"))


@pytest.fixture
def libmodbus(program: Path, tmp_path: Path) -> Iterator[tuple[Server, int]]:
    with libmodbus_on_tcp(program, tmp_path) as serving:
        yield serving


@pytest.fixture(params=["tcp", "rtu", "rtu over tcp"])
def reached(request: pytest.FixtureRequest, program: Path, tmp_path: Path) -> Iterator[ModbusLine]:
    """The device by each way there is to it."""
    if request.param == "tcp":
        with libmodbus_on_tcp(program, tmp_path) as (_, port):
            yield connection(port)
        return
    with serial_pair(tmp_path) as pair, libmodbus_on_line(program, pair.far, tmp_path):
        if request.param == "rtu":
            yield serial_line(pair.near, WITHIN_S * SECOND)
            return
        with converter(pair.near, tmp_path) as port:
            yield replace(connection(port), framing=Framing.RTU)


def meter() -> Device:
    coils = [register(f"m1/c{n}", n, RegisterTable.COIL, RegisterType.BIT) for n in range(0, 64, 5)]
    inputs = [
        register(f"m1/d{n}", n, RegisterTable.DISCRETE_INPUT, RegisterType.BIT)
        for n in range(0, 64, 7)
    ]
    holding = [register(f"m1/h{n}", n) for n in range(100)]
    wide = [
        register("m1/float", 100, INPUT, RegisterType.FLOAT32),
        register("m1/int", 102, INPUT, RegisterType.INT32),
        register("m1/beyond", 104, INPUT),
    ]
    return device("m1", 1, *coils, *inputs, *holding, *wide)


async def test_libmodbus_is_read_right_in_all_tables(reached: ModbusLine) -> None:
    time, sink = PassingTime(), Collected()
    points = meter().points
    driver = ModbusDriver(reached, [meter()], time, sleep=time.sleep)
    async with running(driver, sink):
        await sink.until(lambda: len(sink.readings) >= 2 * len(points))
    second = sink.readings[len(points) : 2 * len(points)]
    read = {reading.point.removeprefix("m1/"): reading for reading in second}
    assert len(read) == len(points)
    assert read.pop("beyond").quality is Quality.BAD
    assert {reading.quality for reading in read.values()} == {Quality.GOOD}
    assert (read.pop("float").value, read.pop("int").value) == (1.5, -70000.0)
    for name, reading in read.items():
        address = int(name[1:])
        assert reading.value == (1000 + address if name[0] == "h" else address % 3 == 0), name


async def test_libmodbus_obeys_every_way_of_writing(reached: ModbusLine) -> None:
    async with Line(reached) as line:
        await line.write(1, COIL, 1, [1])
        await line.write(1, COIL, 4, [1, 1, 0])
        assert list(await line.read(1, COIL, 0, 8)) == [1, 1, 0, 1, 1, 1, 0, 0]
        await line.write(1, HOLDING, 10, [7])
        await line.write(1, HOLDING, 11, [8, 9])
        await line.write(1, HOLDING, 13, [0x12], function=16)
        await line.mask_write(1, 13, 0xF2, 0x25)
        assert list(await line.read(1, HOLDING, 10, 4)) == [7, 8, 9, 0x17]
        assert list(await line.read_write(1, 20, 2, 21, [42])) == [1020, 42]
        with pytest.raises(IllegalAddress):
            await line.write(1, HOLDING, 104, [1])


async def test_libmodbus_obeys_a_command_and_shows_it(reached: ModbusLine) -> None:
    on_off = {range(1): "off", range(1, 2): "on"}
    run = RegisterPoint(
        Point("m1/run", PointKind.STATE, NAME, states=("off", "on")),
        *(COIL, 1, RegisterType.BIT),
        states=on_off,
    )
    speed = replace(register("m1/speed", 10), scale=0.1)
    ready = replace(run, point=replace(run.point, id="m1/ready"), table=HOLDING, mask=1 << 4)
    ready = replace(ready, address=13)
    key = register("m1/key", 30, kind=RegisterType.UINT32)
    keyed = RawWrite(HOLDING, 30, (35732, 29803))
    orders = (keyed, ("m1/speed", 42.0), ("m1/ready", "on"), ("m1/run", "on"))
    address = ModbusAddress(
        1,
        SECOND,
        (run, speed, ready, key),
        writable=(Writable(run), Writable(speed, 23), Writable(ready)),
        writings=(Writing(Action.START, orders),),
    )
    shows = Confirmation("m1/run", frozenset({"on"}), SECOND)
    pump = replace(device("m1", 1), address=address, commands={Action.START: shows})
    clock, sink = gateway_clock(), Collected()
    driver = ModbusDriver(reached, [pump], clock)
    async with running(driver, sink):
        await sink.until(lambda: bool(sink.calls))
        now = clock()
        who = Actor("li", "operator", "desk-1")
        await driver.send(Command("c", "m1", Action.START, who, "x", now, now + 10 * SECOND))
        await sink.until(lambda: any(each.value == "on" for each in sink.of("m1/run")))
        await sink.until(lambda: any(each.value == 42.0 for each in sink.of("m1/speed")))
        await sink.until(lambda: any(each.value == "on" for each in sink.of("m1/ready")))
        await sink.until(lambda: sink.of("m1/key")[-1].value == 35732 << 16 | 29803)


async def test_a_serial_device_is_read_again_after_it_was_killed(
    program: Path, tmp_path: Path
) -> None:
    time, sink = PassingTime(), Collected()
    with serial_pair(tmp_path) as pair, libmodbus_on_line(program, pair.far, tmp_path) as unit:
        line = serial_line(pair.near, SHORT)
        driver = ModbusDriver(line, [device("m1", 1)], time, sleep=time.sleep)
        async with running(driver, sink):
            await sink.until(lambda: len(sink.good("m1")) >= 1)
            unit.kill()
            before = len(sink.good("m1"))
            unit.start()
            await sink.until(lambda: len(sink.good("m1")) > before + 1)


async def test_polling_resumes_after_the_device_was_killed(libmodbus: tuple[Server, int]) -> None:
    server, port = libmodbus
    time, sink = PassingTime(), Collected()
    driver = driver_of(port, time, device("m1", 1), timeout=SECOND)
    run = asyncio.create_task(driver.run(sink))
    await sink.until(lambda: len(sink.good("m1")) >= 1)
    server.kill()
    with pytest.raises(Unreachable):
        await within(run)
    before = len(sink.good("m1"))
    server.start()
    async with running(driver, sink):
        await sink.until(lambda: len(sink.good("m1")) > before)
