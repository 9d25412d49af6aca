"""What the log and the figures tell of points that have no value."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from drivers.modbus.codec import NOTHING, decode
from drivers.modbus.trouble import unusable
from gateway.model.point import Point, PointKind
from gateway.site.modbus_model import Order, RegisterPoint, RegisterTable, RegisterType, TimeLayout
from simulators.modbus_server import ModbusServer
from tests.drivers.modbus.field import (
    HOST,
    NAME,
    Collected,
    PassingTime,
    device,
    driver_of,
    register,
    running,
    steady,
)

FLOAT = RegisterPoint(
    Point("m1/current", PointKind.NUMBER, NAME, unit="A", low=5, high=200),
    RegisterTable.HOLDING_REGISTER,
    2,
    RegisterType.FLOAT32,
)
WHOLE = replace(FLOAT, type=RegisterType.UINT16, not_available=frozenset({0xFFFF}))
SERIAL = replace(
    FLOAT, point=Point("m1/serial", PointKind.TEXT, NAME), type=RegisterType.STRING, length=2
)


@pytest.mark.parametrize(
    ("point", "words", "told"),
    [
        (FLOAT, (0x0000, 0x4148), "0x0000 0x4148, 2.34185e-41 A, is below its kind's low, 5"),
        (
            replace(FLOAT, word_order=Order.LITTLE),
            (0x2000, 0x4E6E),
            "0x2000 0x4E6E, 9.98769e+08 A, is above its kind's high, 200",
        ),
        (FLOAT, (0x7FC0, 0x0000), "0x7FC0 0x0000 is not a number"),
        (FLOAT, (0x7F80, 0x0000), "0x7F80 0x0000 is not a number"),
        (WHOLE, (0xFFFF,), '0xFFFF is "not available" in its register map'),
        (WHOLE, (0x0111,), "0x0111, 273 A, is above its kind's high, 200"),
        (replace(WHOLE, type=RegisterType.BCD16), (0x00A1,), "0x00A1 has digits above 9"),
        (SERIAL, (0xFFFE, 0x4142), "0xFFFE 0x4142 is no text"),
        (
            replace(SERIAL, type=RegisterType.TIME, layout=TimeLayout.BCD),
            (0x2613, 0x4500, 0x0000),
            "0x2613 0x4500 0x0000 is no date and time",
        ),
    ],
)
def test_what_came_is_told_and_why_it_is_no_value(
    point: RegisterPoint, words: Sequence[int], told: str
) -> None:
    assert decode(point, words) == NOTHING
    assert str(unusable(point, words)) == told


async def test_a_value_that_cannot_be_is_told_when_it_begins_and_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    time, sink = PassingTime(), Collected()
    memory = {2: 0x0000, 3: 0x4148, 7: 1}
    unit = steady(memory)
    both = device("m1", 1, FLOAT, register("m1/starts", 7))
    async with ModbusServer(HOST, 0, {1: unit}, time) as server:
        driver = driver_of(server.port, time, both)
        async with running(driver, sink):
            await sink.until(lambda: len(sink.of("m1/current")) >= 2)
            memory[3] = 0x4149
            heard = len(sink.of("m1/current"))
            await sink.until(lambda: len(sink.of("m1/current")) >= heard + 3)
            (figures,) = driver.figures().units
            memory[2], memory[3] = 0x4148, 0
            await sink.until(lambda: any(each.value == 12.5 for each in sink.readings))
    came = "holding_register 2 (40003): 0x0000 0x4148, 2.34185e-41 A, is below its kind's low, 5"
    assert told(caplog) == [
        f"plant-room unit 1 cannot read m1/current at {came}",
        "plant-room unit 1 reads again m1/current",
    ]
    assert figures.unread == {"m1/current": came}


async def test_an_address_that_the_unit_has_not_is_told_as_its_list_may_count_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    time, sink = PassingTime(), Collected()
    two = device("m1", 1, register("m1/level", 0), register("m1/starts", 7))
    async with (
        ModbusServer(HOST, 0, {1: steady()}, time) as server,
        running(driver_of(server.port, time, two), sink),
    ):
        await sink.until(lambda: len(sink.of("m1/starts")) >= 2)
    assert told(caplog) == [
        "plant-room unit 1 cannot read m1/starts at holding_register 7 (40008): exception 2"
        " (illegal address)"
    ]


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name == "drivers.modbus.trouble"]
