"""The embedded history, which can be copied only while no gateway has it.

Every gateway may make backups, but few have such a history in them: DuckDB is loaded for those.
"""
# ruff: noqa: PLC0415

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.backup.manifest import HISTORY, JOURNAL, chunks
from gateway.backup.progress import Progress
from gateway.errors import Malformed, Refused

STOP_IT = "stop it, or leave --history out"


@contextmanager
def gateway_stopped(data: Path) -> Iterator[None]:
    """Refused while a gateway runs on that folder; none can be started until this ends."""
    with (data / f"{JOURNAL}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(str(data), "a gateway runs on it", STOP_IT) from error
        yield


def copy(source: Path, target: Path, progress: Progress) -> None:
    """The file, whole: what a crash had left beside it is first brought into it."""
    import duckdb

    try:
        with duckdb.connect(source) as db:
            db.execute("CHECKPOINT")
    except duckdb.Error as error:
        problem = f"cannot be backed up ({error})"
        raise Malformed(str(source), problem, "leave the history out") from error
    progress.begin(f"copying {HISTORY}", source.stat().st_size)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
        for chunk in chunks(source):
            made.write(chunk)
            progress.heard(len(chunk))
    check(target)


def check(path: Path) -> None:
    """Malformed when DuckDB finds no history in it. It is not written to."""
    import duckdb

    try:
        with duckdb.connect(path, read_only=True) as db:
            tables = db.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            for (table,) in tables:
                db.execute(f'SELECT count(*) FROM "{table}"').fetchall()
    except duckdb.Error as error:
        raise Malformed(str(path), f"is damaged: {error}", "use another backup") from error
