"""The driver against simulated units: what faults do to readings, and what they do not."""

import asyncio
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import pytest
import yaml

from gateway.errors import BadConfig, Unreachable
from gateway.model.clock import MILLISECOND, MINUTE, SECOND
from gateway.model.line_figures import UnitState
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality
from gateway.site.modbus_model import (
    ModbusAddress,
    Order,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    Report,
)
from gateway.site.model import CameraAddress, Device
from simulators.modbus_faults import Dead, Excepts, Late, Resets
from simulators.modbus_server import ModbusServer, pump_unit, tank_unit
from simulators.pump import Pump
from simulators.tank import Tank
from tests.drivers.modbus.field import (
    HOST,
    NAME,
    SHORT,
    Collected,
    PassingTime,
    device,
    driver_of,
    register,
    running,
    steady,
    until,
    wire,
    within,
)


async def test_the_demos_tank_and_pump_read_as_their_register_maps_say() -> None:
    time, sink = PassingTime(), Collected()
    pump = Pump(rated_current=12.5, hours=70_000)
    pump.start(time())
    tank = Tank(time(), area=1.0, height=4.0, level=1.25)
    units = {1: tank_unit(tank), 2: pump_unit(pump)}
    devices = [mapped("tank", 1, "demo-tank"), mapped("pump", 2, "demo-pump")]
    async with (
        ModbusServer(HOST, 0, units, time) as server,
        running(driver_of(server.port, time, *devices), sink),
    ):
        await sink.until(lambda: len(sink.readings) >= 7)
    assert {reading.point: reading.value for reading in sink.readings[:7]} == {
        "tank/level": 1.25,
        "pump/run": "running",
        "pump/fault": "ok",
        "pump/current": 12.5,
        "pump/hours": 70_000,
        "pump/run-order": "on",
        "pump/reset-order": "off",
    }


def mapped(name: str, unit: int, profile: str) -> Device:
    """A device with the registers of drivers/kinds/registers/{profile}.yaml."""
    text = (files("drivers") / "kinds" / "registers" / f"{profile}.yaml").read_text()
    return device(
        name,
        unit,
        *(
            RegisterPoint(
                Point(
                    f"{name}/{point}", PointKind.STATE if "states" in at else PointKind.NUMBER, NAME
                ),
                RegisterTable(at["table"]),
                at["address"],
                RegisterType(at["type"]),
                Order(at.get("word_order", "big")),
                at.get("scale", 1.0),
                states={range(raw, raw + 1): state for raw, state in at.get("states", {}).items()},
            )
            for point, at in yaml.safe_load(text)["points"].items()
        ),
    )


@pytest.mark.parametrize("fault", [Dead(), Late(by=MINUTE), Resets()])
async def test_one_dead_unit_does_not_stall_others(fault: Dead | Late | Resets) -> None:
    time, sink = PassingTime(), Collected()
    units = {number: steady() for number in range(1, 6)}
    units[3].fault = fault
    begun = time()
    async with ModbusServer(HOST, 0, units, time) as server:
        driver = driver_of(
            server.port, time, *(device(f"m{n}", n) for n in units), timeout=3 * SHORT
        )
        async with running(driver, sink):
            await sink.until(lambda: len(sink.good("m5")) >= 100)
    assert sink.good("m3") == []
    assert 3 <= units[3].asked <= 9, "1 + 2 + 4 … + 60 s: few probes in 100 s"
    for name in ("m1", "m2", "m4", "m5"):
        polled = [reading.received_at - begun for reading in sink.good(name)]
        periods = [later - earlier for earlier, later in pairwise(polled)]
        assert set(periods) == {SECOND}, f"{name} missed no period"


