"""Request plans: whatever the layout, each value comes from its own address."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.codec import decode, encode, width
from drivers.modbus.plan import BIT_TABLES, LIMITS, plan
from gateway.errors import BadConfig
from gateway.model.point import Point, PointKind
from gateway.model.text import Text
from gateway.site.modbus_model import RegisterPoint, RegisterTable, RegisterType

REGISTER_TYPES = [kind for kind in RegisterType if kind is not RegisterType.BIT]


def at(
    address: int,
    kind: RegisterType = RegisterType.UINT16,
    table: RegisterTable = RegisterTable.HOLDING_REGISTER,
) -> RegisterPoint:
    point = Point(f"meter/{table}-{address}-{kind}", PointKind.NUMBER, Text("Point", "点"))
    return RegisterPoint(point, table, address, kind)


def shape(registers: Sequence[RegisterPoint]) -> list[tuple[int, int]]:
    return [(block.start, block.count) for block in plan(registers)]


@st.composite
def layouts(draw: st.DrawFn) -> list[RegisterPoint]:
    """Registers anywhere: crowded around a few places, overlapping, at both ends of the table."""
    registers = []
    for _ in range(draw(st.integers(1, 40))):
        table = draw(st.sampled_from(RegisterTable))
        kind = RegisterType.BIT if table in BIT_TABLES else draw(st.sampled_from(REGISTER_TYPES))
        around = draw(st.sampled_from([0, 100, 1000, 0x10000 - 150]))
        address = around + draw(st.integers(0, 150 - width(kind)))
        registers.append(at(address, kind, table))
    return registers


@given(layouts(), st.data())
def test_every_value_is_read_from_its_own_address(
    registers: list[RegisterPoint], data: st.DataObject
) -> None:
    memory: dict[tuple[RegisterTable, int], int] = {}
    for register in registers:
        raw = data.draw(st.integers(0, 1 if register.type is RegisterType.BIT else 0x7FFF))
        for offset, word in enumerate(encode(register, raw)):
            memory[register.table, register.address + offset] = word
    planned = []
    for block in plan(registers):
        assert 1 <= block.count <= LIMITS[block.table].most
        addresses = range(block.start, block.start + block.count)
        words = [memory.get((block.table, address), 0xDEAD) for address in addresses]
        for register in block.registers:
            own = [
                memory[register.table, register.address + offset]
                for offset in range(width(register.type))
            ]
            assert block.part(register, words) == own
            assert decode(register, block.part(register, words)) == decode(register, own)
            planned.append(register)
    assert sorted(map(repr, planned)) == sorted(map(repr, registers))


@given(layouts())
def test_halves_hold_the_same_registers_and_no_address_outside_the_block(
    registers: list[RegisterPoint],
) -> None:
    for block in plan(registers):
        if len(block.registers) == 1:
            continue
        first, second = block.halves()
        assert first.registers + second.registers == block.registers
        for half in (first, second):
            assert block.start <= half.start
            assert half.start + half.count <= block.start + block.count


def test_one_request_for_adjacent_registers() -> None:
    assert shape([at(address) for address in range(20)]) == [(0, 20)]


def test_a_gap_of_8_registers_is_read_along_and_one_of_9_is_not() -> None:
    assert shape([at(0), at(9)]) == [(0, 10)]
    assert shape([at(0), at(10)]) == [(0, 1), (10, 1)]


def test_a_gap_of_32_bits_is_read_along_and_one_of_33_is_not() -> None:
    coil = RegisterTable.COIL
    assert shape([at(0, RegisterType.BIT, coil), at(33, RegisterType.BIT, coil)]) == [(0, 34)]
    assert len(shape([at(0, RegisterType.BIT, coil), at(34, RegisterType.BIT, coil)])) == 2


def test_a_request_holds_125_registers_and_not_one_more() -> None:
    assert shape([at(address) for address in range(250)]) == [(0, 125), (125, 125)]
    assert shape([at(address) for address in range(126)]) == [(0, 125), (125, 1)]


def test_a_request_holds_2000_bits_and_not_one_more() -> None:
    inputs = RegisterTable.DISCRETE_INPUT
    bits = [at(address, RegisterType.BIT, inputs) for address in range(2001)]
    assert shape(bits) == [(0, 2000), (2000, 1)]


def test_a_32_bit_value_is_never_torn() -> None:
    registers = [at(address) for address in range(124)] + [at(124, RegisterType.FLOAT32)]
    assert shape(registers) == [(0, 124), (124, 2)]


def test_tables_are_never_mixed() -> None:
    assert len(plan([at(0), at(1, table=RegisterTable.INPUT_REGISTER)])) == 2


@pytest.mark.parametrize(
    "register",
    [
        at(0, RegisterType.BIT),
        at(0, RegisterType.UINT16, RegisterTable.COIL),
        at(65535, RegisterType.FLOAT32),
        at(-1),
    ],
)
def test_a_register_no_request_can_read_is_bad_configuration(register: RegisterPoint) -> None:
    with pytest.raises(BadConfig, match="meter/"):
        plan([register])
