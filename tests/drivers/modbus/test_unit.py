"""One unit: what its refusals and its silence do to its readings, and what they do not."""

import logging
from dataclasses import replace
from itertools import pairwise

import pytest

from drivers.modbus.driver import ModbusDriver
from gateway.model.clock import SECOND
from gateway.model.reading import Quality
from gateway.site.connection_model import Framing
from simulators.modbus_faults import Dead, GivesLess
from simulators.modbus_server import ModbusServer
from tests.drivers.modbus.field import (
    HOST,
    SHORT,
    Asked,
    Collected,
    PassingTime,
    connection,
    device,
    driver_of,
    register,
    running,
    steady,
    wire,
)


async def test_a_refused_block_is_bad_and_nothing_is_shifted() -> None:
    def say(asked: Asked) -> bytes:
        broken = asked.address == 16
        return asked.exception(4) if broken else asked.registers(*range(asked.address, 200)[:4])

    time, sink = PassingTime(), Collected()
    registers = [
        register(f"m1/r{start + each}", start + each) for start in (0, 16, 32) for each in range(4)
    ]
    async with (
        wire(say) as served,
        running(driver_of(served.port, time, device("m1", 1, *registers)), sink),
    ):
        await sink.until(lambda: len(sink.of("m1/r35")) >= 2)
    first = {reading.point: reading for reading in sink.readings[:12]}
    assert len(first) == 12
    for each in registers:
        reading = first[each.point.id]
        if 16 <= each.address < 20:
            assert (reading.value, reading.quality) == (None, Quality.BAD)
        else:
            assert (reading.value, reading.quality) == (each.address, Quality.GOOD)


async def test_an_illegal_address_spoils_only_itself_and_is_remembered() -> None:
    time, sink = PassingTime(), Collected()
    memory = {address: 1000 + address for address in range(30) if address not in (16, 21)}
    unit = steady(memory)
    registers = [register(f"m1/r{each}", each) for each in range(30)]
    async with ModbusServer(HOST, 0, {1: unit}, time) as server:
        driver = driver_of(server.port, time, device("m1", 1, *registers))
        async with running(driver, sink):
            await sink.until(lambda: len(sink.readings) >= 60)
            latest = {each.point: (each.value, each.quality) for each in sink.readings[30:60]}
            for address in range(30):
                expected = (
                    (1000.0 + address, Quality.GOOD) if address in memory else (None, Quality.BAD)
                )
                assert latest[f"m1/r{address}"] == expected
            settled = unit.asked
            await sink.until(lambda: len(sink.of("m1/r0")) >= 100)
            assert unit.asked - settled <= 100 * 8, "the bad addresses are not asked for"
            memory[16] = 1016
            await sink.until(lambda: (1016.0, Quality.GOOD) in values(sink, "m1/r16"))
    assert values(sink, "m1/r21") == {(None, Quality.BAD)}


def values(sink: Collected, point: str) -> set[tuple[object, Quality]]:
    return {(reading.value, reading.quality) for reading in sink.of(point)}


@pytest.mark.parametrize("appears", [0, 1])
async def test_a_unit_that_has_none_of_its_addresses_is_still_asked(appears: int) -> None:
    time, sink = PassingTime(), Collected()
    memory = {999: 0}
    unit = steady(memory)
    two = device("m1", 1, register("m1/0", 0), register("m1/1", 1))
    async with (
        ModbusServer(HOST, 0, {1: unit}, time) as server,
        running(driver_of(server.port, time, two), sink),
    ):
        await sink.until(lambda: len(sink.readings) >= 20)
        assert values(sink, "m1/0") == values(sink, "m1/1") == {(None, Quality.BAD)}
        assert unit.asked >= 10
        memory[appears] = 7
        await sink.until(lambda: (7.0, Quality.GOOD) in values(sink, f"m1/{appears}"))
    assert values(sink, f"m1/{1 - appears}") == {(None, Quality.BAD)}
    at = [(reading.point, reading.received_at) for reading in sink.readings]
    assert len(at) == len(set(at)), "one reading of each point in each poll"


