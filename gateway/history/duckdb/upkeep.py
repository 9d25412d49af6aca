"""What keeps a history's DuckDB file fast and small, in slices of a fraction of a second."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.history.duckdb.file import HistoryFile
from gateway.model.clock import Micros

SLICE = 120_000
"""About so many readings are moved or deleted at once: a row group of DuckDB."""

COUNTS = """
SELECT point, count(*), min(taken_at) FROM arrived
WHERE taken_at < $before GROUP BY point ORDER BY point
"""

MOVE = """
INSERT INTO settled FROM arrived
WHERE point BETWEEN $first AND $last AND taken_at >= $start AND taken_at < $end
ORDER BY point, taken_at
"""

SETTLED_TO = """
UPDATE points SET settled_to = greatest(settled_to, $end)
WHERE id BETWEEN $first AND $last
"""

MOVED = """
DELETE FROM arrived
WHERE point BETWEEN $first AND $last AND taken_at >= $start AND taken_at < $end
"""

FORGET = """
DELETE FROM {table} WHERE rowid IN (
    SELECT rowid FROM {table} WHERE point IN ({points}) AND taken_at < $cutoff LIMIT $most
)
"""


@dataclass(frozen=True, slots=True)
class Slice:
    """The readings of the points numbered `first` to `last` taken in [start, end)."""

    first: int
    last: int
    start: Micros
    end: Micros


def slices_to_settle(file: HistoryFile, before: Micros, least: int) -> Sequence[Slice]:
    """What is to be moved, in order; nothing when fewer than `least` readings have arrived."""
    ((arrived,),) = file.db.execute("SELECT count(*) FROM arrived").fetchall()
    if arrived < least:
        return []
    return list(_slices(file.db.execute(COUNTS, {"before": before}).fetchall(), before))


def settle_slice(file: HistoryFile, piece: Slice) -> int:
    """Move it, in one transaction: nobody sees a reading twice or not at all."""
    db = file.db
    where = {"first": piece.first, "last": piece.last}
    span = {"start": piece.start, "end": piece.end}
    db.begin()
    db.execute(MOVE, {**where, **span}).fetchall()
    db.execute(SETTLED_TO, {**where, "end": piece.end}).fetchall()
    ((moved,),) = db.execute(MOVED, {**where, **span}).fetchall()
    db.commit()
    return int(moved)


def forget_slice(file: HistoryFile, points: Sequence[str], cutoff: Micros) -> int:
    """Delete some of what those points said before `cutoff`; 0 when there is nothing left."""
    numbers = ", ".join(map(str, file.ids(points).values()))
    for table in ("settled", "arrived"):
        delete = FORGET.format(table=table, points=numbers)
        asked = {"cutoff": cutoff, "most": SLICE}
        ((gone,),) = file.db.execute(delete, asked).fetchall()
        if gone:
            return int(gone)
    return 0


def _slices(counts: Sequence[tuple[int, int, Micros]], end: Micros) -> Iterator[Slice]:
    """Neighbouring points together up to SLICE readings; a point with more, by time."""
    first, gathered, start = None, 0, end
    for n, (point, count, oldest) in enumerate(counts):
        if first is None:
            first, gathered, start = point, 0, end
        gathered, start = gathered + count, min(start, oldest)
        following = counts[n + 1][1] if n + 1 < len(counts) else SLICE
        if gathered + following > SLICE:
            yield from _by_time(Slice(first, point, start, end), -(-gathered // SLICE))
            first = None


def _by_time(piece: Slice, parts: int) -> Iterator[Slice]:
    width = -(-(piece.end - piece.start) // parts)
    for start in range(piece.start, piece.end, width):
        yield Slice(piece.first, piece.last, start, min(start + width, piece.end))
