"""A damaged journal file is set aside, and what can still be read of it goes on in a new one.

Each step may be cut off by a crash. The new file is made whole beside the damaged one; only then do
they change places, and a change that was begun is finished at the next start.
"""

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.errors import Malformed
from gateway.journal import marks, rows
from gateway.journal.marks import Mark
from gateway.model.clock import Micros, to_datetime
from gateway.model.reading import Reading

logger = logging.getLogger(__name__)

_TABLES: Final = {
    "reading": ("seq", rows.COLUMNS),
    "newest": ("point", rows.COLUMNS),
    "follower": ("name", "name, seq"),
}
"""What is carried over: each table's key, and its columns. The marks are found anew."""


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
    half = _beside(path, ".mending")
    half.unlink(missing_ok=True)
    with closing(sqlite3.connect(half, isolation_level=None)) as new:
        carried_over = _carry_over(path, new, begin, newest)
    _sync(half)
    half.rename(_beside(path, ".mended"))
    return SetAside(_change_places(path, now), carried_over)


def finish(path: Path, now: Micros) -> SetAside | None:
    """Finish a change of places that a crash cut off; None where there was none."""
    if not _beside(path, ".mended").exists():
        return None
    file = _change_places(path, now)
    with closing(sqlite3.connect(path)) as db:
        return SetAside(file, int(db.execute("SELECT count(*) FROM reading").fetchone()[0]))


def _carry_over(path: Path, new: sqlite3.Connection, begin: int, newest: Sequence[Reading]) -> int:
    # Nothing to roll back to, and synced once at the end: until then the file is nobody's.
    new.execute("PRAGMA journal_mode=OFF")
    new.execute("PRAGMA synchronous=OFF")
    rows.create(new)
    new.execute("BEGIN")
    # Not as a URI with mode=ro: so SQLite can bring in what is still in the -wal file.
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        # Else nothing at all is read of a file that is shorter than it says.
        old.execute("PRAGMA writable_schema=ON")
        for table in _TABLES:
            _carry_table(old, new, table)
    known = [(reading.seq, *rows.pack(reading)) for reading in newest]
    new.executemany(_insert("reading"), known)
    places = ((begin,), *new.execute("SELECT seq FROM reading UNION ALL SELECT seq FROM follower"))
    marks.put(new, Mark.BEGIN, max(place for (place,) in places))
    carried_over = int(new.execute("SELECT count(*) FROM reading").fetchone()[0])
    new.execute("COMMIT")
    return carried_over


def _carry_table(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> None:
    """From the lowest key until an error, then from the highest down to the gap."""
    key, columns = _TABLES[table]
    insert, select = _insert(table), f"SELECT {columns} FROM {table}"
    new.executemany(insert, _readable(old, f"{select} ORDER BY {key}"))
    (reached,) = new.execute(f"SELECT max({key}) FROM {table}").fetchone()
    rest = f"{select} WHERE {key} > ? ORDER BY {key} DESC"
    if reached is None:
        rest = f"{select} ORDER BY {key} DESC"
    new.executemany(insert, _readable(old, rest, *([] if reached is None else [reached])))


def _insert(table: str) -> str:
    columns = _TABLES[table][1]
    values = ", ".join("?" * len(columns.split(",")))
    return f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({values})"


def _readable(db: sqlite3.Connection, query: str, *values: object) -> Iterator[rows.Row]:
    """The rows up to the first that cannot be read, less those that hold nonsense."""
    try:
        for row in db.execute(query, values):
            if _is_sound(row):
                yield row
    except sqlite3.Error as error:
        logger.warning("damaged journal cannot be read further: %s (%s)", error, query)


def _is_sound(row: Any) -> bool:
    if len(row) == 2:
        return isinstance(row[0], str) and isinstance(row[1], int)
    try:
        (reading,) = rows.from_rows([row])
        rows.pack(reading)
    except (rows.Damaged, Malformed, TypeError, AttributeError):
        return False
    return True


def _change_places(path: Path, now: Micros) -> Path:
    aside = _free_name(path, now)
    # The -wal file first: beside the new file it would be taken for that one's.
    for suffix in ("-wal", "-shm", ""):
        part = _beside(path, suffix)
        if part.exists():
            part.rename(_beside(aside, suffix))
    _beside(path, ".mended").rename(path)
    _sync(path.parent)
    logger.critical("journal was damaged: set aside as %s", aside)
    return aside


def _free_name(path: Path, now: Micros) -> Path:
    name = f".damaged-{to_datetime(now):%Y%m%dT%H%M%SZ}"
    aside, number = _beside(path, name), 2
    while aside.exists():
        aside, number = _beside(path, f"{name}-{number}"), number + 1
    return aside


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
