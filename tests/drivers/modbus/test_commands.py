"""Commands: what is written, once, before all polls, and what is read behind it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from drivers.modbus.commands import LETTING_GO
from drivers.modbus.driver import ModbusDriver
from gateway.errors import Refused, Unanswered, Unreachable
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, MILLISECOND, SECOND, Clock, Micros, gateway_clock
from gateway.model.command import LASTS_AT_MOST, Action, Command
from gateway.model.driver import Commander
from gateway.model.point import Point, PointKind
from gateway.site.modbus_model import (
    ModbusAddress,
    Order,
    RawWrite,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    Report,
    Writable,
    Writing,
)
from gateway.site.model import Confirmation, Device
from simulators.modbus_faults import Excepts, Fault, Late, Mute, Resets
from simulators.modbus_server import ModbusServer, NotTaken, Tables, Unit, memory_unit
from tests.drivers.modbus.field import (
    HOST,
    NAME,
    SHORT,
    Asked,
    Collected,
    PassingTime,
    connection,
    device,
    driver_of,
    register,
    running,
    until,
    wire,
)

COIL, HOLDING = RegisterTable.COIL, RegisterTable.HOLDING_REGISTER
RUN = RegisterPoint(
    Point("pump/run", PointKind.STATE, NAME, states=("off", "on")),
    COIL,
    0,
    RegisterType.BIT,
    states={range(1): "off", range(1, 2): "on"},
)
SPEED = replace(register("pump/speed", 10), scale=0.5)
FLOW = replace(register("pump/flow", 11, kind=RegisterType.FLOAT32), word_order=Order.LITTLE)
MODE = RegisterPoint(
    Point("pump/mode", PointKind.STATE, NAME, states=("hand", "auto")),
    HOLDING,
    13,
    RegisterType.UINT16,
    states={range(2, 3): "hand", range(3, 4): "auto"},
    mask=0x0F00,
)


def pump(*writable: Writable, writes: Sequence[tuple[str, float | str]] = ()) -> Device:
    registers = tuple(each.register for each in writable)
    address = ModbusAddress(
        1, HOUR, registers, writable=writable, writings=(Writing(Action.START, tuple(writes)),)
    )
    shows = Confirmation("pump/run", frozenset({"on"}), SECOND)
    points = tuple(each.point for each in registers)
    commands = {Action.START: shows, Action.SET: Confirmation("", frozenset(), SECOND)}
    return Device("pump", "pump", NAME, NAME, "plant-room", address, points, commands=commands)


PUMP = pump(
    *map(Writable, (RUN, SPEED, FLOW, MODE)), writes=[("pump/speed", 25.0), ("pump/run", "on")]
)


CONTROL = RawWrite(HOLDING, 4104, (35732, 29803))
RESET = RawWrite(COIL, 5, (1,)), RawWrite(COIL, 5, (0,))
AFTER: Micros = 500 * MILLISECOND
KEYED = replace(
    PUMP,
    address=ModbusAddress(
        1,
        HOUR,
        (RUN,),
        writings=(
            Writing(Action.START, (CONTROL,)),
            Writing(Action.RESET, RESET[:1], RESET[1:], AFTER),
        ),
    ),
    commands={
        Action.START: Confirmation("pump/run", frozenset({"on"}), SECOND),
        Action.RESET: Confirmation("pump/run", frozenset({"off"}), SECOND),
    },
)
"""What is written to it is no point."""


def order(action: Action, clock: Clock, **told: object) -> Command:
    who, now = Actor("li", "operator", "desk-1"), clock()
    return Command("c-1", "pump", action, who, "night fill", now, now + LASTS_AT_MOST, told)


def lasting(time: Micros, command: Command) -> Command:
    return replace(command, expires_at=command.asked_at + time)


class Memory:
    """A unit that keeps what is written, and notes each time."""

    def __init__(self) -> None:
        self.written: list[tuple[int, list[int]]] = []
        self.unit = memory_unit(
            Tables(
                coils={0: False},
                holding_registers={10: 0, 11: 0, 12: 0, 13: 0xA2A5},
            )
        )
        keeps = self.unit.write
        assert keeps is not None

        def write(now: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
            self.written.append((address, list(values)))
            keeps(now, table, address, values)

        self.unit.write = write

    @property
    def registers(self) -> list[int]:
        return [self.unit.tables(0).holding_registers[each] for each in (10, 11, 12, 13)]


def resting(port: int, time: PassingTime, device: Device) -> ModbusDriver:
    """Its sleeps of an hour last until a command breaks them off; shorter ones pass at once."""

    async def sleep(seconds: float) -> None:
        if seconds > 60:
            await asyncio.Event().wait()
        await time.sleep(seconds)

    return ModbusDriver(connection(port), [device], time, sleep=sleep)


def test_the_driver_is_one_that_takes_commands() -> None:
    assert isinstance(driver_of(502, PassingTime(), PUMP), Commander)


async def done(device: Device, action: Action, **parameters: object) -> Memory:
    """What became of it, at a unit without faults."""
    time, memory, sink = PassingTime(), Memory(), Collected()
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        driver = resting(server.port, time, device)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            await driver.send(order(action, time, **parameters))
    return memory


async def test_a_command_writes_its_values_the_first_first() -> None:
    memory = await done(PUMP, Action.START)
    assert memory.written == [(10, [50]), (0, [1])]


@pytest.mark.parametrize(
    ("writable", "value", "registers"),
    [
        (Writable(SPEED), 20.0, [40, 0, 0, 0xA2A5]),
        (Writable(SPEED, 16), 20.0, [40, 0, 0, 0xA2A5]),
        (Writable(SPEED, 23), 20.0, [40, 0, 0, 0xA2A5]),
        (Writable(FLOW), 1.0, [0, 0, 0x3F80, 0xA2A5]),
        (Writable(FLOW, 23), 1.0, [0, 0, 0x3F80, 0xA2A5]),
        (Writable(MODE), "auto", [0, 0, 0, 0xA3A5]),
    ],
    ids=["6", "16", "23", "two registers", "two by 23", "a mask by 22"],
)
async def test_a_point_is_set_as_it_lies_and_nothing_beside_it(
    writable: Writable, value: float | str, registers: list[int]
) -> None:
    name = writable.register.point.id.removeprefix("pump/")
    memory = await done(pump(writable), Action.SET, point=name, value=value)
    assert memory.registers == registers


async def test_a_coil_is_written_by_function_15_where_the_map_says_so() -> None:
    memory = await done(pump(Writable(RUN, 15)), Action.SET, point="run", value="on")
    assert memory.written == [(0, [1])]


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        (Action.SET, {"point": "speed", "value": 1e9}),
        (Action.SET, {"point": "speed", "value": "fast"}),
        (Action.SET, {"point": "mode", "value": "manual"}),
        (Action.SET, {"point": "run-hours", "value": 1.0}),
        (Action.SET, {}),
        (Action.STOP, {}),
    ],
)
async def test_what_cannot_be_written_is_refused_and_nothing_is_sent(
    action: Action, parameters: dict[str, object]
) -> None:
    time, memory, sink = PassingTime(), Memory(), Collected()
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        driver = resting(server.port, time, PUMP)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            with pytest.raises(Refused):
                await driver.send(order(action, time, **parameters))
    assert not memory.written


async def test_what_a_command_moves_is_read_at_once_and_soon_again_whatever_the_period() -> None:
    time, memory, sink = PassingTime(), Memory(), Collected()
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        driver = resting(server.port, time, PUMP)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            await driver.send(order(Action.START, time))
            await sink.until(lambda: len(sink.of("pump/run")) >= 3)
    states = [reading.value for reading in sink.of("pump/run")]
    assert states[:3] == ["off", "on", "on"]


async def test_a_value_set_within_the_deadband_is_told_all_the_same() -> None:
    time, memory, sink = PassingTime(), Memory(), Collected()
    quiet = replace(SPEED, report=Report(heartbeat=HOUR, deadband=10.0))
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        driver = resting(server.port, time, pump(Writable(quiet)))
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            await driver.send(order(Action.SET, time, point="speed", value=1.5))
            await sink.until(lambda: any(each.value == 1.5 for each in sink.of("pump/speed")))


async def test_writes_never_wait_behind_polls() -> None:
    """Lesson: writes wait 20–50 s behind polls."""
    functions: list[int] = []

    def say(asked: Asked) -> bytes:
        functions.append(asked.function)
        if asked.function == 3:
            return asked.registers(*[0] * asked.count)
        return asked.answer(asked.address.to_bytes(2) + asked.count.to_bytes(2))

    clock, sink = gateway_clock(), Collected()
    busy = [device(f"meter-{unit}", unit, period=MILLISECOND) for unit in range(2, 52)]
    async with wire(say) as served:
        driver = ModbusDriver(connection(served.port), [pump(Writable(RUN)), *busy], clock)
        async with running(driver, sink):
            await sink.until(lambda: len(sink.readings) > 100)
            before = len(functions)
            await driver.send(order(Action.SET, clock, point="run", value="on"))
            waited = functions.index(5) - before
    assert waited <= 2


@pytest.mark.parametrize("fault", [Mute(), Resets()], ids=["silent", "connection reset"])
async def test_a_write_without_an_answer_may_have_been_done_and_is_never_sent_again(
    fault: Fault,
) -> None:
    clock, memory, sink = gateway_clock(), Memory(), Collected()
    async with ModbusServer(HOST, 0, {1: memory.unit}, clock) as server:
        driver = ModbusDriver(connection(server.port, SHORT), [PUMP], clock)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            memory.unit.fault = fault
            with pytest.raises(Unanswered):
                await driver.send(order(Action.START, clock))
            memory.unit.fault = None
            await sink.until(lambda: any(each.value == 25.0 for each in sink.of("pump/speed")))
    assert memory.written == [(10, [50])]


async def test_a_device_that_refuses_is_told_with_the_name_of_its_exception() -> None:
    time, memory, sink = PassingTime(), Memory(), Collected()
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        driver = resting(server.port, time, PUMP)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            memory.unit.fault = Excepts(3)
            with pytest.raises(Refused, match=r"exception 3 \(illegal value\)"):
                await driver.send(order(Action.START, time))
    assert not memory.written


async def test_a_command_that_is_refused_halfway_may_have_been_done() -> None:
    time, memory, sink = PassingTime(), Memory(), Collected()
    device_ = pump(
        *map(Writable, (SPEED, replace(RUN, address=99))),
        writes=[("pump/speed", 25.0), ("pump/run", "on")],
    )
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        driver = resting(server.port, time, device_)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            with pytest.raises(Unanswered, match="only 1 of 2 values"):
                await driver.send(order(Action.START, time))
    assert memory.registers[0] == 50


@pytest.mark.promise("S2")
async def test_a_command_that_expires_behind_a_slow_poll_is_never_sent() -> None:
    clock, memory, sink = gateway_clock(), Memory(), Collected()
    memory.unit.fault = Late(2 * SECOND)
    async with ModbusServer(HOST, 0, {1: memory.unit}, clock) as server:
        driver = ModbusDriver(connection(server.port), [PUMP], clock)
        async with running(driver, sink):
            await until(lambda: memory.unit.asked > 0)
            with pytest.raises(Unreachable, match="expired"):
                await driver.send(lasting(SHORT, order(Action.START, clock)))
            assert not memory.written
            memory.unit.fault = None
            await sink.until(lambda: bool(sink.calls))
    assert not memory.written


@pytest.mark.promise("S2")
async def test_one_that_has_expired_is_not_sent_on_a_free_line_either() -> None:
    time, memory, sink = PassingTime(), Memory(), Collected()
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        driver = resting(server.port, time, PUMP)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            with pytest.raises(Unreachable, match="expired"):
                await driver.send(lasting(0, order(Action.START, time)))
    assert not memory.written


async def test_two_commands_to_one_unit_go_one_after_the_other() -> None:
    time, memory, sink = PassingTime(), Memory(), Collected()
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        driver = resting(server.port, time, PUMP)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            orders = [order(Action.SET, time, point="speed", value=each) for each in (1.0, 2.0)]
            await asyncio.gather(*map(driver.send, orders))
    assert memory.written == [(10, [2]), (10, [4])]


@pytest.mark.promise("S1")
async def test_what_was_in_flight_at_a_restart_is_not_sent_again() -> None:
    clock, memory, sink = gateway_clock(), Memory(), Collected()
    async with ModbusServer(HOST, 0, {1: memory.unit}, clock) as server:
        driver = ModbusDriver(connection(server.port), [PUMP], clock)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            memory.unit.fault = Mute()
            sending = asyncio.create_task(driver.send(order(Action.START, clock)))
            await until(lambda: bool(memory.written))
            sending.cancel()
            await asyncio.wait([sending])
        memory.unit.fault = None
        again, after = ModbusDriver(connection(server.port), [PUMP], clock), Collected()
        async with running(again, after):
            await after.until(lambda: len(after.of("pump/run")) > 0)
    assert memory.written == [(10, [50])]


async def test_nothing_is_sent_while_the_line_is_not_connected() -> None:
    time, memory = PassingTime(), Memory()
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        driver = resting(server.port, time, PUMP)
        with pytest.raises(Unreachable, match="not connected"):
            await driver.send(order(Action.START, time))
    assert not memory.unit.asked


@pytest.mark.promise("S1")
async def test_no_command_is_sent_by_connecting() -> None:
    time, memory, sink = PassingTime(), Memory(), Collected()
    async with ModbusServer(HOST, 0, {1: memory.unit}, time) as server:
        for _ in range(2):
            async with running(resting(server.port, time, PUMP), sink):
                await sink.until(lambda: bool(sink.calls))
            sink.calls.clear()
    assert not memory.written


class Keyed:
    """A unit that takes keys, where nothing can be read, and has a coil. `at`: when each was
    written."""

    def __init__(self) -> None:
        self.written: list[tuple[int, list[int]]] = []
        self.at: list[Micros] = []
        self._coils = {0: False, 5: False}
        self.unit = Unit(lambda _: Tables(coils=self._coils), write=self.keep)

    def keep(self, now: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
        """See Unit."""
        self.written.append((address, list(values)))
        if table is COIL:
            self._coils[address] = bool(values[0])
        self.at.append(now)


async def keyed(action: Action, keyed: Keyed) -> Keyed:
    """What became of it."""
    clock, sink = gateway_clock(), Collected()
    async with ModbusServer(HOST, 0, {1: keyed.unit}, clock) as server:
        driver = ModbusDriver(connection(server.port, SHORT), [KEYED], clock)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            await driver.send(order(action, clock))
    return keyed


async def test_registers_that_must_be_written_together_go_in_one_request() -> None:
    done = await keyed(Action.START, Keyed())
    assert done.written == [(4104, [35732, 29803])]


async def test_a_pulse_is_let_go_of_after_its_time() -> None:
    done = await keyed(Action.RESET, Keyed())
    assert done.written == [(5, [1]), (5, [0])]
    assert done.at[1] - done.at[0] >= AFTER


async def test_no_pulse_is_begun_that_might_not_be_let_go_of_in_time() -> None:
    clock, sink, late = gateway_clock(), Collected(), Keyed()
    async with ModbusServer(HOST, 0, {1: late.unit}, clock) as server:
        driver = ModbusDriver(connection(server.port, SHORT), [KEYED], clock)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            with pytest.raises(Unreachable, match="expired"):
                await driver.send(lasting(AFTER + LETTING_GO, order(Action.RESET, clock)))
    assert not late.written


async def test_a_pulse_that_nobody_answers_is_let_go_of_all_the_same() -> None:
    silent = Keyed()
    silent.unit.write = _silent_after_the_first(silent)
    with pytest.raises(Unanswered):
        await keyed(Action.RESET, silent)
    assert silent.written == [(5, [1]), (5, [0])]


def _silent_after_the_first(
    keyed: Keyed,
) -> Callable[[Micros, RegisterTable, int, Sequence[int]], None]:
    """It does what it is told, and says nothing of the first."""

    def write(now: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
        keyed.unit.fault = None if keyed.written else Mute()
        keyed.keep(now, table, address, values)

    return write


async def test_a_pulse_is_let_go_of_by_a_gateway_that_is_stopped_meanwhile() -> None:
    clock, sink, done = gateway_clock(), Collected(), Keyed()
    async with ModbusServer(HOST, 0, {1: done.unit}, clock) as server:
        driver = ModbusDriver(connection(server.port, SHORT), [KEYED], clock)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            sending = asyncio.create_task(driver.send(order(Action.RESET, clock)))
            await until(lambda: bool(done.written))
            sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
    assert done.written == [(5, [1]), (5, [0])]


async def test_a_pulse_that_was_taken_late_is_let_go_of_after_the_command_has_expired() -> None:
    clock, sink, slow = gateway_clock(), Collected(), Keyed()
    patient, taken_late = 5 * SECOND, LETTING_GO + 1500 * MILLISECOND
    async with ModbusServer(HOST, 0, {1: slow.unit}, clock) as server:
        driver = ModbusDriver(connection(server.port, patient), [KEYED], clock)
        async with running(driver, sink):
            await sink.until(lambda: bool(sink.calls))
            slow.unit.fault = Late(taken_late)
            pulse = lasting(AFTER + LETTING_GO + SECOND, order(Action.RESET, clock))
            await driver.send(pulse)
    assert slow.written == [(5, [1]), (5, [0])]
    assert slow.at[1] > pulse.expires_at


async def test_a_pulse_that_cannot_be_let_go_of_may_have_been_done() -> None:
    stuck = Keyed()
    stuck.unit.write = _refusing_after_the_first(stuck)
    with pytest.raises(Unanswered, match="perhaps not let go of: exception 2"):
        await keyed(Action.RESET, stuck)
    assert stuck.written == [(5, [1])]


def _refusing_after_the_first(
    keyed: Keyed,
) -> Callable[[Micros, RegisterTable, int, Sequence[int]], None]:
    def write(now: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
        if keyed.written:
            raise LookupError(address)
        keyed.keep(now, table, address, values)

    return write


async def test_a_key_that_is_refused_was_not_done() -> None:
    unit = Unit(lambda _: Tables(coils={0: False}), write=_refuses_keys)
    refusing = Keyed()
    refusing.unit = unit
    with pytest.raises(Refused, match=r"exception 7 \(negative acknowledge\)"):
        await keyed(Action.START, refusing)


def _refuses_keys(_: Micros, __: RegisterTable, ___: int, ____: Sequence[int]) -> None:
    raise NotTaken(7)


async def test_a_state_with_several_raw_values_is_written_by_the_one_that_stands_first() -> None:
    mode = replace(MODE, mask=None, states={range(9, 10): "auto", range(3, 12): "auto"})
    memory = await done(pump(Writable(mode)), Action.SET, point="mode", value="auto")
    assert memory.registers[3] == 9
