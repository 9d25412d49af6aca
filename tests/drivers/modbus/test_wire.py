"""One physical line: its queue, its pauses, who shares it, and how it is reached."""

import asyncio
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from drivers.modbus import answers
from drivers.modbus.driver import ModbusDriver
from drivers.modbus.line import Line, NoAnswer
from drivers.modbus.wire import Wires
from gateway.model.clock import MILLISECOND, SECOND, gateway_clock
from gateway.site.connection_model import Framing, ModbusLine, Tcp, Udp
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_faults import Dead, Late, Noisy, Slow, Swapped, WrongChecksum, WrongLength
from simulators.modbus_server import ModbusSerialServer, ModbusServer
from tests.drivers.modbus.field import (
    HOST,
    SHORT,
    WITHIN_S,
    Asked,
    Collected,
    PassingTime,
    connection,
    device,
    driver_of,
    running,
    steady,
    wire,
    within,
)
from tests.drivers.modbus.real_peers import serial_pair
from tests.drivers.modbus.serial_peer import serial_line

HOLDING = RegisterTable.HOLDING_REGISTER
PATIENT = WITHIN_S * SECOND


async def test_commands_go_before_polls() -> None:
    """Home Assistant 117684: writes waited 20 to 50 s behind polls."""
    order: list[int] = []

    async def read(line: Line, address: int, *, urgent: bool) -> None:
        await line.read(1, HOLDING, address, 1, urgent=urgent)
        order.append(address)

    async with (
        wire(lambda asked: asked.registers(5)) as served,
        Line(connection(served.port)) as line,
        asyncio.TaskGroup() as tasks,
    ):
        for address in range(10):
            tasks.create_task(read(line, address, urgent=False))
        for address in (90, 91):
            tasks.create_task(read(line, address, urgent=True))
    assert order == [0, 90, 91, *range(1, 10)]


async def test_connections_to_one_line_share_its_queue() -> None:
    """ThingsBoard 905: two drivers on one serial port."""
    wires = Wires()
    async with wire(lambda asked: asked.registers(asked.address)) as served:
        first = connection(served.port)
        second = replace(first, id="other-room")
        async with Line(first, wires) as one, Line(second, wires) as other:
            reads = [(one, other)[each % 2].read(1, HOLDING, each, 1) for each in range(20)]
            answers = await asyncio.gather(*reads)
            assert answers == [[each] for each in range(20)]
        assert (served.connections, served.pipelined) == (1, False)
        await within(served.closed.wait())


async def test_two_drivers_on_one_line_ask_one_after_the_other() -> None:
    time, sink = PassingTime(), Collected()
    wires = Wires(time, time.sleep)
    async with wire(lambda asked: asked.registers(asked.unit)) as served:
        first = connection(served.port)
        drivers = [
            ModbusDriver(line, [device(f"m{unit}", unit)], time, sleep=time.sleep, wires=wires)
            for unit, line in ((1, first), (2, replace(first, id="other-room")))
        ]
        async with running(drivers[0], sink), running(drivers[1], sink):
            await sink.until(lambda: min(len(sink.good("m1")), len(sink.good("m2"))) >= 10)
    assert (served.connections, served.pipelined) == (1, False)
    assert {reading.value for reading in sink.good("m2")} == {2}


async def test_each_connection_is_told_of_by_its_own_name() -> None:
    wires = Wires()
    async with wire(lambda asked: asked.exception(4)) as served:
        first = connection(served.port)
        second = replace(first, id="other-room")
        async with Line(first, wires) as _, Line(second, wires) as other:
            with pytest.raises(Exception, match="other-room unit 1"):
                await other.read(1, HOLDING, 0, 1)


async def test_one_connection_that_ends_leaves_the_line_to_the_other() -> None:
    wires = Wires()
    async with wire(lambda asked: asked.registers(5)) as served:
        first = connection(served.port)
        async with Line(first, wires) as stays:
            async with Line(replace(first, id="other-room"), wires) as leaves:
                await leaves.read(1, HOLDING, 0, 1)
            await stays.read(1, HOLDING, 0, 1)
            assert served.connections == 1


