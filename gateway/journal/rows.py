"""How readings lie in the journal's tables."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final

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
CREATE TABLE IF NOT EXISTS newest (      -- reading of every point, up to the mark 'newest'
    point TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    value ANY,
    quality INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS follower (    -- cursors kept for those that cannot keep their own
    name TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mark (        -- places the journal itself remembers: see Mark
    name TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

COLUMNS: Final = "seq, point, value, quality, taken_at, received_at"
SELECT: Final = f"SELECT {COLUMNS} FROM reading"

Stored = float | str | bytes | None
Columns = tuple[str, Stored, int, int, int]
"""All columns but seq."""
Row = tuple[int, str, Stored, int, int, int]

_CODES = {Quality.GOOD: 0, Quality.STALE: 1, Quality.BAD: 2, Quality.OFFLINE: 3}
_QUALITIES = {code: quality for quality, code in _CODES.items()}

_AT_ONCE: Final = 100
"""Rows of one statement: twice as quick as one by one. More gain nothing."""
_ROW = "(?, ?, ?, ?, ?, ?)"
_INSERT = f"INSERT INTO reading VALUES {_ROW}"
_INSERT_MANY = f"INSERT INTO reading VALUES {', '.join([_ROW] * _AT_ONCE)}"

_FIRST, _BEYOND = -(2**63), 2**63
_INFINITE: Final = float("inf")
_EVENT = msgspec.json.Encoder()


class Damaged(Exception):
    """What was read from the file can never have been written to it."""


def pack(reading: Reading) -> Columns:
    """The reading as columns. Malformed for what SQLite would refuse or silently change."""
    point, value = reading.point, reading.value
    taken_at, received_at = reading.taken_at, reading.received_at
    stored: Stored
    try:
        if isinstance(value, Mapping):
            stored = _EVENT.encode(value)
        else:
            stored = value
            if isinstance(value, float):
                if not -_INFINITE < value < _INFINITE:
                    raise Malformed(point, f"{value} is not a finite number")
            elif isinstance(value, str):
                value.encode()
            else:
                _check_integer(point, value)
        point.encode()
    except (UnicodeEncodeError, TypeError, msgspec.MsgspecError) as error:
        raise Malformed(point, f"value cannot be stored ({error})") from error
    if not (_FIRST <= taken_at < _BEYOND and _FIRST <= received_at < _BEYOND):
        _check_integer(point, taken_at)
        _check_integer(point, received_at)
    return point, stored, _CODES[reading.quality], taken_at, received_at


def insert(db: sqlite3.Connection, first: int, columns: Sequence[Columns]) -> None:
    """Store rows at the places from `first` on."""
    numbered = [(seq, *row) for seq, row in enumerate(columns, first)]
    whole = len(numbered) - len(numbered) % _AT_ONCE
    for start in range(0, whole, _AT_ONCE):
        group = numbered[start : start + _AT_ONCE]
        db.execute(_INSERT_MANY, list(chain.from_iterable(group)))
    db.executemany(_INSERT, numbered[whole:])


def from_rows(rows: Iterable[Row]) -> list[Reading]:
    """The readings as they were appended, with their seq. Damaged for what no reading gives."""
    try:
        return [
            Reading(point, _unpack(value), taken_at, received_at, _QUALITIES[quality], seq)
            for seq, point, value, quality, taken_at, received_at in rows
        ]
    except (KeyError, msgspec.DecodeError) as error:
        raise Damaged(f"a row holds what no reading gives ({error!r})") from error


def create(db: sqlite3.Connection) -> None:
    """Make the tables where they are not there yet."""
    db.executescript(SCHEMA)


def _check_integer(point: str, value: object) -> None:
    if isinstance(value, int) and not _FIRST <= value < _BEYOND:
        raise Malformed(point, f"{value:.3g} is beyond 64 bits")


def _unpack(value: Stored) -> Value:
    if isinstance(value, bytes):
        event: dict[str, object] = msgspec.json.decode(value)
        return event
    return value
