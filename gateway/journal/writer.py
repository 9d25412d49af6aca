"""The journal's one writing thread: commits whatever waits, together (group commit).

While one commit is on its way to the disk the next group gathers, so a lone reading is written at
once and a flood is written in large groups; nothing waits for a timer.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.journal import rows
from gateway.journal.file import JournalFile
from gateway.journal.gauges import CommitTimes
from gateway.journal.redelivery import Messages, messages_of
from gateway.journal.upkeep import Asked
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


@dataclass(frozen=True, slots=True)
class FoundDamaged:
    """Whoever read the file, when so many had been mended, found it damaged."""

    mended: int


Job = Append | Advance | Asked | FoundDamaged
Done = asyncio.Future[Any]
"""What the submitter waits on; only passed through here, and resolved in its own loop."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a job: a result, or why there is none."""

    done: Done
    result: object = None
    error: Exception | None = None


Announce = Callable[[list[Settled], list[Reading]], None]
"""Called in the writing thread with the jobs settled, and the readings that are durable now, in
order and with their seq."""


class Writer(threading.Thread):
    """Does the writing. A commit that fails (disk full) is tried again until it succeeds or the
    writer is closed; what waits is kept, and `fault` says why."""

    def __init__(self, file: JournalFile, announce: Announce) -> None:
        super().__init__(name="journal-writer")
        self._file = file
        self._announce = announce
        self._to_write: list[tuple[Job, Done]] = []
        self._to_do: list[tuple[Job, Done]] = []
        self._wake = threading.Condition()
        self._closing = False
        self.fault: str | None = None
        self.commits = CommitTimes()

    def submit(self, job: Job, done: Done) -> None:
        """Queue a job. Any thread."""
        with self._wake:
            queue = self._to_write if isinstance(job, Append | Advance) else self._to_do
            queue.append((job, done))
            self._wake.notify()

    def close(self) -> None:
        """Commit what waits (once), then end the thread and close the file."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self.join()
        self._file.close()

    def run(self) -> None:
        """The thread's life: all that is to be written as one commit, then other work. While the
        disk is full other work goes on: upkeep may be what makes room."""
        unwritten: list[tuple[Job, Done]] = []
        closing = False
        while not closing:
            with self._wake:
                if unwritten:
                    self._wake.wait_for(lambda: self._to_do or self._closing, RETRY_SECONDS)
                else:
                    self._wake.wait_for(lambda: self._to_write or self._to_do or self._closing)
                if not unwritten or self._closing:
                    unwritten, self._to_write = [*unwritten, *self._to_write], []
                others, self._to_do = self._to_do, []
                closing = self._closing
            if unwritten and self._write(unwritten):
                unwritten = []
            for job, done in others:
                self._announce([self._attempt(job, done)], [])
        if unwritten:
            logger.error("journal closed with %d jobs not stored: %s", len(unwritten), self.fault)

    def _write(self, jobs: Sequence[tuple[Job, Done]]) -> bool:
        appends = [job for job, _ in jobs if isinstance(job, Append)]
        cursors = [(job.follower, job.seq) for job, _ in jobs if isinstance(job, Advance)]
        readings = [r for job in appends for r in job.readings]
        first = self._commit(
            [c for job in appends for c in job.columns], messages_of(readings), cursors
        )
        if first is None:
            return False
        durable = [r.at(seq) for seq, r in enumerate(readings, first)]
        self._announce([Settled(done) for _, done in jobs], durable)
        return True

    def _commit(
        self,
        columns: list[rows.Columns],
        messages: Messages,
        cursors: list[tuple[str, int]],
    ) -> int | None:
        """The place of the first reading; None when it failed."""
        started = time.perf_counter()
        try:
            first = self._file.write(columns, messages, cursors)
        except Exception as error:  # whatever it is, this thread must not end unnoticed
            if self.fault is None:
                logger.critical(
                    "journal cannot write: %s; nothing is acknowledged until it can", error
                )
            self.fault = str(error)
            return None
        self.commits = self.commits.and_one(time.perf_counter() - started)
        if self.fault is not None:
            logger.warning("journal writes again after: %s", self.fault)
            self.fault = None
        return first

    def _attempt(self, job: Job, done: Done) -> Settled:
        result = None
        try:
            if isinstance(job, Asked):
                result = self._file.tidy(job)
            elif isinstance(job, FoundDamaged):
                self._file.found_damaged(job.mended)
            return Settled(done, result)
        except Exception as error:  # the submitter's to judge
            return Settled(done, error=error)