async def test_a_silent_unit_is_heard_again_within_its_back_off() -> None:
    time, sink = PassingTime(), Collected()
    units = {1: steady(), 2: steady()}
    units[1].fault = Dead()
    async with ModbusServer(HOST, 0, units, time) as server:
        driver = driver_of(server.port, time, device("m1", 1), device("m2", 2), timeout=SHORT)
        async with running(driver, sink):
            await sink.until(lambda: len(sink.good("m2")) >= 200)
            assert sink.good("m1") == []
            units[1].fault = None
            healed = time()
            await sink.until(lambda: len(sink.good("m1")) >= 3)
    first, second, third = (reading.received_at for reading in sink.good("m1")[:3])
    assert first - healed <= MINUTE
    assert third - second == second - first == SECOND


async def test_polling_resumes_after_an_outage() -> None:
    time, sink = PassingTime(), Collected()
    units = {1: steady()}
    async with ModbusServer(HOST, 0, units, time) as server:
        driver = driver_of(server.port, time, device("m1", 1), timeout=SECOND)
        run = asyncio.create_task(driver.run(sink))
        await sink.until(lambda: len(sink.good("m1")) >= 3)
    with pytest.raises(Unreachable, match="plant-room"):
        await within(run)
    with pytest.raises(Unreachable):
        await driver.run(sink)
    before = len(sink.readings)
    async with ModbusServer(HOST, server.port, units, time), running(driver, sink):
        await sink.until(lambda: len(sink.readings) >= before + 3)


async def test_one_request_for_adjacent_registers() -> None:
    time, sink = PassingTime(), Collected()
    async with wire(lambda asked: asked.registers(*range(asked.count))) as served:
        registers = [register(f"m1/r{each}", each) for each in range(20)]
        async with running(driver_of(served.port, time, device("m1", 1, *registers)), sink):
            await sink.until(lambda: len(sink.calls) >= 2)
    assert {(asked.address, asked.count) for asked in served.asked} == {(0, 20)}
    assert [reading.value for reading in sink.calls[0][:20]] == list(range(20))


async def test_devices_on_one_unit_are_read_in_one_request() -> None:
    time, sink = PassingTime(), Collected()
    async with wire(lambda asked: asked.registers(10, 11)) as served:
        devices = [device(name, 1, register(f"{name}/v", n)) for n, name in enumerate("ab")]
        async with running(driver_of(served.port, time, *devices), sink):
            await sink.until(lambda: len(sink.of("b/v")) >= 2)
    assert {(asked.address, asked.count) for asked in served.asked} == {(0, 2)}
    assert (sink.of("a/v")[0].value, sink.of("b/v")[0].value) == (10, 11)


async def test_units_are_staggered() -> None:
    time, sink = PassingTime(), Collected()
    units = {number: steady() for number in range(1, 5)}
    async with ModbusServer(HOST, 0, units, time) as server:
        driver = driver_of(server.port, time, *(device(f"m{n}", n) for n in units))
        async with running(driver, sink):
            await sink.until(lambda: len(sink.readings) >= 8)
    begun = sink.readings[0].received_at
    at = [(reading.device, reading.received_at - begun) for reading in sink.readings[:8]]
    quarter = SECOND // 4
    assert at == [(f"m{each % 4 + 1}", each * quarter) for each in range(8)]


async def test_a_slow_journal_holds_up_no_poll_loses_none_and_keeps_their_order() -> None:
    time, sink = PassingTime(), Collected()
    sink.open.clear()
    unit = steady()
    async with (
        ModbusServer(HOST, 0, {1: unit}, time) as server,
        running(driver_of(server.port, time, device("m1", 1)), sink),
    ):
        await until(lambda: unit.asked >= 20)
        assert sink.calls == []
        for _ in range(5000):  # far more turns of the loop than the polls that may wait need
            await asyncio.sleep(0)
        assert unit.asked < 80, "bounded: polling waits for the journal in the end"
        sink.open.set()
        await sink.until(lambda: len(sink.readings) >= 200)
    taken = [reading.taken_at for reading in sink.readings]
    assert taken == [taken[0] + each * SECOND for each in range(len(taken))]


