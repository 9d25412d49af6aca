"""How readings lie in the journal's table."""

import math
import sqlite3
from collections.abc import Iterable, Mapping

import msgspec

from gateway.errors import Malformed
from gateway.model.reading import Quality, Reading, Value

SCHEMA = """
CREATE TABLE IF NOT EXISTS reading (
    seq INTEGER PRIMARY KEY,
    point TEXT NOT NULL,
    value ANY,                   -- REAL: number, TEXT: state, BLOB: event as JSON, NULL: unknown
    quality INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS follower (
    name TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

INSERT = "INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?)"
SELECT = "SELECT seq, point, value, quality, taken_at, received_at FROM reading"

Stored = float | str | bytes | None
Columns = tuple[str, Stored, int, int, int]
"""All columns but seq."""
Row = tuple[int, str, Stored, int, int, int]

_CODES = {Quality.GOOD: 0, Quality.STALE: 1, Quality.BAD: 2, Quality.OFFLINE: 3}
_QUALITIES = {code: quality for quality, code in _CODES.items()}


def pack(reading: Reading) -> Columns:
    """The reading as columns. Malformed for what SQLite would refuse or silently change."""
    value = reading.value
    try:
        stored = _EVENT.encode(value) if isinstance(value, Mapping) else value
        if isinstance(stored, float) and not math.isfinite(stored):
            raise Malformed(reading.point, f"{stored} is not a finite number")
        if isinstance(stored, str):
            stored.encode()
        reading.point.encode()
        _check_integers(reading.point, stored, reading.taken_at, reading.received_at)
    except (UnicodeEncodeError, TypeError, msgspec.MsgspecError) as error:
        raise Malformed(reading.point, f"value cannot be stored ({error})") from error
    code = _CODES[reading.quality]
    return reading.point, stored, code, reading.taken_at, reading.received_at


def from_rows(rows: Iterable[Row]) -> list[Reading]:
    """The readings as they were appended, with their seq."""
    return [
        Reading(point, _unpack(value), taken_at, received_at, _QUALITIES[quality], seq)
        for seq, point, value, quality, taken_at, received_at in rows
    ]


def create(db: sqlite3.Connection) -> None:
    """Make the tables where they are not there yet."""
    db.executescript(SCHEMA)


def _check_integers(point: str, *values: object) -> None:
    for value in values:
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise Malformed(point, f"{value:.3g} is beyond 64 bits")


def _unpack(value: Stored) -> Value:
    if isinstance(value, bytes):
        event: dict[str, object] = msgspec.json.decode(value)
        return event
    return value


_EVENT = msgspec.json.Encoder()
