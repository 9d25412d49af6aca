"""Modbus lines asked by hand, by `gatehouse modbus`: which line is meant, and who else uses it."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Final, Self

from drivers.modbus.probe import Unit, read, scan, value_at, write
from gateway.errors import BadConfig, Refused
from gateway.journal.lock import is_held
from gateway.model.clock import MILLISECOND, SECOND
from gateway.model.reading import Value
from gateway.model.text import Language, Text
from gateway.site.connection_model import Framing, ModbusLine, Serial, Tcp
from gateway.site.load import load_site
from gateway.site.modbus_model import Order, RegisterPoint, RegisterTable, RegisterType
from gateway.site.model import Site
from gateway.site.register_writes import raw_range

_HEAD: Final = Text("address  raw  value", "地址  原始值  数值")
_ASK_WRITE: Final = Text(
    "Write {value} to {place} of unit {unit} at {line}? A machine may move. No other master may use"
    " this line now.",
    "向 {line} 从站 {unit} 的 {place} 写入 {value}？设备可能动作；此时该线路上不得有其他主站。",
)
_WRITTEN: Final = Text("Written. Read back:", "已写入，读回：")
_HOLDS: Final = Text(
    "{type} holds {least:.15g} to {most:.15g}", "{type} 可写入 {least:.15g} 至 {most:.15g}"
)
_TEXTS: Final = frozenset({RegisterType.STRING, RegisterType.TIME})
_ASK_SCAN: Final = Text(
    "Ask units {first} to {last} at {line}, {rate:g} a second at most ({lasts:.0f} s when none"
    " answers)? No other master may use this line now.",
    "在 {line} 上逐个询问从站 {first}–{last}，每秒最多 {rate:g} 个（全部无应答约 {lasts:.0f} 秒）？"
    "此时该线路上不得有其他主站。",
)
_UNIT: Final = Text("unit {unit}: {said}", "从站 {unit}：{said}")
_FOUND: Final = Text(
    "{found} found; asked up to unit {last}", "找到 {found} 个；已询问至从站 {last}"
)


def place_of(
    table: str, address: str, kind: str, byte_order: str, word_order: str, registers: int = 1
) -> RegisterPoint:
    """A value as it lies there, by the register map's words. Raises BadConfig, Refused."""
    return value_at(
        RegisterTable(table),
        _address_of(address),
        RegisterType(kind),
        byte_order=Order(byte_order),
        word_order=Order(word_order),
        registers=registers,
    )


def _address_of(text: str) -> int:
    try:
        address = int(text, 0)
    except ValueError:
        address = -1
    if not 0 <= address <= 0xFFFF:
        remedy = "give the protocol's, 0 to 65535 or 0x0 to 0xFFFF; 40001 and 400001 are 0"
        raise BadConfig(text, "is no address", remedy)
    return address


def number_of(text: str) -> float:
    """What an engineer writes: 12, 0x1F, -2.5. Raises BadConfig."""
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not isfinite(number):
        raise BadConfig(text, "is no number", "give one such as 1, 0x1F or -2.5")
    return number


@dataclass(frozen=True, slots=True)
class LineAtHand:
    """A line, the site it may be one of, and the language its findings are told in."""

    line: ModbusLine
    site: Site | None
    language: Language

    @classmethod
    def named(
        cls, where: str, site_file: Path | None, framing: str, timeout_s: float, language: str
    ) -> Self:
        """A connection of the site by its id, or HOST:PORT. Raises BadConfig."""
        site = None if site_file is None else load_site(site_file, os.environ)
        lines = {} if site is None else {line.id: line for line in _lines(site)}
        if where in lines:
            return cls(lines[where], site, Language(language))
        host, _, port = where.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 0x10000:
            ids = f"one of {', '.join(lines)}" if lines else "--site and a connection's id"
            raise BadConfig(where, "is no Modbus line", f"give HOST:PORT, or {ids}")
        patience = round(timeout_s * 1000) * MILLISECOND
        line = ModbusLine(where, Tcp(host.strip("[]"), int(port)), Framing(framing), patience)
        return cls(line, site, Language(language))

    def check_free(self) -> None:
        """Raises Refused while the site's gateway runs and has this line. Others, which are not
        known here, cannot be found out about."""
        if self.site is None or self.line.place not in {each.place for each in _lines(self.site)}:
            return
        if is_held(self.site.data / "journal.db"):
            raise Refused(
                self.line.id,
                "is in use by the running gateway",
                "command the device by the page Access or the API, or stop the gateway before",
            )

    def check_readable(self) -> None:
        """The same where two who read would disturb each other: on serial lines."""
        if isinstance(self.line.transport, Serial) or self.line.framing is not Framing.TCP:
            self.check_free()

    async def read(self, unit: int, first: RegisterPoint, count: int) -> Iterator[str]:
        """What to print. Raises what probe.read does."""
        found = await read(self.line, unit, first, count)
        return self._rows(
            (
                each.address,
                " ".join(f"0x{word:04X}" for word in each.words),
                _shown(each.value, first),
            )
            for each in found
        )

    def check_holds(self, place: RegisterPoint, value: float) -> None:
        """Raises Refused for a number that cannot lie there."""
        if place.type in _TEXTS:
            return
        least, most = raw_range(place)
        if not least <= value <= most:
            told = _HOLDS.in_(self.language).format(type=place.type, least=least, most=most)
            raise Refused(f"{value:.15g}", told)

    async def write(
        self, unit: int, place: RegisterPoint, value: float, function: int | None
    ) -> str:
        """What to print. Raises what probe.write does."""
        await write(self.line, unit, place, value, function)
        return _WRITTEN.in_(self.language)

    async def scan(self, units: range, rate: float, tell: Callable[[str], None]) -> None:
        """Tells who answers, and, when it is broken off too, how far it came. Raises what
        probe.scan does."""
        found, asked = 0, units.start
        try:
            async for unit in scan(self.line, units, round(SECOND / rate)):
                asked = unit.number if isinstance(unit, Unit) else unit
                if isinstance(unit, Unit):
                    found += 1
                    said = " · ".join([unit.said, *unit.identity])
                    tell(_UNIT.in_(self.language).format(unit=unit.number, said=said))
        finally:
            tell(_FOUND.in_(self.language).format(found=found, last=asked))

    def question_to_write(self, unit: int, place: RegisterPoint, value: str) -> str:
        """What is asked before."""
        return _ASK_WRITE.in_(self.language).format(
            value=value, place=place.point.id, unit=unit, line=self.line.transport
        )

    def question_to_scan(self, units: range, rate: float) -> str:
        """What is asked before."""
        each = max(1 / rate, self.line.timeout / SECOND)
        return _ASK_SCAN.in_(self.language).format(
            first=units[0],
            last=units[-1],
            line=self.line.transport,
            rate=rate,
            lasts=len(units) * each,
        )

    def _rows(self, rows: Iterable[tuple[int, str, str]]) -> Iterator[str]:
        yield _HEAD.in_(self.language)
        for address, raw, value in rows:
            yield f"{address:7}  {raw}  {value}"


def _shown(value: Value, lies: RegisterPoint) -> str:
    """With as many digits as its registers hold."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.{_DIGITS.get(lies.type, 17)}g}"


_DIGITS: Final = {RegisterType.FLOAT16: 4, RegisterType.FLOAT32: 8, RegisterType.FLOAT64: 15}


def _lines(site: Site) -> list[ModbusLine]:
    return [each for each in site.connections if isinstance(each, ModbusLine)]
