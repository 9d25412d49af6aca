"""The journal's one writing thread: commits whatever waits, together (group commit).

While one commit is on its way to the disk the next group gathers, so a lone reading is written at
once and a flood is written in large groups; nothing waits for a timer.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.journal import rows
from gateway.model.reading import Reading

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""How long a failed commit waits for the disk to have room again."""


@dataclass(frozen=True, slots=True)
class Append:
    """Readings to be journalled, and the same as columns without their seq."""

    readings: Sequence[Reading]
    columns: Sequence[rows.Columns]


@dataclass(frozen=True, slots=True)
class Advance:
    """A follower's cursor to be kept."""

    follower: str
    seq: int


Job = Append | Advance
Done = asyncio.Future[None]
"""What the submitter waits on; only passed through here, and resolved in its own loop."""

Committed = Callable[[list[tuple[Job, Done]], list[Reading]], None]
"""Called in the writing thread with the jobs of one commit, each with what its submitter waits
on, and the readings that are durable now, in order and with their seq."""


class Writer(threading.Thread):
    """Owns the writing connection. A commit that fails (disk full) is tried again until it
    succeeds or the writer is closed; what waits is kept, and `fault` says why."""

    def __init__(self, path: Path, begin: int, committed: Committed) -> None:
        super().__init__(name="journal-writer")
        self._committed = committed
        self._waiting: list[tuple[Job, Done]] = []
        self._wake = threading.Condition()
        self._closing = False
        self.fault: str | None = None
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        rows.create(self._db)
        # Two questions, for only alone is either answered without reading the whole table.
        extent = """SELECT coalesce((SELECT min(seq) - 1 FROM reading), ?1),
            coalesce((SELECT max(seq) FROM reading), ?1)"""
        newest = self._db.execute(extent, (begin,)).fetchone()
        self.begin, self.last_seq = int(newest[0]), int(newest[1])

    def submit(self, job: Job, done: Done) -> None:
        """Queue a job. Any thread."""
        with self._wake:
            self._waiting.append((job, done))
            self._wake.notify()

    def close(self) -> None:
        """Commit what waits (once), then end the thread and close the file."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self.join()
        self._db.close()

    def run(self) -> None:
        """The thread's life."""
        while jobs := self._next_jobs():
            while not self._commit(jobs):
                with self._wake:
                    if self._closing or self._wake.wait_for(lambda: self._closing, RETRY_SECONDS):
                        logger.error(
                            "journal closed with %d jobs not stored: %s", len(jobs), self.fault
                        )
                        return

    def _next_jobs(self) -> list[tuple[Job, Done]]:
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._closing)
            jobs, self._waiting = self._waiting, []
            return jobs

    def _commit(self, jobs: list[tuple[Job, Done]]) -> bool:
        appends = [job for job, _ in jobs if isinstance(job, Append)]
        columns = [c for job in appends for c in job.columns]
        cursors = [(job.follower, job.seq) for job, _ in jobs if isinstance(job, Advance)]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            numbered = enumerate(columns, self.last_seq + 1)
            self._db.executemany(rows.INSERT, ((seq, *c) for seq, c in numbered))
            self._db.executemany("INSERT OR REPLACE INTO follower VALUES (?, ?)", cursors)
            self._db.execute("COMMIT")
        except Exception as error:  # whatever it is, this thread must not end unnoticed
            self._failed(error)
            return False
        if self.fault is not None:
            logger.warning("journal writes again after: %s", self.fault)
            self.fault = None
        readings = (r for job in appends for r in job.readings)
        durable = [
            Reading(r.point, r.value, r.taken_at, r.received_at, r.quality, seq)
            for seq, r in enumerate(readings, self.last_seq + 1)
        ]
        self.last_seq += len(durable)
        self._committed(jobs, durable)
        return True

    def _failed(self, error: Exception) -> None:
        if self._db.in_transaction:
            with suppress(sqlite3.Error):  # the next try shows it again
                self._db.execute("ROLLBACK")
        if self.fault is None:
            logger.critical("journal cannot write: %s; nothing is acknowledged until it can", error)
        self.fault = str(error)
