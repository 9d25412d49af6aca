"""How readings lie in the journal's tables."""

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

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
CREATE TABLE IF NOT EXISTS delivered (   -- which message a reading came in: see redelivery.py
    seq INTEGER PRIMARY KEY,
    message INTEGER NOT NULL
) STRICT;
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
"""Rows of one statement: it takes a third of the time of one by one. More gain nothing."""
_NEXT = "(NULL, ?, ?, ?, ?, ?)"
_INSERT = "INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?)"
_INSERT_NEXT = f"INSERT INTO reading VALUES {_NEXT}"
_INSERT_NEXT_MANY = f"INSERT INTO reading VALUES {', '.join([_NEXT] * _AT_ONCE)}"

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
    if isinstance(value, float) and -_INFINITE < value < _INFINITE:
        stored = value
    else:
        stored = _checked(point, value)
    if not point.isascii():
        _checked(point, point)
    if not (_FIRST <= taken_at < _BEYOND and _FIRST <= received_at < _BEYOND):
        _check_integer(point, taken_at)
        _check_integer(point, received_at)
    return point, stored, _CODES[reading.quality], taken_at, received_at


def insert(db: sqlite3.Connection, first: int, columns: Sequence[Columns]) -> None:
    """Store rows at the places from `first` on, which is beyond all there are."""
    if not columns:
        return
    db.execute(_INSERT, (first, *columns[0]))
    # SQLite numbers on from there: one more than the highest (sqlite.org/autoinc.html).
    last_whole = len(columns) - (len(columns) - 1) % _AT_ONCE
    for start in range(1, last_whole, _AT_ONCE):
        group = columns[start : start + _AT_ONCE]
        db.execute(_INSERT_NEXT_MANY, list(chain.from_iterable(group)))
    db.executemany(_INSERT_NEXT, columns[last_whole:])


def from_rows(rows: Iterable[Row]) -> list[Reading]:
    """The readings as they were appended, with their seq. Damaged for what no reading gives."""
    try:
        return [
            Reading(point, _unpack(value), taken_at, received_at, _QUALITIES[quality], seq)
            for seq, point, value, quality, taken_at, received_at in rows
        ]
    except (KeyError, msgspec.DecodeError) as error:
        raise Damaged(f"a row holds what no reading gives ({error!r})") from error


def is_sound(row: tuple[Any, ...]) -> bool:
    """Whether from_rows can read it: of a damaged file that is not certain."""
    seq, point, value, quality, taken_at, received_at = row
    return (
        quality in _QUALITIES
        and type(point) is str
        and type(seq) is type(taken_at) is type(received_at) is int
        and (type(value) is not bytes or _is_event(value))
    )


def create(db: sqlite3.Connection) -> None:
    """Make the tables where they are not there yet."""
    db.executescript(SCHEMA)


def _checked(point: str, value: Value) -> Stored:
    """The value as SQLite stores it."""
    try:
        if isinstance(value, Mapping):
            return _EVENT.encode(value)
        if isinstance(value, str):
            value.encode()
    except (UnicodeEncodeError, TypeError, msgspec.MsgspecError) as error:
        raise Malformed(point, f"value cannot be stored ({error})") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise Malformed(point, f"{value} is not a finite number")
    _check_integer(point, value)
    return value


def _check_integer(point: str, value: object) -> None:
    if isinstance(value, int) and not _FIRST <= value < _BEYOND:
        raise Malformed(point, f"{value:.3g} is beyond 64 bits")


def _is_event(value: bytes) -> bool:
    try:
        return isinstance(_unpack(value), dict)
    except msgspec.DecodeError:
        return False


def _unpack(value: Stored) -> Value:
    if isinstance(value, bytes):
        event: dict[str, object] = msgspec.json.decode(value)
        return event
    return value
