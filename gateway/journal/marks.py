"""Places the journal remembers in its own file, and which places hold readings."""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """What a remembered place means."""

    BEGIN = "begin"
    """Readings appended to this file are numbered after it."""
    NEWEST = "newest"
    """Up to it the table `newest` holds the newest reading of every point."""
    SHIPPED = "shipped"
    """Up to it every follower had read when the file was last tidied."""
    TELEMETRY = "telemetry"
    """Up to it telemetry was dropped for room: no need to look for more there."""


def get(db: sqlite3.Connection, mark: Mark) -> int:
    """The place; 0 where there is none yet."""
    found = db.execute("SELECT seq FROM mark WHERE name = ?", (mark,)).fetchone()
    return 0 if found is None else int(found[0])


def put(db: sqlite3.Connection, mark: Mark, seq: int) -> None:
    """Remember the place."""
    db.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", (mark, seq))


@dataclass(frozen=True, slots=True)
class Extent:
    """The places from `oldest` to `carried`, and from `begin` + 1 to `last`, hold readings, less
    those dropped in between. `carried` is the newest place carried over from a damaged file;
    in a file of its own it is where that began, and there is one stretch only."""

    oldest: int
    carried: int
    begin: int
    last: int

    @property
    def places(self) -> int:
        """How many there are."""
        return self.behind(0)

    def behind(self, cursor: int) -> int:
        """How many of them lie after `cursor`."""
        read = max(cursor, self.oldest - 1)
        return max(0, self.carried - read) + max(0, self.last - max(read, self.begin))


def read_extent(db: sqlite3.Connection, begin: int) -> Extent:
    """As it is in the file; a new one begins after `begin`, and remembers that."""
    oldest = _one(db, "SELECT min(seq) FROM reading")
    newest = _one(db, "SELECT max(seq) FROM reading")
    kept = get(db, Mark.BEGIN)
    if not kept:
        kept = begin if oldest is None else oldest - 1
        put(db, Mark.BEGIN, kept)
    carried = _one(db, "SELECT max(seq) FROM reading WHERE seq <= ?", kept)
    # Where all was deleted, the mark tells how far the journal had come.
    last = max(newest or 0, kept, get(db, Mark.NEWEST))
    return Extent(
        oldest=last + 1 if oldest is None else oldest,
        carried=0 if carried is None else carried,
        begin=kept,
        last=last,
    )


def _one(db: sqlite3.Connection, query: str, *values: int) -> int | None:
    found: int | None = db.execute(query, values).fetchone()[0]
    return found
