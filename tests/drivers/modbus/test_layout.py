"""What a unit was found to have, whatever holes and limits it has: every point is read from its own
address, and what the unit refuses is soon no longer asked for."""

from collections.abc import Mapping, Sequence
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

    def free_at(self, unit: int) -> Micros:
        return 0 * unit

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
    return unit_with({SECOND: registers}, time, **limits)


def unit_with(
    often: Mapping[Micros, Sequence[RegisterPoint]], time: PassingTime, **limits: int
) -> Unit:
    """Each in its own period."""
    parts = [
        ModbusAddress(1, period, tuple(registers), RequestLimits(**limits))
        for period, registers in often.items()
    ]
    return Unit(parts, "unit 1", time)


async def polled(
    unit: Unit, memory: Memory, time: PassingTime, *periods: Micros
) -> dict[str, Reading]:
    """What is read so often; without periods, every second."""
    asking = unit.begin(periods or (SECOND,), time())
    poll = await unit.go_on(memory, asking)  # type: ignore[arg-type]  # a fake of the line
    assert poll is not None
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
        readings = await polled(unit, memory, time)
        assert readings.keys() == {each.point.id for each in registers}
        for each in registers:
            reading = readings[each.point.id]
            found = (reading.value, reading.quality)
            # Too few registers may once have been the answer to something else.
            undecided = short and not turn and found == (None, Quality.BAD)
            assert undecided or found == expected(each, memory)
    settled = memory.refused
    readings = await polled(unit, memory, time)
    lost = all(reading.quality is Quality.BAD for reading in readings.values())
    assert memory.refused - settled == (1 if lost else 0), "refused requests are not made again"


@given(
    layouts(),
    st.sets(st.integers(0, 70), max_size=6),
    st.integers(4, 70),
    st.lists(st.sets(st.integers(0, 2), min_size=1), min_size=1, max_size=8),
    st.data(),
)
async def test_whatever_is_due_together_every_point_is_read_once_and_from_its_own_address(
    registers: list[RegisterPoint],
    holes: set[int],
    most: int,
    due: list[set[int]],
    data: st.DataObject,
) -> None:
    time, memory = PassingTime(), Memory(holes, most)
    often: dict[Micros, list[RegisterPoint]] = {}
    for each in registers:
        often.setdefault(SECOND * 5 ** data.draw(st.integers(0, 2)), []).append(each)
    unit, periods = unit_with(often, time), tuple(often)
    lie = {each.point.id: each for each in registers}
    for turn in [*due, *[{0, 1, 2}] * 4]:
        together = tuple(periods[each] for each in turn if each < len(periods)) or periods
        readings = await polled(unit, memory, time, *together)
        assert readings.keys() >= {each.point.id for every in together for each in often[every]}
        for point, reading in readings.items():
            assert (reading.value, reading.quality) == expected(lie[point], memory)
    settled = memory.refused
    readings = await polled(unit, memory, time, *periods)
    lost = all(reading.quality is Quality.BAD for reading in readings.values())
    assert memory.refused - settled <= (1 if lost else 0), "what one found out the others know"


async def test_what_is_due_together_is_read_in_one_request() -> None:
    time, memory = PassingTime(), Memory()
    fast, slow = ([register(f"m/{each}", each) for each in range(first, 12, 2)] for first in (0, 1))
    unit = unit_with({SECOND: fast, MINUTE: slow}, time)
    readings = await polled(unit, memory, time, SECOND, MINUTE)
    assert (len(readings), memory.asked) == (12, [(HOLDING, 0, 12)])
    assert len(await polled(unit, memory, time, SECOND)) == 6


async def test_what_two_periods_have_in_one_place_is_found_missing_once() -> None:
    time, memory = PassingTime(), Memory({4})
    often = {
        SECOND: [register("m/0", 0), register("m/4", 4), register("m/8", 8)],
        MINUTE: [register("m/4-too", 4), register("m/5", 5)],
    }
    unit = unit_with(often, time)
    await polled(unit, memory, time, SECOND)
    refused = memory.refused
    readings = await polled(unit, memory, time, MINUTE)
    assert readings["m/4-too"].quality is Quality.BAD
    assert readings["m/5"].value == 37
    assert memory.refused == refused


