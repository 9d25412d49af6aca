"""One SQLite file copied while it is written, and checked."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from gateway.backup.progress import Progress
from gateway.errors import Malformed, Unreachable

STEP_BYTES: Final = 4 << 20
LARGE_BYTES: Final = 1_000_000_000
"""Above this only the structure is checked, not each index against its table: that reads
everything many times over."""
LOOK_INSTRUCTIONS: Final = 1_000_000

MEND = "see what the disk says, and that nobody else writes there"


def copy(source: Path, target: Path, progress: Progress) -> None:
    """The database as it is now; `target` is new. Writers go on meanwhile.

    Malformed when what was copied is damaged, Unreachable when it cannot be read or written.
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_connect(source, "rw")) as origin, closing(_connect(target, "rw")) as made:
            # One transaction holds the state of this moment. Without it SQLite begins the copy
            # again whenever somebody has written (https://sqlite.org/c3ref/backup_finish.html), so
            # that a busy journal's would never end.
            origin.execute("BEGIN")
            origin.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            (page_bytes,) = origin.execute("PRAGMA page_size").fetchone()
            (total,) = origin.execute("PRAGMA page_count").fetchone()
            progress.begin(f"copying {source.name}", total * page_bytes)
            made.execute("PRAGMA synchronous=OFF")  # forced to the disk as a whole, later
            _in_steps(origin, made, page_bytes, total, progress)
            origin.execute("ROLLBACK")
            made.execute("PRAGMA journal_mode=DELETE")  # one file, complete without a -wal
    except sqlite3.Error as error:
        raise _failed(source, error) from error
    check(target, progress, as_of=source)


def check(path: Path, progress: Progress, as_of: Path | None = None) -> None:
    """Malformed unless SQLite finds the file sound; it is not written to. `as_of` is named where
    the file is only somebody's copy."""
    named = as_of or path
    size = path.stat().st_size
    progress.begin(f"checking {named.name}", size)
    try:
        with closing(_connect(path, "ro&immutable=1")) as db:
            db.set_progress_handler(lambda: progress.heard(0), LOOK_INSTRUCTIONS)
            question = "quick_check" if size > LARGE_BYTES else "integrity_check"
            findings = [str(row[0]) for row in db.execute(f"PRAGMA {question}(3)")]
    except sqlite3.DatabaseError as error:
        progress.heard(0)  # where it was we who ended it
        findings = [str(error)]
    if findings != ["ok"]:
        problem = f"is damaged: {findings[0]}"
        raise Malformed(str(named), problem, "restore the newest sound backup")


def _in_steps(
    origin: sqlite3.Connection,
    made: sqlite3.Connection,
    page_bytes: int,
    total: int,
    progress: Progress,
) -> None:
    left = total

    def heard(_status: int, remaining: int, _total: int) -> None:
        nonlocal left
        progress.heard((left - remaining) * page_bytes)
        left = remaining

    origin.backup(made, pages=max(1, STEP_BYTES // page_bytes), progress=heard)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=10, isolation_level=None
    )


def _failed(source: Path, error: sqlite3.Error) -> Malformed | Unreachable:
    if isinstance(error, sqlite3.OperationalError):
        return Unreachable(str(source), f"cannot be copied ({error})", MEND)
    return Malformed(str(source), f"is damaged: {error}", "restore the newest sound backup")