async def test_the_line_pauses_after_connecting_and_between_requests() -> None:
    time = PassingTime()
    begun, asked_at = time(), list[int]()

    def say(asked: Asked) -> bytes:
        asked_at.append(time() - begun)
        return asked.registers(5)

    async with wire(say) as served:
        paused = replace(
            connection(served.port),
            pause_after_connect=300 * MILLISECOND,
            pause_between_requests=20 * MILLISECOND,
        )
        async with Line(paused, Wires(time, time.sleep)) as line:
            for _ in range(3):
                await line.read(1, HOLDING, 0, 1)
    assert asked_at == [300 * MILLISECOND, 320 * MILLISECOND, 340 * MILLISECOND]


async def test_a_units_own_pause_holds_up_no_other_unit() -> None:
    time = PassingTime()
    begun, asked_at = time(), list[tuple[int, int]]()

    def say(asked: Asked) -> bytes:
        asked_at.append((asked.unit, time() - begun))
        return asked.registers(5)

    pause = 50 * MILLISECOND
    async with (
        wire(say) as served,
        Line(connection(served.port), Wires(time, time.sleep)) as line,
    ):
        await line.read(1, HOLDING, 0, 1, pause=pause)
        await line.read(2, HOLDING, 0, 1)
        await line.read(1, HOLDING, 0, 1, pause=pause)
    assert asked_at == [(1, 0), (2, 0), (1, pause)]


async def test_a_line_is_closed_after_each_cycle_where_it_is_to_be() -> None:
    time, sink = PassingTime(), Collected()
    async with wire(lambda asked: asked.registers(5)) as served:
        driver = driver_of(served.port, time, device("m1", 1), device("m2", 2))
        async with running(driver, sink):
            await sink.until(lambda: len(sink.readings) >= 6)
        assert served.connections == 1
        closing = driver_of(
            served.port, time, device("m1", 1), device("m2", 2), close_after_cycle=True
        )
        async with running(closing, sink):
            await sink.until(lambda: len(sink.readings) >= 12)
        assert served.connections >= 6


async def test_one_dead_unit_among_twenty_costs_the_others_nothing() -> None:
    """Home Assistant 72495, Telegraf 11782, EdgeX 666."""
    time, sink = PassingTime(), Collected()
    units = {number: steady() for number in range(1, 21)}
    units[7].fault = Dead()
    async with ModbusServer(HOST, 0, units, time) as server:
        driver = driver_of(server.port, time, *(device(f"m{n}", n) for n in units), timeout=SHORT)
        async with running(driver, sink):
            await sink.until(lambda: len(sink.good("m20")) >= 30)
    assert sink.good("m7") == []
    assert units[7].asked <= 7
    assert all(len(sink.good(f"m{n}")) >= 29 for n in units if n != 7)


async def test_leaving_a_silent_unit_alone_costs_the_others_on_the_line_nothing() -> None:
    """Until its late answer can no longer come; the time-out is longer here than the back-off."""
    time, sink, waited = PassingTime(), Collected(), list[float]()
    units = {number: steady() for number in range(1, 4)}
    units[2].fault = Dead()

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        await time.sleep(seconds)

    async with ModbusServer(HOST, 0, units, time, framing=Framing.RTU) as server:
        line = reached(server.port, False, Framing.RTU, SECOND)
        devices = [device(f"m{n}", n) for n in units]
        wires = Wires(time, wait)
        driver = ModbusDriver(line, devices, time, sleep=time.sleep, random=Random(1), wires=wires)
        async with running(driver, sink):
            await sink.until(lambda: len(sink.good("m3")) >= 20)
    assert units[2].asked >= 3
    assert waited == []


async def test_a_unit_that_is_not_on_the_line_is_silent_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    units = {1: steady(), 3: steady()}
    with serial_pair(tmp_path) as pair:
        async with (
            ModbusSerialServer(pair.far, units, gateway_clock()),
            Line(serial_line(pair.near, SHORT)) as line,
        ):
            for unit in (1, 2, 3, 2, 1):
                if unit in units:
                    assert list(await line.read(unit, HOLDING, 0, 1)) == [42]
                    continue
                with pytest.raises(NoAnswer):
                    await line.read(unit, HOLDING, 0, 1)


CARRIED: list[tuple[bool, Framing]] = [
    (False, Framing.TCP),
    (False, Framing.RTU),
    (False, Framing.ASCII),
    (True, Framing.TCP),
    (True, Framing.RTU),
]


