"""What the journal no longer needs goes: a slice at a time, so that commits are not held up.

Freed pages stay in the file and are written again: a journal at its size gives back what it takes
again a second later. (SQLite's auto_vacuum would move the file's last pages into every gap.) So the
file never shrinks, and its size is counted without its free pages.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

from gateway.journal import marks, newest, redelivery
from gateway.journal.marks import Mark
from gateway.model.clock import Micros

SLICE = 2_000
"""Places looked at in one transaction: about 5 ms of the writing thread on an idle machine."""

TELEMETRY: Final = "typeof(value) IN ('real', 'integer')"
"""Dropped before anything else when there is no room: a number is measured again within its period,
and a trend does without one. Everything else is evidence, told once: a door's state, a crossing, an
alarm of the gateway's own, and that a device fell silent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What upkeep is asked for. Places: followers have read all up to `shipped`; nobody will ask
    what was newest before `known`. `older_than` is an instant, `size` in bytes."""

    shipped: int
    known: int
    older_than: Micros
    size: int


@dataclass(frozen=True, slots=True)
class Tidied:
    """Readings deleted: `shipped` had been read by every follower; `telemetry` and `evidence` had
    not, and had to go for want of room. `fault` says what kept it from doing the rest."""

    shipped: int = 0
    telemetry: int = 0
    evidence: int = 0
    fault: str | None = None

    def __add__(self, more: "Tidied") -> "Tidied":
        return Tidied(
            self.shipped + more.shipped,
            self.telemetry + more.telemetry,
            self.evidence + more.evidence,
            more.fault,
        )


def tidy_slice(db: sqlite3.Connection, asked: Asked) -> Tidied | None:
    """Do one slice of what is left to do, in a transaction of the caller's; None when there is
    nothing."""
    if marks.get(db, Mark.SHIPPED) != asked.shipped:
        marks.put(db, Mark.SHIPPED, asked.shipped)
    mark = marks.get(db, Mark.NEWEST)
    if (end := _slice_end(db, mark, asked.known)) is not None:
        newest.advance(db, end)
        return Tidied()
    if redelivery.forget(db, SLICE):
        return Tidied()
    # By arrival, not by the device's clock. What was stamped while ours was ahead waits its time,
    # and holds up what is behind it, or until room is wanted.
    if gone := _delete(db, 0, asked.shipped, "received_at < ?", asked.older_than):
        return Tidied(shipped=gone)
    if used_bytes(db) <= asked.size:
        return None
    if gone := _delete(db, 0, asked.shipped):
        return Tidied(shipped=gone)
    return _drop_telemetry(db, asked.shipped) or _drop_evidence(db)


def used_bytes(db: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages, free, size = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _drop_telemetry(db: sqlite3.Connection, shipped: int) -> Tidied | None:
    """From where the last slice ended: before that there is none left. None at the end."""
    start = max(marks.get(db, Mark.TELEMETRY), shipped)
    if (end := _slice_end(db, start)) is None:
        return None
    gone = _delete(db, start, end, TELEMETRY)
    marks.put(db, Mark.TELEMETRY, end)
    return Tidied(telemetry=gone)


def _drop_evidence(db: sqlite3.Connection) -> Tidied | None:
    gone = _delete(db, 0, _LAST)
    return Tidied(evidence=gone) if gone else None


_LAST: Final = 2**63 - 1


def _slice_end(db: sqlite3.Connection, after: int, until: int = _LAST) -> int | None:
    """The last place of the slice after `after`; None where there is no reading."""
    places = "SELECT seq FROM reading WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
    found = db.execute(f"SELECT max(seq) FROM ({places})", (after, until, SLICE)).fetchone()[0]
    return None if found is None else int(found)


def _delete(
    db: sqlite3.Connection, after: int, until: int, which: str = "TRUE", *values: int
) -> int:
    """How many of the first slice between those places went."""
    end = _slice_end(db, after, until)
    if end is None:
        return 0
    newest.advance(db, end)
    delete = f"DELETE FROM reading WHERE seq > ? AND seq <= ? AND {which}"
    return db.execute(delete, (after, end, *values)).rowcount
