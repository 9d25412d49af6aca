"""What a broker sends a second time: it cannot know that the first was journalled when the
connection broke before the acknowledgement. (MQTT 5, 4.4: QoS 1 is "at least once".)

A reading with its device's own time is known by that and its value: what the gateway makes of its
quality may be another the second time. Of any other it is remembered which message it came in
(table `delivered`). A device that tells whole seconds may say several values at one instant: what
is sent again begins somewhere among them and goes on in their order, so that *open* behind *open,
closed* is news.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
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

_Instant = tuple[str, int]
"""Point and taken_at."""

# By instant first: SQLite then hands over few rows.
_AMONG = f"""
SELECT point, taken_at, value
FROM (SELECT * FROM reading ORDER BY seq DESC LIMIT {LOOKED_AT})
WHERE taken_at BETWEEN ? AND ? ORDER BY seq
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
    by_time = doubted - messages.keys()
    repeated = _repeated_messages(db, readings, messages) | _repeated_instants(db, columns, by_time)
    return [place for place in range(len(columns)) if place not in repeated]


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


def _repeated_messages(
    db: sqlite3.Connection, readings: Sequence[Reading], messages: Mapping[int, int]
) -> set[int]:
    lately = {message for place, message in messages.items() if _lately(readings[place])}
    delivered = _delivered(db, _MESSAGES_AMONG, set(messages.values()) - lately)
    delivered |= _delivered(db, _LATELY, lately)
    seen: set[tuple[str, int]] = set()
    repeated = set()
    for place, message in messages.items():
        told = readings[place].point, message
        if message in delivered or told in seen:
            repeated.add(place)
        seen.add(told)
    return repeated


def _repeated_instants(
    db: sqlite3.Connection, columns: Sequence[Columns], doubted: Set[int]
) -> set[int]:
    """The places among `doubted` that say what their point has said at that instant already."""
    if not doubted:
        return set()
    told = _journalled(db, {(columns[place][0], columns[place][3]) for place in doubted})
    again: defaultdict[_Instant, list[int]] = defaultdict(list)
    for place, (point, value, _, taken_at, _) in enumerate(columns):
        if place in doubted:
            again[point, taken_at].append(place)
        elif (point, taken_at) in told and (point, taken_at) not in again:
            told[point, taken_at].append(value)
    repeated: set[int] = set()
    for instant, places in again.items():
        known, said = told[instant], [columns[place][1] for place in places]
        repeats = _events if any(isinstance(value, bytes) for value in said) else _in_order
        repeated.update(
            place for place, is_known in zip(places, repeats(known, said), strict=True) if is_known
        )
    return repeated


def _events(known: Sequence[Stored], said: Sequence[Stored]) -> list[bool]:
    """Each is itself, whatever its place."""
    return [value in known or value in said[:place] for place, value in enumerate(said)]


def _in_order(known: Sequence[Stored], said: Sequence[Stored]) -> list[bool]:
    """As much of the beginning of `said` as `known` ends with, and what says the same once more."""
    begins = next(
        count
        for count in range(min(len(known), len(said)), -1, -1)
        if list(known[len(known) - count :]) == list(said[:count])
    )
    return [
        place < begins or (place > 0 and said[place] == said[place - 1])
        for place in range(len(said))
    ]


def _journalled(db: sqlite3.Connection, instants: Set[_Instant]) -> dict[_Instant, list[Stored]]:
    """What the points said at those instants, in the journal's order."""
    told: dict[_Instant, list[Stored]] = {instant: [] for instant in instants}
    times = [taken_at for _, taken_at in instants]
    for point, taken_at, value in db.execute(_AMONG, (min(times), max(times))):
        if (point, taken_at) in told:
            told[point, taken_at].append(value)
    return told


def _delivered(db: sqlite3.Connection, query: str, messages: Iterable[int]) -> set[int]:
    asked = msgspec.json.encode(list(messages)).decode()
    return {message for (message,) in db.execute(query, (asked,))}
