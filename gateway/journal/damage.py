"""A damaged journal file is set aside, and what can still be read of it goes on in a new one.

Each step may be cut off by a crash: see gateway/replacing.py.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway import replacing
from gateway.journal import marks, rows
from gateway.journal.marks import Mark
from gateway.model.clock import Micros
from gateway.model.reading import Reading

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A damaged file: where it lies now, and how many readings could be taken from it."""

    file: Path
    carried_over: int


def is_damage(error: BaseException) -> bool:
    """Whether it tells that the file holds nonsense; not that it cannot be reached."""
    if isinstance(error, rows.Damaged):
        return True
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # the module's own: text that is not UTF-8
        return str(error).startswith("Could not decode")
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def mend(path: Path, now: Micros, begin: int, newest: Sequence[Reading] = ()) -> SetAside:
    """Set the damaged file at `path` aside; nobody may have it open. The new one goes on numbering
    after `begin`, or after the highest place found. `newest` are readings known otherwise.
    sqlite3.Error or OSError where the new file cannot be made: then all is as before."""
    logger.critical("journal %s is damaged: what can be read of it goes into a new one", path)
    half = replacing.unfinished(path)
    half.unlink(missing_ok=True)
    with closing(sqlite3.connect(half, isolation_level=None)) as new:
        carried_over = _carry_over(path, new, begin, newest)
    return SetAside(replacing.take_place(path, now), carried_over)


def put_back(
    path: Path, open_file: sqlite3.Connection, now: Micros, close: Callable[[], None]
) -> SetAside:
    """All that `open_file` holds, whose name was taken from it, in a new file at `path`; what
    stands there is set aside. `close`, which closes `open_file`, is called once all is copied.
    sqlite3.Error or OSError where the new file cannot be made: then nothing has changed."""
    (held,) = open_file.execute("SELECT count(*) FROM reading").fetchone()
    replacing.copy_out(path, open_file)
    close()
    return SetAside(replacing.take_place(path, now), int(held))


def finish(path: Path, now: Micros) -> SetAside | None:
    """Finish a change of places that a crash cut off; None where there was none."""
    file = replacing.finish(path, now)
    if file is None:
        return None
    with closing(sqlite3.connect(path)) as db:
        return SetAside(file, int(db.execute("SELECT count(*) FROM reading").fetchone()[0]))


def _carry_over(path: Path, new: sqlite3.Connection, begin: int, newest: Sequence[Reading]) -> int:
    # Nothing to roll back to, and synced once at the end: until then the file is nobody's.
    new.execute("PRAGMA journal_mode=OFF")
    new.execute("PRAGMA synchronous=OFF")
    rows.create(new)
    new.execute("BEGIN")
    # Not read-only: so SQLite brings in what is still in the -wal file.
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        # Else nothing at all is read of a file that is shorter than it says.
        old.execute("PRAGMA writable_schema=ON")
        for table in (_READING, _NEWEST, _DELIVERED, _FOLLOWER):
            _carry_table(old, new, table)
    known = [(reading.seq, *rows.pack(reading)) for reading in newest]
    new.executemany(_READING.insert, known)
    places = "SELECT max(seq) AS seq FROM reading UNION ALL SELECT max(seq) FROM follower"
    (place,) = new.execute(f"SELECT max(seq) FROM ({places})").fetchone()
    marks.put(new, Mark.BEGIN, max(begin, place or 0))
    (carried_over,) = new.execute("SELECT count(*) FROM reading").fetchone()
    new.execute("COMMIT")
    return int(carried_over)


@dataclass(frozen=True, slots=True)
class _Table:
    """What is carried over. `before` is lower than any key."""

    name: str
    key: str
    before: int | str
    columns: str
    is_sound: Callable[[Any], bool]

    @property
    def insert(self) -> str:
        places = ", ".join("?" * len(self.columns.split(",")))
        return f"INSERT OR IGNORE INTO {self.name} ({self.columns}) VALUES ({places})"


_READING = _Table("reading", "seq", -1, rows.COLUMNS, rows.is_sound)
_NEWEST = _Table("newest", "point", "", rows.COLUMNS, rows.is_sound)
_DELIVERED = _Table(
    "delivered",
    "seq",
    -1,
    "seq, message",
    lambda row: isinstance(row[0], int) and isinstance(row[1], int),
)
_FOLLOWER = _Table(
    "follower",
    "name",
    "",
    "name, seq",
    lambda row: isinstance(row[0], str) and isinstance(row[1], int),
)


def _carry_table(old: sqlite3.Connection, new: sqlite3.Connection, table: _Table) -> None:
    """From the lowest key until an error, then from the highest down to the gap."""
    select = f"SELECT {table.columns} FROM {table.name} WHERE {table.key} > ? ORDER BY {table.key}"
    new.executemany(table.insert, _readable(old, table, select, table.before))
    reached = f"SELECT coalesce(max({table.key}), ?) FROM {table.name}"
    (gap,) = new.execute(reached, (table.before,)).fetchone()
    new.executemany(table.insert, _readable(old, table, f"{select} DESC", gap))


def _readable(
    db: sqlite3.Connection, table: _Table, query: str, after: int | str
) -> Iterator[tuple[Any, ...]]:
    """The rows up to the first that cannot be read, less those that hold nonsense."""
    try:
        for row in db.execute(query, (after,)):
            if table.is_sound(row):
                yield row
    except sqlite3.Error as error:
        logger.warning("damaged journal: table %s cannot be read further: %s", table.name, error)