async def test_what_came_before_the_silence_counts_and_what_follows_is_not_asked() -> None:
    def say(asked: Asked) -> bytes:
        return asked.registers(7) if asked.address == 0 else b""

    time, sink = PassingTime(), Collected()
    three = device("m1", 1, *(register(f"m1/r{each}", each) for each in (0, 100, 200)))
    async with (
        wire(say) as served,
        running(driver_of(served.port, time, three, timeout=SHORT), sink),
    ):
        await sink.until(lambda: len(sink.calls) >= 2)
    assert {(reading.point, reading.value) for reading in sink.readings} == {("m1/r0", 7.0)}
    assert {asked.address for asked in served.asked} == {0, 100}


async def test_silence_and_return_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    time, sink = PassingTime(), Collected()
    units = {1: steady(), 2: steady()}
    async with ModbusServer(HOST, 0, units, time) as server:
        driver = driver_of(server.port, time, device("m1", 1), device("m2", 2), timeout=SHORT)
        async with running(driver, sink):
            await sink.until(lambda: len(sink.good("m1")) >= 1)
            units[1].fault = Dead()
            asked = units[1].asked
            await sink.until(lambda: units[1].asked >= asked + 4)
            units[1].fault = None
            heard = len(sink.good("m1"))
            await sink.until(lambda: len(sink.good("m1")) > heard)
    told = [record.message for record in caplog.records if record.name == "drivers.modbus.unit"]
    assert told == [
        "plant-room unit 1 is silent: no answer within 200 ms",
        "plant-room unit 1 answers again",
    ]


def says_address(asked: Asked, count: int) -> bytes:
    return asked.registers(*range(asked.address, asked.address + count))


@pytest.mark.parametrize("code", [2, 3, None])
async def test_a_unit_that_gives_no_more_than_its_own_limit_is_found_out(code: int | None) -> None:
    """By exception 2 or 3, or by fewer registers than it was asked for."""

    def say(asked: Asked) -> bytes:
        if asked.count <= 10:
            return says_address(asked, asked.count)
        return says_address(asked, 10) if code is None else asked.exception(code)

    time, sink = PassingTime(), Collected()
    registers = [register(f"m1/r{each}", each) for each in range(20)]
    async with (
        wire(say) as served,
        running(driver_of(served.port, time, device("m1", 1, *registers)), sink),
    ):
        await sink.until(lambda: len(sink.good("m1")) >= 60)
    for each in registers:
        good = {value for value in values(sink, each.point.id) if value[1] is Quality.GOOD}
        assert good == {(float(each.address), Quality.GOOD)}
    assert [(asked.address, asked.count) for asked in served.asked[-4:]] in (
        [(0, 10), (10, 10)] * 2,
        [(10, 10), (0, 10)] * 2,
    )


@pytest.mark.parametrize("framing", [Framing.RTU, Framing.ASCII])
async def test_without_transaction_numbers_a_units_own_limit_is_found_out_beside_the_others(
    framing: Framing,
) -> None:
    """Its answers are too short; while it is left alone after each, the other is polled."""
    time, sink = PassingTime(), Collected()
    units = {1: steady({each: each for each in range(20)}), 2: steady()}
    units[1].fault = GivesLess(10)
    many = device("many", 1, *(register(f"many/{each}", each) for each in range(20)))
    async with ModbusServer(HOST, 0, units, time, framing=framing) as server:
        line = replace(connection(server.port, 10 * SECOND), framing=framing)
        driver = ModbusDriver(line, [many, device("one", 2)], time, sleep=time.sleep)
        async with running(driver, sink):
            await sink.until(lambda: len(sink.good("many")) >= 40)
    for each in range(20):
        good = {value for value in values(sink, f"many/{each}") if value[1] is Quality.GOOD}
        assert good == {(float(each), Quality.GOOD)}
    polled = [reading.received_at for reading in sink.good("one")]
    assert {later - earlier for earlier, later in pairwise(polled)} == {SECOND}
