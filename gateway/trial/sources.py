"""Where the readings of a trial come from: the journal, also of a running gateway, or the history.
Nothing is ever written."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from gateway.errors import Missing, Refused, Unreachable
from gateway.history.duckdb.file import InUse
from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.protocol import Row
from gateway.journal import newest, rows
from gateway.model.clock import DAY, MINUTE, Micros
from gateway.model.reading import Reading

SLICE: Final = 20_000
"""Readings at a time."""

_LEAD: Final[Micros] = 5 * MINUTE
"""Drivers stamp before they queue, so stamps lie a little out of journal order."""


class Source(StrEnum):
    """Which store."""

    JOURNAL = "journal"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Part:
    """The next readings in order; `done`: the share of the window behind them."""

    readings: Sequence[Reading]
    done: float


class JournalSource:
    """`journal.db` of a data folder, which a running gateway may be writing to."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path

    def reaches_back_to(self) -> Micros:
        """When its oldest reading came. Missing where it has none."""
        return self._received(0)

    def standing(self, points: frozenset[str], start: Micros) -> list[Reading]:
        """The newest reading of each point before `start`."""
        before = self._first(start) - 1
        return [r for r in newest.latest(self._db, before) if r.point in points]

    def read(self, points: frozenset[str], start: Micros, end: Micros) -> Iterator[Part]:
        """Readings of these points received in [start, end), in journal order."""
        seq = self._first(start - _LEAD) - 1
        beyond = self._first(end + _LEAD)
        first = seq
        while slice_ := self._slice(seq, beyond):
            seq = slice_[-1].seq or beyond
            within = [r for r in slice_ if r.point in points and start <= r.received_at < end]
            yield Part(within, (seq - first) / max(1, beyond - first))

    def _slice(self, seq: int, beyond: int) -> list[Reading]:
        query = f"{rows.SELECT} WHERE seq > ? AND seq < ? ORDER BY seq LIMIT {SLICE}"
        return rows.from_rows(self._db.execute(query, (seq, beyond)))

    def _received(self, seq: int) -> Micros:
        query = "SELECT received_at FROM reading WHERE seq >= ? ORDER BY seq LIMIT 1"
        row = self._db.execute(query, (seq,)).fetchone()
        if row is None:
            raise Missing(str(self._path), "holds no readings", "has the gateway run?")
        return int(row[0])

    def _first(self, instant: Micros) -> int:
        """The place of the first reading received at that instant or later."""
        low, high = self._db.execute("SELECT min(seq), max(seq) + 1 FROM reading").fetchone()
        while low < high:
            middle = (low + high) // 2
            if self._received(middle) < instant:
                low = middle + 1
            else:
                high = middle
        return int(low)


@contextmanager
def journal_of(data: Path) -> Iterator[JournalSource]:
    """Missing where there is none, Unreachable where it cannot be read."""
    path = data / "journal.db"
    if not path.exists():
        raise Missing(str(path), "is not there", "look at site.data; has the gateway run?")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            yield JournalSource(db, path)
    except (sqlite3.Error, rows.Damaged) as error:
        raise Unreachable(str(path), f"cannot be read ({error})", "look at the log") from error


async def history_standing(
    history: DuckDbHistory, points: frozenset[str], start: Micros
) -> list[Reading]:
    """The newest reading of each point before `start`."""
    found = []
    for point in sorted(points):
        sample = await history.latest_before(point, start)
        if sample is not None:
            found.append(_reading(Row(point, sample), seq=0))
    return found


async def history_day(
    history: DuckDbHistory, points: frozenset[str], start: Micros, end: Micros
) -> list[Reading]:
    """Readings of these points taken in [start, end), a day at most, in the order of time."""
    assert end - start <= DAY
    found: list[Reading] = []
    try:
        async for part in history.scan(sorted(points), start, end):
            found += [_reading(row, seq=1) for row in part]
    except InUse as error:
        remedy = "stop the gateway, or try the days that its journal still holds"
        raise Refused(error.subject, "is in use by the running gateway", remedy) from error
    return sorted(found, key=lambda reading: (reading.taken_at, reading.point))


def _reading(row: Row, seq: int) -> Reading:
    """The history knows the device's time only. `seq` tells what came before the window from what
    came in it (see Start)."""
    at = row.sample.taken_at
    return Reading(row.point, row.sample.value, at, at, row.sample.quality, seq)
