"""The driver against a device that is not pymodbus: libmodbus, compiled here."""

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import Unreachable
from gateway.model.clock import SECOND
from gateway.model.reading import Quality
from gateway.site.modbus_model import RegisterTable, RegisterType
from gateway.site.model import Device
from tests.blocking import excused
from tests.drivers.modbus.field import (
    HOST,
    Collected,
    PassingTime,
    device,
    driver_of,
    register,
    running,
    within,
)
from tests.servers import Server, free_port, require

SOURCE = Path(__file__).with_name("libmodbus_server.c")
HOLDING, INPUT = RegisterTable.HOLDING_REGISTER, RegisterTable.INPUT_REGISTER


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("libmodbus") / "libmodbus_server"
    compiler = require("gcc", "gcc")
    if not Path("/usr/include/modbus/modbus.h").exists():
        require("libmodbus headers", "libmodbus-dev")
    with excused():
        subprocess.run([compiler, "-Wall", "-o", built, SOURCE, "-lmodbus"], check=True)
    return built


@pytest.fixture
def libmodbus(program: Path, tmp_path: Path) -> Iterator[tuple[Server, int]]:
    port = free_port()
    server = Server([str(program), str(port)], tmp_path / "log", lambda: takes_clients(port))
    server.start()
    yield server, port
    server.kill()


def takes_clients(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0


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


async def test_libmodbus_is_read_right_in_all_tables(libmodbus: tuple[Server, int]) -> None:
    _, port = libmodbus
    time, sink = PassingTime(), Collected()
    points = meter().points
    async with running(driver_of(port, time, meter()), sink):
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
