"""What a broker sends a second time: it cannot know that the first was journalled when the
connection broke before the acknowledgement. (MQTT 5, 4.4: QoS 1 is "at least once".)"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from gateway.journal.rows import Columns, Stored

LOOKED_AT: Final = 100_000
"""Newest readings a second one is looked for among."""

Identity = tuple[str, Stored, int, int]
"""Point, value, quality, taken_at: the same when sent again. Only received_at is another."""

# By instant first: SQLite then hands over few rows.
_AMONG = f"""
SELECT point, value, quality, taken_at
FROM (SELECT * FROM reading ORDER BY seq DESC LIMIT {LOOKED_AT})
WHERE taken_at BETWEEN ? AND ?
"""


def new_ones(db: sqlite3.Connection, columns: Sequence[Columns]) -> list[int]:
    """The places in `columns` of those that are not among the newest readings; of equal ones the
    first. `columns` is not empty."""
    instants = [row[3] for row in columns]
    journalled = db.execute(_AMONG, (min(instants), max(instants)))
    known: set[Identity] = {row[:4] for row in columns}.intersection(journalled)
    first_of_each: dict[Identity, int] = {}
    for place, row in enumerate(columns):
        if row[:4] not in known:
            first_of_each.setdefault(row[:4], place)
    return list(first_of_each.values())
