"""Puts a new SQLite file in the place of one that is damaged, or that somebody took away while it
was in use.

Somebody's hand may rename, delete or replace a file in use. What is open can be read and written
as before, so nothing would be noticed; but the file has lost its name, and at the next start all
that was written since would be gone.

Each step may be cut off by a crash. The new file is made whole beside the old one; only then do
they change places, and a change that was begun is finished at the next start.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.files import force
from gateway.model.clock import Micros, to_datetime

logger = logging.getLogger(__name__)


def unfinished(path: Path) -> Path:
    """Where the new file is made."""
    return beside(path, ".mending")


def copy_out(path: Path, open_file: sqlite3.Connection) -> None:
    """All that `open_file` holds, which was opened as `path`, as the unfinished file. sqlite3.Error
    or OSError where that cannot be made: then nothing has changed."""
    logger.critical("%s was taken away or replaced: written anew from what is still open", path)
    half = unfinished(path)
    half.unlink(missing_ok=True)
    with closing(sqlite3.connect(half)) as new:
        open_file.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # all in the one file


def take_place(path: Path, now: Micros) -> Path:
    """Put the unfinished file, which is whole now, in the place of what stands at `path`, which
    nobody has open; returns where that lies now."""
    half = unfinished(path)
    force(half)
    half.rename(beside(path, ".mended"))
    return _change_places(path, now)


def finish(path: Path, now: Micros) -> Path | None:
    """Finish a change of places that a crash cut off; None where there was none."""
    return _change_places(path, now) if beside(path, ".mended").exists() else None


def beside(path: Path, suffix: str) -> Path:
    """The file whose name is that one's and the suffix."""
    return path.with_name(path.name + suffix)


_PARTS = ("-wal", "-shm", "")


def _change_places(path: Path, now: Micros) -> Path:
    aside = _free_name(path, now)
    # The -wal file first: beside the new file it would be taken for that one's.
    for suffix in _PARTS:
        part = beside(path, suffix)
        if part.exists():
            part.rename(beside(aside, suffix))
    beside(path, ".mended").rename(path)
    force(path.parent)
    logger.critical("%s: what stood there is set aside as %s", path, aside.name)
    return aside


def _free_name(path: Path, now: Micros) -> Path:
    name = f".damaged-{to_datetime(now):%Y%m%dT%H%M%SZ}"
    aside, number = beside(path, name), 2
    while any(beside(aside, suffix).exists() for suffix in _PARTS):
        aside, number = beside(path, f"{name}-{number}"), number + 1
    return aside
