"""Request plans: whatever the layout, each value comes from its own address."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.codec import decode
from drivers.modbus.plan import Seam, plan
from gateway.errors import BadConfig
from gateway.model.point import Point, PointKind
from gateway.model.text import Text
from gateway.site.modbus_model import (
    BIT_TABLES,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    RequestLimits,
)

SIZES = [
    RegisterType.UINT8,
    RegisterType.UINT16,
    RegisterType.FLOAT32,
    RegisterType.INT64,
    RegisterType.BCD64,
]
COIL = RegisterTable.COIL


def at(
    address: int,
    kind: RegisterType = RegisterType.UINT16,
    table: RegisterTable = RegisterTable.HOLDING_REGISTER,
) -> RegisterPoint:
    point = Point(f"meter/{table}-{address}-{kind}", PointKind.NUMBER, Text("Point", "点"))
    return RegisterPoint(point, table, address, kind)


def shape(
    registers: Sequence[RegisterPoint], limits: RequestLimits = RequestLimits()
) -> list[tuple[int, int]]:
    return [(block.start, block.count) for block in plan(registers, limits)]


@st.composite
def layouts(draw: st.DrawFn) -> list[RegisterPoint]:
    """Registers anywhere: crowded around a few places, overlapping, at both ends of the table."""
    registers = {}
    for _ in range(draw(st.integers(1, 40))):
        table = draw(st.sampled_from(RegisterTable))
        kind = RegisterType.BIT if table in BIT_TABLES else draw(st.sampled_from(SIZES))
        around = draw(st.sampled_from([0, 100, 1000, 0x10000 - 150]))
        address = around + draw(st.integers(0, 146))
        register = at(address, kind, table)
        registers[register.point.id] = register
    return list(registers.values())


LIMITS = st.builds(
    RequestLimits,
    registers=st.integers(4, 125),
    bits=st.integers(1, 2000),
    gap=st.integers(0, 20),
    bit_gap=st.integers(0, 40),
)


@given(layouts(), LIMITS, st.sets(st.tuples(st.sampled_from(RegisterTable), st.integers(0, 250))))
def test_every_value_is_read_from_its_own_address(
    registers: list[RegisterPoint], limits: RequestLimits, seams: set[Seam]
) -> None:
    """Memory says of each address which one it is; overlapping values need not agree."""
    planned = []
    for block in plan(registers, limits, seams):
        bits = block.table in BIT_TABLES
        assert 1 <= block.count <= (limits.bits if bits else limits.registers)
        memory = [
            each & 1 if bits else each & 0x7FFF
            for each in range(block.start, block.start + block.count)
        ]
        for register, decoded in zip(block.registers, block.decode(memory), strict=True):
            first = register.address - block.start
            own = memory[first : first + register.width]
            assert len(own) == register.width
            assert decoded == decode(register, own)
            planned.append(register)
        for table, seam in seams:
            across = [each for each in block.registers if each.address >= seam]
            assert table is not block.table or block.start >= seam or not across
    assert sorted(map(repr, planned)) == sorted(map(repr, registers))


@given(layouts(), st.data())
def test_what_is_missing_is_not_read_by_any_request(
    registers: list[RegisterPoint], data: st.DataObject
) -> None:
    narrow = [each for each in registers if each.width == 1]
    missing = {each.point.id for each in narrow if data.draw(st.booleans())}
    gone = {(each.table, each.address) for each in narrow if each.point.id in missing}
    legal = [each for each in registers if not gone & _addresses(each)]
    left_out = missing | {each.point.id for each in registers if each not in legal}
    blocks = plan(registers, missing=left_out)
    read = {
        (block.table, address)
        for block in blocks
        for address in range(block.start, block.start + block.count)
    }
    assert not read & gone
    assert sum(len(block.registers) for block in blocks) == len(legal)


def _addresses(register: RegisterPoint) -> set[tuple[RegisterTable, int]]:
    return {(register.table, address) for address in range(register.address, register.end)}


@given(layouts(), LIMITS, st.data())
def test_what_is_due_together_takes_no_more_requests_than_one_after_the_other(
    registers: list[RegisterPoint], limits: RequestLimits, data: st.DataObject
) -> None:
    often = [each for each in registers if data.draw(st.booleans())]
    rarely = [each for each in registers if each not in often]
    apart = len(plan(often, limits)) + len(plan(rarely, limits))
    assert len(plan(registers, limits)) <= apart


@given(layouts())
def test_halves_hold_the_same_registers_and_no_address_outside_the_block(
    registers: list[RegisterPoint],
) -> None:
    for block in plan(registers):
        halves = block.halves()
        if halves is None:
            assert len({(each.address, each.end) for each in block.registers}) == 1
            continue
        assert halves[0].registers + halves[1].registers == block.registers
        for half in halves:
            assert block.start <= half.start
            assert half.start + half.count <= block.start + block.count


def test_one_request_for_adjacent_registers() -> None:
    assert shape([at(address) for address in range(20)]) == [(0, 20)]


def test_a_gap_of_8_registers_is_read_along_and_one_of_9_is_not() -> None:
    assert shape([at(0), at(9)]) == [(0, 10)]
    assert shape([at(0), at(10)]) == [(0, 1), (10, 1)]


def test_a_gap_of_32_bits_is_read_along_and_one_of_33_is_not() -> None:
    assert shape([at(0, RegisterType.BIT, COIL), at(33, RegisterType.BIT, COIL)]) == [(0, 34)]
    assert len(shape([at(0, RegisterType.BIT, COIL), at(34, RegisterType.BIT, COIL)])) == 2


def test_a_device_says_how_large_a_gap_is_read_along() -> None:
    registers, bits = [at(0), at(2)], [at(0, RegisterType.BIT, COIL), at(2, RegisterType.BIT, COIL)]
    assert shape(registers, RequestLimits(gap=0)) == [(0, 1), (2, 1)]
    assert shape(bits, RequestLimits(bit_gap=1)) == [(0, 3)]
    assert shape(bits, RequestLimits(bit_gap=0)) == [(0, 1), (2, 1)]


def test_a_request_holds_125_registers_and_not_one_more() -> None:
    assert shape([at(address) for address in range(250)]) == [(0, 125), (125, 125)]
    assert shape([at(address) for address in range(126)]) == [(0, 125), (125, 1)]


def test_a_request_holds_2000_bits_and_not_one_more() -> None:
    inputs = RegisterTable.DISCRETE_INPUT
    bits = [at(address, RegisterType.BIT, inputs) for address in range(2001)]
    assert shape(bits) == [(0, 2000), (2000, 1)]


def test_a_device_says_how_much_one_request_holds() -> None:
    limits = RequestLimits(registers=60, bits=16)
    assert shape([at(address) for address in range(90)], limits) == [(0, 60), (60, 30)]
    bits = [at(address, RegisterType.BIT, COIL) for address in range(20)]
    assert shape(bits, limits) == [(0, 16), (16, 4)]


def test_a_value_of_several_registers_is_never_torn() -> None:
    registers = [at(address) for address in range(124)]
    assert shape([*registers, at(124, RegisterType.FLOAT32)]) == [(0, 124), (124, 2)]
    assert shape([*registers, at(124, RegisterType.FLOAT64)]) == [(0, 124), (124, 4)]


def test_one_request_reads_bits_of_one_register_and_what_lies_over_it() -> None:
    assert shape([at(5), at(5, RegisterType.UINT8), at(5, RegisterType.INT64)]) == [(5, 4)]


def test_tables_are_never_mixed() -> None:
    assert len(plan([at(0), at(1, table=RegisterTable.INPUT_REGISTER)])) == 2


def test_what_is_read_along_is_told() -> None:
    (block,) = plan([at(0), at(5, RegisterType.FLOAT32), at(6)])
    assert (block.count, block.unwanted) == (7, 4)


@pytest.mark.parametrize("register", [at(0, table=COIL), at(65535, RegisterType.FLOAT32), at(-1)])
def test_a_register_no_request_can_read_is_bad_configuration(register: RegisterPoint) -> None:
    with pytest.raises(BadConfig, match="meter/"):
        plan([register])


def test_a_value_longer_than_a_request_may_be_is_bad_configuration() -> None:
    with pytest.raises(BadConfig, match="takes 4 registers"):
        plan([at(0, RegisterType.INT64)], RequestLimits(registers=3))
