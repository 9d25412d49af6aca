"""Which requests read a unit's registers: few, none torn, none too long."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from drivers.modbus.codec import width
from gateway.errors import BadConfig
from gateway.site.modbus_model import RegisterPoint, RegisterTable, RegisterType

BIT_TABLES: Final = frozenset({RegisterTable.COIL, RegisterTable.DISCRETE_INPUT})


@dataclass(frozen=True, slots=True)
class Limits:
    """`most` in one request (Modbus Application Protocol V1.1b3, 6.1–6.4); `gap`: up to so many
    unwanted ones are read along, since they cost less than another request."""

    most: int
    gap: int


_BITS: Final = Limits(most=2000, gap=32)
_REGISTERS: Final = Limits(most=125, gap=8)
LIMITS: Final[Mapping[RegisterTable, Limits]] = {
    table: _BITS if table in BIT_TABLES else _REGISTERS for table in RegisterTable
}


@dataclass(frozen=True, slots=True)
class Block:
    """One request: `count` registers or bits of `table` from `start`, which hold `registers`."""

    table: RegisterTable
    start: int
    count: int
    registers: tuple[RegisterPoint, ...]

    @classmethod
    def around(cls, registers: Sequence[RegisterPoint]) -> Self:
        """The smallest block that holds these registers of one table, sorted by address."""
        start = registers[0].address
        end = max(_end(register) for register in registers)
        return cls(registers[0].table, start, end - start, tuple(registers))

    def halves(self) -> tuple["Block", "Block"]:
        """The same registers in two requests; for blocks of two registers or more."""
        middle = len(self.registers) // 2
        return Block.around(self.registers[:middle]), Block.around(self.registers[middle:])

    def part(self, register: RegisterPoint, words: Sequence[int]) -> Sequence[int]:
        """The words of one register of this block, out of those that answer the request."""
        first = register.address - self.start
        return words[first : first + width(register.type)]


def plan(registers: Iterable[RegisterPoint]) -> tuple[Block, ...]:
    """Blocks that hold every register once, by table and address.

    Raises BadConfig for a register that no request can read.
    """
    blocks: list[list[RegisterPoint]] = []
    end = 0
    for register in sorted(registers, key=lambda each: (each.table, each.address, _end(each))):
        _check(register)
        if blocks and _fits(blocks[-1][0], end, register):
            blocks[-1].append(register)
            end = max(end, _end(register))
        else:
            blocks.append([register])
            end = _end(register)
    return tuple(Block.around(block) for block in blocks)


def _fits(first: RegisterPoint, end: int, register: RegisterPoint) -> bool:
    """Whether the block from `first` up to `end` may grow to hold `register` too."""
    limits = LIMITS[register.table]
    return (
        register.table is first.table
        and register.address - end <= limits.gap
        and max(end, _end(register)) - first.address <= limits.most
    )


def _end(register: RegisterPoint) -> int:
    """The first address behind the value."""
    return register.address + width(register.type)


def _check(register: RegisterPoint) -> None:
    if (register.type is RegisterType.BIT) != (register.table in BIT_TABLES):
        raise BadConfig(register.point.id, f"a {register.table} cannot hold {register.type}")
    if register.address < 0 or _end(register) > 0x10000:
        raise BadConfig(register.point.id, f"address {register.address} is not in 0…65535")
