"""What an engineer asks a line by hand: registers read, one value written, units looked for."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from drivers.modbus.codec import decode
from drivers.modbus.commands import write_words
from drivers.modbus.encoding import encode
from drivers.modbus.line import Line, NoAnswer
from drivers.modbus.wire import Wires
from gateway.errors import Malformed, Refused
from gateway.model.clock import Micros
from gateway.model.point import Point, PointKind
from gateway.model.reading import Value
from gateway.model.text import Text
from gateway.site.connection_model import Framing, ModbusLine
from gateway.site.modbus_model import (
    BIT_TABLES,
    Order,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    Writable,
)

_MOST: Final = {True: 2000, False: 125}
"""In one request: of bits, of registers (Modbus Application Protocol V1.1b3, 6.1–6.4)."""


@dataclass(frozen=True, slots=True)
class Found:
    """One value where it lies: its registers (or bits), and what they say; None: no such value."""

    address: int
    words: Sequence[int]
    value: Value


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that is there. `said`: what it answered holding register 0 with; `identity`: maker,
    product and revision, where it tells them."""

    number: int
    said: str
    identity: Sequence[str]


def value_at(
    table: RegisterTable,
    address: int,
    kind: RegisterType,
    *,
    byte_order: Order = Order.BIG,
    word_order: Order = Order.BIG,
    registers: int = 1,
) -> RegisterPoint:
    """A value as it lies there. `registers`: of a string. In a table of bits all are bits. Raises
    Refused for a bit elsewhere."""
    if kind is RegisterType.BIT and table not in BIT_TABLES:
        raise Refused(f"{table} {address}", "is no bit", "read it as uint16 and look at its bits")
    text = kind in (RegisterType.STRING, RegisterType.TIME)
    point = Point(f"{table} {address}", PointKind.TEXT if text else PointKind.NUMBER, Text("", ""))
    kind = RegisterType.BIT if table in BIT_TABLES else kind
    return RegisterPoint(
        point, table, address, kind, word_order, byte_order=byte_order, length=registers
    )


async def read(line: ModbusLine, unit: int, first: RegisterPoint, count: int) -> list[Found]:
    """`count` values like `first`, one behind the other, in one request. Raises what Line.read
    does, and Refused for more than a request can bring."""
    size, most = count * first.width, _MOST[first.table in BIT_TABLES]
    if size > most or first.address + size > 0x10000:
        raise Refused(
            f"{line.id} {first.point.id}", f"one request brings {most} up to address 65535 at most"
        )
    async with Line(line) as open_line:
        words = await open_line.read(unit, first.table, first.address, size)
    found = []
    for start in range(0, size, first.width):
        own = words[start : start + first.width]
        value, _ = decode(first, own)
        found.append(Found(first.address + start, own, value))
    return found


async def write(
    line: ModbusLine, unit: int, place: RegisterPoint, value: float | str, function: int | None
) -> None:
    """Writes it, once. Raises what Line.write does, and Refused for what cannot be held there and
    for all units at once."""
    if not unit and line.framing is not Framing.TCP:
        raise Refused(line.id, "unit 0 is all of them", "name a unit from 1 to 247")
    words = encode(place, value)
    async with Line(line) as open_line:
        await write_words(open_line, unit, Writable(place, function), words)


async def scan(
    line: ModbusLine, units: Iterable[int], every: Micros, wires: Wires | None = None
) -> AsyncIterator[Unit | int]:
    """Asks each for holding register 0, with at least `every` between two requests: its number when
    nobody answers, else what it is. Raises Unreachable when the line itself is."""
    slowly = replace(line, pause_between_requests=max(every, line.pause_between_requests))
    async with Line(slowly, wires) as open_line:
        for number in units:
            try:
                (word,) = await open_line.read(number, RegisterTable.HOLDING_REGISTER, 0, 1)
            except NoAnswer:
                yield number
                continue
            except (Refused, Malformed) as answer:
                said = answer.problem
            else:
                said = f"0x{word:04X}"
            yield Unit(number, said, await _identity(open_line, number))


async def _identity(line: Line, unit: int) -> Sequence[str]:
    try:
        return await line.identify(unit)
    except (Refused, Malformed, NoAnswer):
        return ()
