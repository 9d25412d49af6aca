"""What was found out about units is known again after a restart."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.driver import ModbusDriver
from drivers.modbus.found import digest
from drivers.modbus.unit import Unit
from gateway.model.clock import MINUTE, SECOND
from gateway.model.reading import Quality
from gateway.site.modbus_model import ModbusAddress, RegisterPoint
from simulators.modbus_faults import Dead
from simulators.modbus_server import ModbusServer, Tables
from simulators.modbus_server import Unit as SimulatedUnit
from tests.drivers.modbus.field import (
    HOST,
    SHORT,
    Asked,
    Collected,
    PassingTime,
    connection,
    device,
    register,
    running,
    steady,
    until,
    wire,
)
from tests.drivers.modbus.test_layout import Memory, expected, layouts, polled


@dataclass
class Kept:
    """A gateway.model.memory.Memory that goes through JSON, as the ledger's does."""

    text: str | None = None
    times: int = 0

    @property
    def found(self) -> object | None:
        return None if self.text is None else json.loads(self.text)

    def keep(self, found: object) -> None:
        self.text = json.dumps(found)
        self.times += 1


@dataclass
class Holed:
    """A server whose units have no registers 3 and 7."""

    asked: list[tuple[int, int]] = field(default_factory=list)

    def say(self, asked: Asked) -> bytes:
        self.asked.append((asked.address, asked.count))
        addresses = range(asked.address, asked.address + asked.count)
        return asked.exception(2) if {3, 7} & {*addresses} else asked.registers(*addresses)


def has_polled(sink: Collected, times: int) -> bool:
    return len(sink.of("m1/9")) >= times


def ten(name: str = "m1") -> Sequence[RegisterPoint]:
    return [register(f"{name}/{each}", each) for each in range(10)]


@given(layouts(), st.sets(st.integers(0, 70), max_size=8), st.integers(4, 70), st.booleans())
async def test_what_a_unit_refuses_is_not_asked_for_again_after_a_restart(
    registers: list[RegisterPoint], holes: set[int], most: int, short: bool
) -> None:
    time, memory = PassingTime(), Memory(holes, most, short)
    parts = [ModbusAddress(1, SECOND, tuple(registers))]
    before = Unit(parts, "unit 1", time)
    for _ in range(6):
        await polled(before, memory, time)
    settled = memory.refused
    after = Unit(parts, "unit 1", time, before.found)
    readings = await polled(after, memory, time)
    for each in registers:
        found = readings[each.point.id]
        assert (found.value, found.quality) == expected(each, memory)
    lost = all(reading.quality is Quality.BAD for reading in readings.values())
    assert memory.refused - settled == (1 if lost else 0)
    assert after.found == before.found


async def test_what_was_missing_before_the_restart_is_tried_again_rarely() -> None:
    time, memory = PassingTime(), Memory({3})
    parts = [ModbusAddress(1, SECOND, tuple(ten()))]
    before = Unit(parts, "unit 1", time)
    await polled(before, memory, time)
    memory.holes.clear()
    after = Unit(parts, "unit 1", time, before.found)
    assert (await polled(after, memory, time))["m1/3"].quality is Quality.BAD
    time.now += 11 * MINUTE
    await polled(after, memory, time)
    assert (await polled(after, memory, time))["m1/3"].quality is Quality.GOOD


def test_a_changed_register_map_is_another_one() -> None:
    def of(*registers: RegisterPoint, unit: int = 1) -> str:
        return digest([ModbusAddress(unit, SECOND, registers)])

    one, other = register("m1/0", 0), register("m1/1", 1)
    assert of(one, other) == of(other, one)
    assert len({of(one, other), of(one), of(one, register("m1/1", 2)), of(one, other, unit=2)}) == 4


async def test_a_driver_asks_after_its_restart_as_it_had_learnt_to() -> None:
    time, kept, holed = PassingTime(), Kept(), Holed()
    async with wire(holed.say) as served:
        for start in range(2):
            sink = Collected()
            holed.asked.clear()
            driver = ModbusDriver(
                *(connection(served.port), [device("m1", 1, *ten())], time),
                sleep=time.sleep,
                random=Random(1),
                memory=kept,
            )
            async with running(driver, sink):
                await sink.until(partial(has_polled, sink, 3))
            refused = sum({3, 7} & {*range(at, at + count)} != set() for at, count in holed.asked)
            assert (refused > 0) == (start == 0)
            assert [reading.quality for reading in sink.of("m1/3")] == [Quality.BAD] * 3
        times = kept.times
        assert times <= 8, "it is kept when something is found out, not at every poll"
        changed = [*ten(), register("m1/10", 10)]
        driver = ModbusDriver(
            *(connection(served.port), [device("m1", 1, *changed)], time),
            sleep=time.sleep,
            memory=kept,
        )
        holed.asked.clear()
        async with running(driver, Collected()):
            await until(lambda: len(holed.asked) >= 8)
        assert holed.asked[0] == (0, 11), "another register map: nothing is known of it"


async def test_the_one_that_lives_among_the_dead_is_not_held_up_by_them_after_a_restart() -> None:
    """Of 21 units 20 are dead, and each probe of one takes a second."""
    time, kept = PassingTime(), Kept()

    def silent(_: int) -> Tables:
        time.now += SECOND
        return Tables(holding_registers={0: 0})

    units = {number: SimulatedUnit(silent, Dead()) for number in range(1, 21)}
    devices = [device(f"m{n}", n) for n in range(1, 22)]
    waited: list[float] = []
    async with ModbusServer(HOST, 0, {**units, 21: steady()}, time) as server:
        line = connection(server.port, SHORT)
        for _ in range(2):
            sink, begun = Collected(), time()
            driver = ModbusDriver(line, devices, time, sleep=time.sleep, memory=kept)
            async with running(driver, sink):
                await sink.until(partial(sink.good, "m21"))
            waited.append((sink.good("m21")[0].received_at - begun) / SECOND)
    assert waited[0] >= 20
    assert waited[1] <= 1 + 1 + 1, "its place in its period, the line's, and one probe"


async def test_what_cannot_be_read_of_it_is_told_and_found_out_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    time, sink = PassingTime(), Collected()
    kept = Kept('{"answering": ["one"], "units": 3}')
    async with ModbusServer(HOST, 0, {1: steady()}, time) as server:
        driver = ModbusDriver(
            connection(server.port), [device("m1", 1)], time, sleep=time.sleep, memory=kept
        )
        async with running(driver, sink):
            await sink.until(lambda: len(sink.good("m1")) >= 2)
    assert "what was found out about its units is lost" in caplog.text
    assert kept.found == {"answering": [1], "units": {next(iter(_units(kept))): _NOTHING}}


_NOTHING = {"seams": [], "missing": [], "gives_less": False}


def _units(kept: Kept) -> dict[str, object]:
    assert isinstance(kept.found, dict)
    return dict(kept.found["units"])
