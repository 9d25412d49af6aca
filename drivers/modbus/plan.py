"""Which requests read a unit's registers: few, none torn, none too long."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Self

from drivers.modbus.codec import Decoder
from gateway.errors import BadConfig
from gateway.site.modbus_model import (
    BIT_TABLES,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    RequestLimits,
)

Seam = tuple[RegisterTable, int]
"""An address no request may read beyond from below: what lies there begins another one."""


@dataclass(frozen=True, slots=True)
class Block:
    """One request: `count` registers or bits of `table` from `start`, which hold `registers`.
    `points` are theirs, in the same order."""

    table: RegisterTable
    start: int
    count: int
    registers: tuple[RegisterPoint, ...]
    points: tuple[str, ...] = field(repr=False, compare=False)
    decode: Decoder = field(repr=False, compare=False)

    @classmethod
    def around(cls, registers: Sequence[RegisterPoint]) -> Self:
        """The smallest block that holds these registers of one table, sorted by address."""
        start = registers[0].address
        count = max(register.end for register in registers) - start
        points = tuple(register.point.id for register in registers)
        decoder = Decoder(registers, start)
        return cls(registers[0].table, start, count, tuple(registers), points, decoder)

    @property
    def place(self) -> tuple[RegisterTable, int, int]:
        """Table, start and count: what a unit is asked."""
        return self.table, self.start, self.count

    @property
    def unwanted(self) -> int:
        """How many are read along that nothing lies in."""
        wanted = {each for held in self.registers for each in range(held.address, held.end)}
        return self.count - len(wanted)

    def halves(self) -> tuple["Block", "Block"] | None:
        """The same registers in two requests; None where all lie in the same place."""
        places = [list(held) for _, held in groupby(self.registers, key=place_of)]
        middle = len(places) // 2
        if not middle:
            return None
        first, second = chain(*places[:middle]), chain(*places[middle:])
        return Block.around(tuple(first)), Block.around(tuple(second))


def plan(
    registers: Iterable[RegisterPoint],
    limits: RequestLimits = RequestLimits(),
    seams: Collection[Seam] = (),
    missing: Collection[str] = (),
) -> tuple[Block, ...]:
    """Blocks that hold every register once, by table and address, but for points that
    are `missing`: no block reaches to where one of those begins.

    Raises BadConfig for a register that no request can read.
    """
    blocks: list[list[RegisterPoint]] = []
    open_block = False
    end = 0
    for register in sorted(registers, key=place_of):
        _check(register, limits)
        if register.point.id in missing:
            open_block = False
            continue
        if open_block and _fits(blocks[-1][0], end, register, limits, seams):
            blocks[-1].append(register)
            end = max(end, register.end)
        else:
            blocks.append([register])
            end = register.end
            open_block = True
    return tuple(Block.around(block) for block in blocks)


def place_of(register: RegisterPoint) -> tuple[RegisterTable, int, int]:
    """Table, first address and the one behind: what is there or not as a whole."""
    return register.table, register.address, register.end


def _fits(
    first: RegisterPoint,
    end: int,
    register: RegisterPoint,
    limits: RequestLimits,
    seams: Collection[Seam],
) -> bool:
    """Whether the block from `first` up to `end` may grow to hold `register` too."""
    most, gap = _allowed(register.table, limits)
    return (
        register.table is first.table
        and register.address - end <= gap
        and max(end, register.end) - first.address <= most
        and not any(
            table is first.table and first.address < seam <= register.address
            for table, seam in seams
        )
    )


def _allowed(table: RegisterTable, limits: RequestLimits) -> tuple[int, int]:
    """The most in one request, and how many unwanted ones side by side."""
    if table in BIT_TABLES:
        return limits.bits, limits.bit_gap
    return limits.registers, limits.gap


def _check(register: RegisterPoint, limits: RequestLimits) -> None:
    point = register.point.id
    if (register.table in BIT_TABLES) > (register.type is RegisterType.BIT):
        raise BadConfig(point, f"{register.table.one} cannot hold {register.type}")
    if register.address < 0 or register.end > 0x10000:
        raise BadConfig(point, f"address {register.address} is not in 0…65535")
    if register.width > _allowed(register.table, limits)[0]:
        raise BadConfig(point, f"takes {register.width} registers, and no request so many")
