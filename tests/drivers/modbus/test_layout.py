"""What a unit was found to have, whatever holes and limits it has: every point is read from its own
address, and what the unit refuses is soon no longer asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.answers import IllegalAddress, NoAnswer, WrongLength
from drivers.modbus.layout import RETRY_MISSING
from drivers.modbus.unit import Unit
from gateway.errors import Unreachable
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.reading import Quality, Reading
from gateway.site.modbus_model import (
    BIT_TABLES,
    ModbusAddress,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    RequestLimits,
)
from tests.drivers.modbus.field import PassingTime, register

HOLDING = RegisterTable.HOLDING_REGISTER


@dataclass
class Memory:
    """In place of a line: a unit whose registers say which address they lie at. It refuses the
    addresses in `holes`, and more than `most` at once: by exception, or with too few. A fake of
    `Line.read`, whose errors test_line.py holds against real answers."""

    holes: set[int] = field(default_factory=set)
    most: int = 125
    short: bool = False
    away: Unreachable | None = None
    refused: int = 0
    asked: list[tuple[RegisterTable, int, int]] = field(default_factory=list)

    async def read(
        self, unit: int, table: RegisterTable, start: int, count: int, *, pause: Micros = 0
    ) -> Sequence[int]:
        assert (unit, pause) == (1, 0)
        self.asked.append((table, start, count))
        if self.away is not None:
            raise self.away
        addresses = range(start, start + count)
        if count > self.most and self.short:
            self.refused += 1
            raise WrongLength("unit 1", f"asked for {count} registers, answered {self.most}")
        if count > self.most or self.holes.intersection(addresses):
            self.refused += 1
            raise IllegalAddress("unit 1", "exception 2 (illegal address)")
        return [said_at(table, address) for address in addresses]


def said_at(table: RegisterTable, address: int) -> int:
    number = list(RegisterTable).index(table)
    return (address >> number) & 1 if table in BIT_TABLES else (7 * address + number) & 0xFFFF


def unit_of(registers: Sequence[RegisterPoint], time: PassingTime, **limits: int) -> Unit:
    address = ModbusAddress(1, SECOND, tuple(registers), RequestLimits(**limits))
    return Unit(address, "unit 1", time)


async def polled(unit: Unit, memory: Memory) -> dict[str, Reading]:
    poll = await unit.poll(memory)  # type: ignore[arg-type]  # a fake of the line
    readings = {reading.point: reading for reading in poll.readings}
    assert len(readings) == len(poll.readings), "one reading of each point in each poll"
    assert poll.answered
    return readings


def expected(register: RegisterPoint, memory: Memory) -> tuple[float | None, Quality]:
    """Of unsigned values: what lies there, put together by hand."""
    addresses = range(register.address, register.end)
    if memory.holes.intersection(addresses):
        return None, Quality.BAD
    raw = 0
    for address in addresses:
        raw = raw << 16 | said_at(register.table, address)
    return float(raw), Quality.GOOD


@st.composite
def layouts(draw: st.DrawFn) -> list[RegisterPoint]:
    registers = {}
    for _ in range(draw(st.integers(1, 30))):
        table = draw(st.sampled_from(RegisterTable))
        kinds = (RegisterType.UINT16, RegisterType.UINT32, RegisterType.UINT64)
        kind = RegisterType.BIT if table in BIT_TABLES else draw(st.sampled_from(kinds))
        name = f"m/{table}-{(address := draw(st.integers(0, 60)))}-{kind}"
        registers[name] = register(name, address, table, kind)
    return list(registers.values())


@given(
    layouts(),
    st.sets(st.integers(0, 70), max_size=12),
    st.integers(4, 70),
    st.booleans(),
    st.integers(0, 12),
)
async def test_whatever_the_layout_every_point_is_read_from_its_own_address(
    registers: list[RegisterPoint], holes: set[int], most: int, short: bool, gap: int
) -> None:
    time, memory = PassingTime(), Memory(holes, most, short)
    unit = unit_of(registers, time, gap=gap, bit_gap=gap)
    for turn in range(4):
        readings = await polled(unit, memory)
        assert readings.keys() == {each.point.id for each in registers}
        for each in registers:
            reading = readings[each.point.id]
            found = (reading.value, reading.quality)
            # Too few registers may once have been the answer to something else.
            undecided = short and not turn and found == (None, Quality.BAD)
            assert undecided or found == expected(each, memory)
    settled = memory.refused
    readings = await polled(unit, memory)
    lost = all(reading.quality is Quality.BAD for reading in readings.values())
    assert memory.refused - settled == (1 if lost else 0), "refused requests are not made again"


async def test_a_gap_the_unit_has_not_is_not_read_along_any_more() -> None:
    time, memory = PassingTime(), Memory({5})
    unit = unit_of([register(f"m/{each}", each) for each in (0, 1, 3, 7, 9)], time)
    await polled(unit, memory)
    memory.asked.clear()
    assert {each.value for each in (await polled(unit, memory)).values()} == {2, 9, 23, 51, 65}
    asked = [(start, count) for _, start, count in memory.asked]
    assert asked == [(0, 4), (7, 3)], "gaps that it has still are"


@pytest.mark.parametrize("short", [False, True])
async def test_a_unit_that_gives_less_than_the_protocol_allows_is_asked_for_less(
    short: bool,
) -> None:
    time, memory = PassingTime(), Memory(most=50, short=short)
    unit = unit_of([register(f"m/{each}", each) for each in range(100)], time)
    for _ in range(2):
        await polled(unit, memory)
    memory.asked.clear()
    readings = await polled(unit, memory)
    assert {each.quality for each in readings.values()} == {Quality.GOOD}
    assert memory.asked == [(HOLDING, 0, 50), (HOLDING, 50, 50)]


async def test_one_answer_of_a_wrong_length_splits_nothing() -> None:
    time, memory = PassingTime(), Memory(most=5, short=True)
    unit = unit_of([register(f"m/{each}", each) for each in range(10)], time)
    assert {each.quality for each in (await polled(unit, memory)).values()} == {Quality.BAD}
    memory.most = 125
    for _ in range(2):
        assert {each.quality for each in (await polled(unit, memory)).values()} == {Quality.GOOD}
    assert set(memory.asked) == {(HOLDING, 0, 10)}


async def test_what_is_missing_is_tried_again_rarely_and_one_place_at_a_time() -> None:
    time, memory = PassingTime(), Memory(set(range(10, 20)))
    unit = unit_of([register(f"m/{each}", each) for each in range(30)], time)
    await polled(unit, memory)
    memory.asked.clear()
    while time.now < PassingTime().now + RETRY_MISSING - MINUTE:
        await polled(unit, memory)
        time.now += MINUTE
    assert set(memory.asked) == {(HOLDING, 0, 10), (HOLDING, 20, 10)}
    time.now += 2 * MINUTE
    for place in range(10, 20):
        memory.asked.clear()
        await polled(unit, memory)
        assert len(memory.asked) == 3
        assert (HOLDING, place, 1) in memory.asked
    memory.asked.clear()
    await polled(unit, memory)
    assert len(memory.asked) == 2


async def test_what_comes_back_is_found_and_all_that_was_missing_looked_at_again() -> None:
    time, memory = PassingTime(), Memory({10, 15})
    registers = [register(f"m/{each}", each) for each in range(30)]
    unit = unit_of(registers, time)
    await polled(unit, memory)
    memory.holes.clear()
    assert (await polled(unit, memory))["m/10"].quality is Quality.BAD
    time.now += RETRY_MISSING
    await polled(unit, memory)
    memory.asked.clear()
    readings = await polled(unit, memory)
    assert {each.quality for each in readings.values()} == {Quality.GOOD}
    assert memory.asked == [(HOLDING, 0, 30)], "in one request, as at first"


@pytest.mark.parametrize("away", [NoAnswer("unit 1", "silent"), Unreachable("line", "lost")])
async def test_a_unit_that_was_away_is_soon_tried_for_what_it_had_not(away: Unreachable) -> None:
    time, memory = PassingTime(), Memory({3, 7})
    unit = unit_of([register(f"m/{each}", each) for each in range(10)], time)
    await polled(unit, memory)
    memory.away = away
    if isinstance(away, NoAnswer):
        assert not (await unit.poll(memory)).answered  # type: ignore[arg-type]  # a fake
    else:
        with pytest.raises(Unreachable):
            await unit.poll(memory)  # type: ignore[arg-type]  # a fake
    memory.away = None
    memory.holes.clear()
    await polled(unit, memory)
    assert {each.quality for each in (await polled(unit, memory)).values()} == {Quality.GOOD}