async def test_a_gap_the_unit_has_not_is_not_read_along_any_more() -> None:
    time, memory = PassingTime(), Memory({5})
    unit = unit_of([register(f"m/{each}", each) for each in (0, 1, 3, 7, 9)], time)
    await polled(unit, memory, time)
    memory.asked.clear()
    assert {each.value for each in (await polled(unit, memory, time)).values()} == {
        2,
        9,
        23,
        51,
        65,
    }
    asked = [(start, count) for _, start, count in memory.asked]
    assert asked == [(0, 4), (7, 3)], "gaps that it has still are"


@pytest.mark.parametrize("short", [False, True])
async def test_a_unit_that_gives_less_than_the_protocol_allows_is_asked_for_less(
    short: bool,
) -> None:
    time, memory = PassingTime(), Memory(most=50, short=short)
    unit = unit_of([register(f"m/{each}", each) for each in range(100)], time)
    for _ in range(2):
        await polled(unit, memory, time)
    memory.asked.clear()
    readings = await polled(unit, memory, time)
    assert {each.quality for each in readings.values()} == {Quality.GOOD}
    assert memory.asked == [(HOLDING, 0, 50), (HOLDING, 50, 50)]


async def test_one_answer_of_a_wrong_length_splits_nothing() -> None:
    time, memory = PassingTime(), Memory(most=5, short=True)
    unit = unit_of([register(f"m/{each}", each) for each in range(10)], time)
    assert {each.quality for each in (await polled(unit, memory, time)).values()} == {Quality.BAD}
    memory.most = 125
    for _ in range(2):
        assert {each.quality for each in (await polled(unit, memory, time)).values()} == {
            Quality.GOOD
        }
    assert set(memory.asked) == {(HOLDING, 0, 10)}


async def test_what_is_missing_is_tried_again_rarely_and_one_place_at_a_time() -> None:
    time, memory = PassingTime(), Memory(set(range(10, 20)))
    unit = unit_of([register(f"m/{each}", each) for each in range(30)], time)
    await polled(unit, memory, time)
    memory.asked.clear()
    while time.now < PassingTime().now + RETRY_MISSING - MINUTE:
        await polled(unit, memory, time)
        time.now += MINUTE
    assert set(memory.asked) == {(HOLDING, 0, 10), (HOLDING, 20, 10)}
    time.now += 2 * MINUTE
    for place in range(10, 20):
        memory.asked.clear()
        await polled(unit, memory, time)
        assert len(memory.asked) == 3
        assert (HOLDING, place, 1) in memory.asked
    memory.asked.clear()
    await polled(unit, memory, time)
    assert len(memory.asked) == 2


async def test_what_comes_back_is_found_and_all_that_was_missing_looked_at_again() -> None:
    time, memory = PassingTime(), Memory({10, 15})
    registers = [register(f"m/{each}", each) for each in range(30)]
    unit = unit_of(registers, time)
    await polled(unit, memory, time)
    memory.holes.clear()
    assert (await polled(unit, memory, time))["m/10"].quality is Quality.BAD
    time.now += RETRY_MISSING
    await polled(unit, memory, time)
    memory.asked.clear()
    readings = await polled(unit, memory, time)
    assert {each.quality for each in readings.values()} == {Quality.GOOD}
    assert memory.asked == [(HOLDING, 0, 30)], "in one request, as at first"


@pytest.mark.parametrize("away", [NoAnswer("unit 1", "silent"), Unreachable("line", "lost")])
async def test_a_unit_that_was_away_is_soon_tried_for_what_it_had_not(away: Unreachable) -> None:
    time, memory = PassingTime(), Memory({3, 7})
    unit = unit_of([register(f"m/{each}", each) for each in range(10)], time)
    await polled(unit, memory, time)
    memory.away = away
    if isinstance(away, NoAnswer):
        poll = await unit.go_on(memory, unit.begin((SECOND,), time()))  # type: ignore[arg-type]  # a fake
        assert poll is not None
        assert not poll.answered
    else:
        with pytest.raises(Unreachable):
            await unit.go_on(memory, unit.begin((SECOND,), time()))  # type: ignore[arg-type]  # a fake
    memory.away = None
    memory.holes.clear()
    await polled(unit, memory, time)
    assert {each.quality for each in (await polled(unit, memory, time)).values()} == {Quality.GOOD}