async def test_what_was_read_before_the_line_was_lost_is_delivered() -> None:
    time, sink = PassingTime(), Collected()
    sink.open.clear()
    unit = steady()
    async with ModbusServer(HOST, 0, {1: unit}, time) as server:
        run = asyncio.create_task(driver_of(server.port, time, device("m1", 1)).run(sink))
        await until(lambda: unit.asked >= 10)
    sink.open.set()
    with pytest.raises(Unreachable):
        await within(run)
    assert len(sink.good("m1")) >= 9


async def test_a_driver_is_named_for_its_connection_and_stops_when_cancelled() -> None:
    time, sink = PassingTime(), Collected()
    async with ModbusServer(HOST, 0, {1: steady()}, time) as server:
        driver = driver_of(server.port, time, device("m1", 1))
        assert driver.name == "plant-room"
        async with running(driver, sink) as task:
            await sink.until(lambda: len(sink.readings) >= 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


def test_what_can_never_be_read_is_bad_configuration() -> None:
    camera = Device("c1", "camera", NAME, NAME, "plant-room", CameraAddress("rtsp://c1"), ())
    torn = register("m1/x", 0, RegisterTable.COIL, RegisterType.FLOAT32)
    for devices in ([], [camera], [device("m1", 1, torn)]):
        with pytest.raises(BadConfig):
            driver_of(502, PassingTime(), *devices)


async def test_a_line_tells_how_its_units_do() -> None:
    time, sink = PassingTime(), Collected()
    units = {1: steady(), 2: steady(), 3: steady({9: 1})}
    units[2].fault = Dead()
    async with ModbusServer(HOST, 0, units, time) as server:
        devices = [device("well", 1), device("dead", 2), device("odd", 3), device("gone", 4)]
        driver = driver_of(server.port, time, *devices, timeout=SHORT)
        assert {unit.state for unit in driver.figures().units} == {UnitState.UNASKED}
        async with running(driver, sink):
            await sink.until(lambda: len(sink.good("well")) >= 3)
            line = driver.figures()
    well, dead, odd, gone = line.units
    assert (well.unit, well.devices, well.state, well.errors) == (
        *(1, ("well",), UnitState.ANSWERING, {}),
    )
    assert well.answered >= 3
    assert well.round_trip_ms is not None
    assert (dead.state, dead.last_error) == (UnitState.SILENT, "no answer within 200 ms")
    assert dead.errors.keys() == {"no-answer"}
    assert odd.state is UnitState.ANSWERING
    assert odd.errors.keys() == {"exception-2"}
    assert gone.state is UnitState.SILENT
    assert gone.errors.keys() == {"exception-11"}
    assert dead.due is not None
    assert dead.due > time() - 60 * SECOND


async def test_points_report_by_exception_and_their_silence_is_told_all_the_same() -> None:
    time, sink = PassingTime(), Collected()
    level = replace(register("t1/level", 0), report=Report(MINUTE, 5.0))
    values = {0: 42}
    unit = steady(values)
    async with (
        ModbusServer(HOST, 0, {1: unit}, time) as server,
        running(driver_of(server.port, time, device("t1", 1, level)), sink),
    ):
        await until(lambda: unit.asked >= 5)
        assert [reading.value for reading in sink.readings] == [42]
        values[0] = 50
        await sink.until(lambda: len(sink.readings) >= 2)
        unit.fault = Excepts(11)
        await sink.until(lambda: len(sink.readings) >= 4)
        unit.fault = None
        await sink.until(lambda: len(sink.readings) >= 5)
    assert [(reading.value, reading.quality) for reading in sink.readings[:5]] == [
        (42, Quality.GOOD),
        (50, Quality.GOOD),
        (50, Quality.STALE),
        (None, Quality.OFFLINE),
        (50, Quality.GOOD),
    ]


async def test_a_lost_line_is_told_of_points_that_report_by_exception() -> None:
    time, sink = PassingTime(), Collected()
    level = replace(register("t1/level", 0), report=Report(MINUTE))
    async with ModbusServer(HOST, 0, {1: steady()}, time) as server:
        driver = driver_of(server.port, time, device("t1", 1, level))
        async with running(driver, sink):
            await sink.until(lambda: len(sink.readings) >= 1)
    for silence in (4, 10):
        time.now += silence * SECOND
        with pytest.raises(Unreachable):
            await driver.run(sink)
    assert [reading.quality for reading in sink.readings] == [
        *(Quality.GOOD, Quality.STALE, Quality.OFFLINE),
    ]


async def test_points_of_one_unit_with_periods_of_their_own_are_read_each_in_its_own() -> None:
    time, sink = PassingTime(), Collected()
    fast = replace(register("m1/fast", 0), period=SECOND)
    slow = replace(register("m1/slow", 1), period=10 * SECOND)
    async with (
        ModbusServer(HOST, 0, {1: steady({0: 1, 1: 2})}, time) as server,
        running(driver_of(server.port, time, device("m1", 1, fast, slow)), sink),
    ):
        await sink.until(lambda: len(sink.of("m1/slow")) >= 4)
    for point, period in (("m1/fast", SECOND), ("m1/slow", 10 * SECOND)):
        at = [reading.received_at for reading in sink.of(point)]
        assert {later - earlier for earlier, later in pairwise(at)} == {period}


async def test_what_is_read_rarely_costs_no_request_where_it_lies_beside_what_is_read_often() -> (
    None
):
    time, sink = PassingTime(), Collected()
    slow = {"m1/slow": 0, "m2/slow": 10}
    often = [replace(register(f"m{n}/fast", 10 * n - 9), period=SECOND) for n in (1, 2)]
    rarely = [replace(register(point, at), period=MINUTE) for point, at in slow.items()]
    async with wire(lambda asked: asked.registers(*range(asked.count))) as served:
        devices = [device(f"m{n}", n, often[n - 1], rarely[n - 1]) for n in (1, 2)]
        async with running(driver_of(served.port, time, *devices), sink):
            await sink.until(lambda: len(sink.of("m2/slow")) >= 4)
    for unit in (1, 2):
        polls = [reading.received_at for reading in sink.of(f"m{unit}/fast")]
        assert {later - earlier for earlier, later in pairwise(polls)} == {SECOND}
        asked = [each.count for each in served.asked if each.unit == unit]
        assert len(asked) <= len(polls) + 1
        assert asked.count(2) in (3, 4, 5)
        assert {reading.received_at for reading in sink.of(f"m{unit}/slow")} <= set(polls)


async def test_a_unit_that_must_rest_between_its_requests_holds_up_no_other() -> None:
    """Nor is the connection closed while it rests."""
    time, sink = PassingTime(), Collected()
    rests = device("slow", 1, *(register(f"slow/{each}", 100 * each) for each in range(5)))
    assert isinstance(rests.address, ModbusAddress)
    address = replace(rests.address, pause=300 * MILLISECOND, period=10 * SECOND)
    rests = replace(rests, address=address)
    quick = device("quick", 2, period=100 * MILLISECOND)
    async with wire(lambda asked: asked.registers(*range(asked.address, 999)[: asked.count])) as at:
        driver = driver_of(at.port, time, rests, quick)
        async with running(driver, sink):
            await sink.until(lambda: len(sink.of("slow/4")) >= 3)
        assert {unit.missed_periods for unit in driver.figures().units} == {0}
        polled = [reading.received_at for reading in sink.good("quick")]
        gaps = {later - earlier for earlier, later in pairwise(polled)}
        assert gaps == {100 * MILLISECOND}
        read = [reading.received_at for reading in sink.good("slow")]
        assert min(later - earlier for earlier, later in pairwise(read)) >= 300 * MILLISECOND
        assert [reading.value for reading in sink.good("slow")[:5]] == [0, 100, 200, 300, 400]
        alone = driver_of(at.port, time, rests, close_after_cycle=True)
        before = at.connections
        async with running(alone, sink):
            await sink.until(lambda: len(sink.of("slow/4")) >= 6)
        assert at.connections - before <= 4, "one connection for each poll of five requests"
