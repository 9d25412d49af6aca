"""What each unit will be asked for, for an engineer to read before anything is connected."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from unicodedata import east_asian_width

from drivers.modbus.plan import Block, plan
from gateway.model.clock import MILLISECOND, SECOND, Micros
from gateway.model.text import Language, Text
from gateway.site.connection_model import Framing, ModbusLine, Serial
from gateway.site.modbus_model import BIT_TABLES, ModbusAddress, RegisterPoint, RequestLimits

_REQUEST: Final = 5
"""Bytes of a reading request without its framing: function, start and count."""
_FRAME: Final = {Framing.TCP: 7, Framing.RTU: 3, Framing.ASCII: 2}
"""Header with unit; unit and CRC; unit and LRC, before they are written in hexadecimal."""
_LEAST_SILENCE: Final[Micros] = 1750

_HEADS: Final = (
    Text("every", "周期"),
    Text("table", "数据表"),
    Text("start", "起始"),
    Text("count", "数量"),
    Text("points", "点位"),
    Text("unwanted", "多读"),
    Text("bytes", "字节"),
    Text("time", "耗时"),
)
_LINE: Final = Text("{id}: {place}, {framing}", "{id}：{place}，{framing}")
_UNIT: Final = Text("  unit {unit}: {devices}", "  从站 {unit}：{devices}")
_TOGETHER: Final = Text(
    "    requests when all is due together: {joined}",
    "    全部同时到期时的请求数：{joined}",
)
_DUTY: Final = Text(
    "  line busy for {duty:.0%} of the time, without what the devices take to answer",
    "  线路占用 {duty:.0%}（不含设备应答时间）",
)

_TOO_BUSY = Text(
    "{id} would be busy for {duty:.0%} of the time; take longer periods, or a second line",
    "{id} 的线路占用将达 {duty:.0%}；请延长轮询周期，或分到第二条线路",
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One request, how often it is made, how many bytes it and its answer take on the wire, and how
    long they take there; None where no baud rate says so."""

    every: Micros
    block: Block
    bytes: int
    lasts: Micros | None


class _Requests(NamedTuple):
    """What a unit is asked for: as rows of a table, and how many are left where all is due."""

    rows: tuple[tuple[str, ...], ...]
    joined: int


def planned(line: ModbusLine, unit: ModbusAddress) -> list[Planned]:
    """The requests for registers that are read together."""
    return [_planned(line, unit.period, block) for block in plan(unit.registers, unit.limits)]


def report(line: ModbusLine, units: Iterable[ModbusAddress], language: Language) -> Iterator[str]:
    """The lines to print for one connection; units asked for the same are told together."""
    place = str(line.transport)
    if isinstance(line.transport, Serial):
        place += f" {line.transport.baud} Bd"
    yield _LINE.in_(language).format(id=line.id, place=place, framing=line.framing)
    alike: defaultdict[_Requests, list[ModbusAddress]] = defaultdict(list)
    units = list(units)
    for parts in _by_unit(units):
        requests = [request for part in parts for request in planned(line, part)]
        alike[_Requests(tuple(map(_row, requests)), _joined(parts))] += parts
    for (rows, joined), same in alike.items():
        numbers, devices = map(", ".join, (_numbers(same), _devices(same)))
        yield _UNIT.in_(language).format(unit=numbers, devices=devices)
        yield from _table([tuple(head.in_(language) for head in _HEADS), *rows])
        if joined < len(rows):
            yield _TOGETHER.in_(language).format(joined=joined)
    if duty := _duty(line, units):
        yield _DUTY.in_(language).format(duty=duty)


def overbusy(line: ModbusLine, units: Iterable[ModbusAddress]) -> Iterator[Text]:
    """That a line can never do what is asked of it, where its baud rate says so."""
    duty = _duty(line, units)
    if duty > 1:
        yield Text(*(each.format(id=line.id, duty=duty) for each in (_TOO_BUSY.en, _TOO_BUSY.zh)))


def _duty(line: ModbusLine, units: Iterable[ModbusAddress]) -> float:
    """Its share of the time, without what the devices take to answer."""
    requests = (request for unit in units for request in planned(line, unit))
    return sum((request.lasts or 0) / request.every for request in requests)


def _by_unit(units: Iterable[ModbusAddress]) -> Iterable[Sequence[ModbusAddress]]:
    """What is read of one unit, the most frequent first."""
    found: defaultdict[int, list[ModbusAddress]] = defaultdict(list)
    for part in sorted(units, key=lambda part: part.period):
        found[part.unit].append(part)
    return found.values()


def _joined(parts: Sequence[ModbusAddress]) -> int:
    alike: defaultdict[tuple[RequestLimits, Micros], list[RegisterPoint]] = defaultdict(list)
    for part in parts:
        alike[part.limits, part.pause] += part.registers
    return sum(len(plan(registers, limits)) for (limits, _), registers in alike.items())


def _numbers(units: Iterable[ModbusAddress]) -> Iterable[str]:
    return dict.fromkeys(str(unit.unit) for unit in units)


def _devices(units: Iterable[ModbusAddress]) -> Iterable[str]:
    return dict.fromkeys(each.point.device for unit in units for each in unit.registers)


def _planned(line: ModbusLine, period: Micros, block: Block) -> Planned:
    data = -(-block.count // 8) if block.table in BIT_TABLES else 2 * block.count
    sizes = [_framed(line.framing, _REQUEST), _framed(line.framing, 2 + data)]
    lasts = None
    if isinstance(line.transport, Serial):
        character = line.transport.character
        silence = max(character * 7 // 2, _LEAST_SILENCE)
        lasts = sum(sizes) * character + 2 * silence
    return Planned(period, block, sum(sizes), lasts)


def _framed(framing: Framing, message: int) -> int:
    """Bytes on the wire; ASCII has two characters for each, a colon before and CR LF behind."""
    framed = message + _FRAME[framing]
    return 2 * framed + 3 if framing is Framing.ASCII else framed


def _row(request: Planned) -> tuple[str, ...]:
    block = request.block
    return (
        f"{request.every / SECOND:g} s",
        block.table,
        str(block.start),
        str(block.count),
        str(len(block.registers)),
        str(block.unwanted),
        str(request.bytes),
        "–" if request.lasts is None else f"{request.lasts / MILLISECOND:.1f} ms",
    )


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "    " + "  ".join(_padded(zip(row, widths, strict=True)))


def _padded(cells: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Words to the left (the second column), figures to the right."""
    for column, (cell, width) in enumerate(cells):
        room = " " * (width - _width(cell))
        yield cell + room if column == 1 else room + cell


def _width(text: str) -> int:
    """Columns of a terminal."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
