"""Stored readings as a table, for spreadsheets and data frames.

Columns: `point`; `taken_at` in ISO 8601 with the site's offset; one of `number`, `state` and
`event` (JSON), the others empty; `unit` (UCUM); `quality`.
"""

import asyncio
import fnmatch
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from gateway.errors import Missing
from gateway.history.protocol import History, Row
from gateway.model.clock import Micros, to_datetime
from gateway.model.point import Point
from gateway.spreadsheet import BOM, csv_lines, harmless

COLUMNS = {
    "point": "VARCHAR",
    "taken_at": "TIMESTAMPTZ",
    "number": "DOUBLE",
    "state": "VARCHAR",
    "event": "VARCHAR",
    "unit": "VARCHAR",
    "quality": "VARCHAR",
}
"""By name, and their types in Parquet."""

_PARQUET = """
COPY (SELECT * FROM read_csv($source, header = true, auto_detect = false, delim = ',',
    quote = '"', escape = '"', nullstr = '', columns = {columns}))
TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""


@dataclass(frozen=True, slots=True)
class Table:
    """What is exported: readings of `points` taken in [start, end), times in `zone`.

    With `harmless`, texts that a spreadsheet would take for a formula begin with an apostrophe.
    """

    points: Sequence[Point]
    start: Micros
    end: Micros
    zone: ZoneInfo
    harmless: bool = True


class Part(NamedTuple):
    """Some lines of the CSV, how many readings they are, and which share of all is then done."""

    text: bytes
    readings: int
    done: float


def matching(points: Mapping[str, Point], patterns: Iterable[str]) -> Sequence[Point]:
    """The points whose id matches one of the patterns (`tank/*`), in the order of the site file.
    Missing where a pattern matches none."""
    wanted: set[str] = set()
    for pattern in patterns:
        found = fnmatch.filter(points, pattern)
        if not found:
            raise Missing(f"points {pattern}", "match none of the site file")
        wanted.update(found)
    return [point for point in points.values() if point.id in wanted]


async def csv_parts(history: History, table: Table) -> AsyncIterator[Part]:
    """The CSV (RFC 4180, UTF-8 with the mark by which Excel knows it) in parts of bounded size. The
    first comes with the first readings: what keeps a history from answering is raised before."""
    lines = _Lines(table)
    head = lines.head()
    async for rows in history.scan([p.id for p in table.points], table.start, table.end):
        # Not in the event loop: ten thousand lines take a while.
        text = await asyncio.to_thread(lines.text, rows)
        yield Part(head + text, len(rows), lines.done(rows[-1]))
        head = b""
    yield Part(head, 0, 1.0)


def to_parquet(source: Path, target: Path) -> None:
    """The CSV at `source`, not made harmless, as Parquet; times in UTC. Blocks."""
    columns = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items()) + "}"
    quoted = str(target).replace("'", "''")
    import duckdb  # noqa: PLC0415  # 13 MB that a history elsewhere does without

    with duckdb.connect(config={"threads": 2, "memory_limit": "256MB"}) as db:
        statement = _PARQUET.format(columns=columns, target=quoted)
        db.execute(statement, {"source": str(source)}).fetchall()


class _Lines:
    """Rows as lines."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._units = {point.id: point.unit for point in table.points}
        self._order = {point.id: n for n, point in enumerate(table.points)}

    def head(self) -> bytes:
        return BOM.encode() + csv_lines([tuple(COLUMNS)])

    def text(self, rows: Sequence[Row]) -> bytes:
        return csv_lines(map(self._cells, rows))

    def done(self, last: Row) -> float:
        """The share of all that is behind that row: points take the same time, roughly."""
        table = self._table
        within = (last.sample.taken_at - table.start) / (table.end - table.start)
        return (self._order[last.point] + within) / len(self._order)

    def _cells(self, row: Row) -> Sequence[object]:
        value = row.sample.value
        number = state = event = None
        if isinstance(value, str):
            state = self._text(value)
        elif isinstance(value, Mapping):
            event = self._text(msgspec.json.encode(value).decode())
        else:
            number = value
        at = to_datetime(row.sample.taken_at).astimezone(self._table.zone)
        taken_at = at.isoformat(timespec="microseconds")
        unit = self._text(self._units[row.point]) if number is not None else None
        return self._text(row.point), taken_at, number, state, event, unit, row.sample.quality.value

    def _text(self, text: str) -> str:
        return harmless(text) if self._table.harmless else text
