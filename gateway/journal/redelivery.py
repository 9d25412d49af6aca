"""What a broker sends a second time: it cannot know that the first was journalled when the
connection broke before the acknowledgement. (MQTT 5, 4.4: QoS 1 is "at least once".)

A reading with its device's own time is known by that and its value: what the gateway makes of its
quality may be another the second time. Of any other it is remembered which message
it came in (table `delivered`).
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from gateway.journal.rows import Columns, Stored
from gateway.model.reading import Reading

LOOKED_AT: Final = 100_000
"""Newest readings, and newest messages, a second one is looked for among."""

LATELY: Final = 60_000
"""Newest readings among which a packet identifier has not come round yet."""

Messages = Sequence[tuple[int, int]]
"""Of some readings in a row: which of them (from 0), and its message."""

_Identity = tuple[str, Stored, int] | tuple[str, int]
"""Point, value and taken_at, or point and message: the same when sent again."""

# By instant first: SQLite then hands over few rows.
_AMONG = f"""
SELECT point, value, taken_at
FROM (SELECT * FROM reading ORDER BY seq DESC LIMIT {LOOKED_AT})
WHERE taken_at BETWEEN ? AND ?
"""
_MESSAGES_AMONG = f"""
SELECT message FROM (SELECT * FROM delivered ORDER BY seq DESC LIMIT {LOOKED_AT})
WHERE message IN (SELECT value FROM json_each(?))
"""
_LATELY = f"{_MESSAGES_AMONG} AND seq > (SELECT max(seq) FROM reading) - {LATELY}"
_FORGET = f"""
DELETE FROM delivered WHERE seq IN (
    SELECT seq FROM delivered
    WHERE seq <= (SELECT seq FROM delivered ORDER BY seq DESC LIMIT 1 OFFSET {LOOKED_AT})
    ORDER BY seq LIMIT ?
)
"""


def new_ones(
    db: sqlite3.Connection, readings: Sequence[Reading], columns: Sequence[Columns]
) -> list[int]:
    """The places of those that were not given before, or are not said to have been; of equal ones
    the first. `columns` are those of `readings`."""
    doubted = {place for place, reading in enumerate(readings) if _again(reading)}
    messages = {place: message for place, message in messages_of(readings) if place in doubted}
    known: set[_Identity] = _journalled(db, [columns[p] for p in doubted - messages.keys()])
    lately = {message for place, message in messages.items() if _lately(readings[place])}
    delivered = _delivered(db, _MESSAGES_AMONG, set(messages.values()) - lately)
    delivered |= _delivered(db, _LATELY, lately)
    known |= {(columns[p][0], message) for p, message in messages.items() if message in delivered}
    found = []
    for place, row in enumerate(columns):
        if place in doubted:
            identity = (row[0], messages[place]) if place in messages else _told(row)
            if identity in known:
                continue
            known.add(identity)
        found.append(place)
    return found


def messages_of(readings: Iterable[Reading]) -> Messages:
    """Those that are to be remembered."""
    return [
        (place, reading.delivery.message)
        for place, reading in enumerate(readings)
        if reading.delivery is not None and reading.delivery.message is not None
    ]


def remember(db: sqlite3.Connection, first: int, messages: Messages) -> None:
    """Of readings stored at the places from `first` on."""
    db.executemany(
        "INSERT INTO delivered VALUES (?, ?)",
        [(first + place, message) for place, message in messages],
    )


def messages_at(db: sqlite3.Connection, places: Sequence[int]) -> dict[int, int]:
    """The messages the readings at those places came in."""
    asked = msgspec.json.encode(list(places)).decode()
    query = "SELECT seq, message FROM delivered WHERE seq IN (SELECT value FROM json_each(?))"
    return dict(db.execute(query, (asked,)).fetchall())


def forget(db: sqlite3.Connection, most: int) -> int:
    """Messages beyond those looked at, the oldest first; how many went."""
    return db.execute(_FORGET, (most,)).rowcount


def _again(reading: Reading) -> bool:
    return reading.delivery is not None and reading.delivery.again


def _lately(reading: Reading) -> bool:
    return reading.delivery is not None and reading.delivery.lately


def _told(row: Columns) -> _Identity:
    point, value, _quality, taken_at, _received_at = row
    return point, value, taken_at


def _journalled(db: sqlite3.Connection, columns: Sequence[Columns]) -> set[_Identity]:
    if not columns:
        return set()
    instants = [row[3] for row in columns]
    journalled = db.execute(_AMONG, (min(instants), max(instants)))
    asked: set[_Identity] = {_told(row) for row in columns}
    return asked.intersection(journalled)


def _delivered(db: sqlite3.Connection, query: str, messages: Iterable[int]) -> set[int]:
    asked = msgspec.json.encode(list(messages)).decode()
    return {message for (message,) in db.execute(query, (asked,))}