@pytest.mark.parametrize(("udp", "framing"), CARRIED)
async def test_every_carrier_and_framing_reads(udp: bool, framing: Framing) -> None:
    async with (
        ModbusServer(HOST, 0, {1: steady()}, gateway_clock(), framing=framing, udp=udp) as server,
        Line(reached(server.port, udp, framing, PATIENT)) as line,
    ):
        for _ in range(3):
            assert list(await line.read(1, HOLDING, 0, 1)) == [42]


@pytest.mark.parametrize(("udp", "framing"), CARRIED)
@pytest.mark.parametrize("fault", [Dead(), Late(SHORT * 3 // 2), WrongChecksum(), Swapped()])
async def test_every_carrier_and_framing_is_in_step_again_after_a_fault(
    udp: bool, framing: Framing, fault: Dead | Late | WrongChecksum | Swapped
) -> None:
    unit = steady({each: each for each in range(100)})
    async with (
        ModbusServer(HOST, 0, {1: unit}, gateway_clock(), framing=framing, udp=udp) as server,
        Line(reached(server.port, udp, framing, SHORT)) as line,
    ):
        unit.fault = fault
        with pytest.raises(NoAnswer):
            await line.read(1, HOLDING, 10, 1)
        unit.fault = None
        for address in range(20, 25):
            assert list(await line.read(1, HOLDING, address, 1)) == [address]


@pytest.mark.parametrize("framing", [Framing.RTU, Framing.ASCII])
async def test_slow_and_noisy_answers_are_read(framing: Framing) -> None:
    unit = steady()
    async with (
        ModbusServer(HOST, 0, {1: unit}, gateway_clock(), framing=framing) as server,
        Line(reached(server.port, False, framing, PATIENT)) as line,
    ):
        for fault in (Slow(MILLISECOND), Noisy()):
            unit.fault = fault
            assert list(await line.read(1, HOLDING, 0, 1)) == [42]


async def test_an_answer_of_the_wrong_length_is_none_and_breaks_nothing_off() -> None:
    unit = steady()
    unit.fault = WrongLength()
    async with (
        ModbusServer(HOST, 0, {1: unit}, gateway_clock(), framing=Framing.RTU) as server,
        Line(reached(server.port, False, Framing.RTU, SHORT)) as line,
    ):
        with pytest.raises(answers.WrongLength):
            await line.read(1, HOLDING, 0, 1)
        unit.fault = None
        assert list(await line.read(1, HOLDING, 0, 1)) == [42]


async def test_a_late_reply_on_the_next_connection_of_a_converter_is_not_taken() -> None:
    """RTU over TCP: a serial gateway may bring it on whatever connection there is."""
    time = PassingTime()
    unit = steady({0: 111, 9: 222})
    async with ModbusServer(HOST, 0, {1: unit}, time, framing=Framing.RTU) as server:
        line = reached(server.port, False, Framing.RTU, SHORT)
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            await time.sleep(seconds)

        async with Line(line, Wires(time, sleep)) as asked:
            unit.fault = Dead()
            with pytest.raises(NoAnswer):
                await asked.read(1, HOLDING, 0, 1)
            unit.fault = None
            assert list(await asked.read(1, HOLDING, 9, 1)) == [222]
    assert slept == [SHORT / SECOND]


async def test_a_late_reply_on_the_next_connection_is_not_taken() -> None:
    """TCP: a serial gateway may bring it on whatever connection there is."""
    asked: list[Asked] = []

    def say(request: Asked) -> bytes:
        asked.append(request)
        if len(asked) == 1:
            return b""
        return asked[0].registers(111) + request.registers(222)

    async with wire(say) as served, Line(connection(served.port, SHORT)) as line:
        with pytest.raises(NoAnswer):
            await line.read(1, HOLDING, 0, 1)
        assert list(await line.read(1, HOLDING, 9, 1)) == [222]


async def test_nobody_listening_by_udp_is_told_at_once() -> None:
    async with ModbusServer(HOST, 0, {}, gateway_clock(), udp=True) as server:
        port = server.port
    async with Line(reached(port, True, Framing.TCP, PATIENT)) as line, asyncio.timeout(5):
        with pytest.raises(NoAnswer, match="broke off"):
            await line.read(1, HOLDING, 0, 1)


def reached(port: int, udp: bool, framing: Framing, timeout: int) -> ModbusLine:
    transport = Udp(HOST, port) if udp else Tcp(HOST, port)
    return ModbusLine("plant-room", transport, framing, timeout)
