"""How many readings a second the journal makes durable, appended 5,000 at a time."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from gateway.journal.journal import Journal
from gateway.journal.rows import SCHEMA, Columns, pack
from gateway.model.clock import SECOND
from gateway.model.reading import Reading
from gateway.process import garbage_sought_in_new_things_only
from tests.benchmarks.report import Result

NAME = "journal_batch_readings_per_s"

BATCH = 5_000
METERS = 200
TURNS = 5
BATCHES = 20
"""In a turn; journal and bare loop take turns: what else the machine does weighs on both."""

STARTED = 1_700_000_000 * SECOND


async def measure(folder: Path) -> list[Result]:
    """The rate of `Journal.append`, and its ratio to sqlite3's executemany of the same rows."""
    batch = [_reading(number) for number in range(BATCH)]
    columns = [pack(reading) for reading in batch]
    journalled = bare = 0.0
    async with Journal(folder / "journal.db") as journal:
        bare_file = closing(_open_bare(folder / "bare.db"))
        # As the gateway runs: else Python goes through all the benchmarks' libraries meanwhile.
        with bare_file as db, garbage_sought_in_new_things_only():
            for _ in range(TURNS):
                bare += _write_bare(db, columns) / TURNS
                journalled += await _append(journal, batch) / TURNS
        if journal.last_seq != TURNS * BATCHES * BATCH:
            raise AssertionError(f"the journal holds {journal.last_seq} readings")
    told = f"sqlite3's executemany, {bare:,.0f} rows/s"
    return [Result(NAME, journalled, "readings/s", journalled / bare, told)]


async def _append(journal: Journal, batch: Sequence[Reading]) -> float:
    started = time.monotonic()
    for _ in range(BATCHES):
        await journal.append(batch)
    return BATCHES * BATCH / (time.monotonic() - started)


def _open_bare(path: Path) -> sqlite3.Connection:
    """As durable as the journal: written ahead, and synced at each commit."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.executescript(SCHEMA)
    return db


def _write_bare(db: sqlite3.Connection, columns: Sequence[Columns]) -> float:
    started = time.monotonic()
    for _ in range(BATCHES):
        db.execute("BEGIN")
        db.executemany("INSERT INTO reading VALUES (NULL, ?, ?, ?, ?, ?)", columns)
        db.execute("COMMIT")
    return BATCHES * BATCH / (time.monotonic() - started)


def _reading(number: int) -> Reading:
    at = STARTED + number
    return Reading(f"meter-{number % METERS}/power", float(number), at, at)
