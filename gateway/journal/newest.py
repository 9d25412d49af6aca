"""The newest reading of every point: known without reading the whole file, and after the readings
themselves were deleted.

A table holds it up to a mark; what came later stands among the readings. Nothing beyond the mark is
ever deleted.
"""

import sqlite3

from gateway.journal import marks
from gateway.journal.marks import Mark
from gateway.journal.rows import COLUMNS, from_rows
from gateway.model.reading import Reading

# Of a group, SQLite gives the row that has the max() (sqlite.org/lang_select.html, "bare columns").
_ADVANCE = """
INSERT INTO newest (point, seq, value, quality, taken_at, received_at)
SELECT point, max(seq), value, quality, taken_at, received_at
FROM reading WHERE seq > ? AND seq <= ? GROUP BY point
ON CONFLICT (point) DO UPDATE SET seq = excluded.seq, value = excluded.value,
    quality = excluded.quality, taken_at = excluded.taken_at, received_at = excluded.received_at
WHERE excluded.seq > newest.seq
"""

# Before the mark the table tells nothing of what stood there then: so all readings are looked at.
_LATEST = f"""
WITH since AS (SELECT coalesce(
    (SELECT seq FROM mark WHERE name = '{Mark.NEWEST}' AND seq <= :until), 0) AS seq),
known AS (
    SELECT {COLUMNS} FROM newest WHERE seq <= :until
    UNION ALL
    SELECT {COLUMNS} FROM reading WHERE seq > (SELECT seq FROM since) AND seq <= :until)
SELECT max(seq), point, value, quality, taken_at, received_at FROM known GROUP BY point
"""


def advance(db: sqlite3.Connection, to: int) -> None:
    """Move the mark up to `to`. In a transaction of the caller's."""
    mark = marks.get(db, Mark.NEWEST)
    if to > mark:
        db.execute(_ADVANCE, (mark, to))
        marks.put(db, Mark.NEWEST, to)


def latest(db: sqlite3.Connection, until: int) -> list[Reading]:
    """The newest reading of every point as it was at the place `until`. For a place before the
    mark it looks through the whole file, and does not know what was deleted since."""
    return from_rows(db.execute(_LATEST, {"until": until}))
