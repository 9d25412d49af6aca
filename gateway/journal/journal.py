"""Append and follow: the seam between the field and everything else."""

import asyncio
import fcntl
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Self, TypeVar

from gateway.errors import BadConfig, GatehouseError, Unreachable
from gateway.journal import rows
from gateway.journal.writer import Advance, Append, Done, Job, Writer
from gateway.model.reading import Reading

T = TypeVar("T")

BATCH = 5_000
"""Readings a follower is given at once, at most."""

TAIL = 20_000
"""Newest readings kept in memory, so that followers that keep up never read the file."""

MOVE_ASIDE = "move it aside and start again: readings no follower has read yet are lost with it"
MAKE_WRITABLE = "see that the disk has room and that the gateway may write in the data folder"


class Journal:
    """Every reading in order of arrival, in one SQLite file. Use as `async with Journal(path)`.

    What reads it raises Unreachable while the file cannot be read.
    One process writes it; a second one is refused with BadConfig. A new file numbers its readings
    after `begin`: given the present instant (microseconds), no follower that kept its cursor
    through the loss of an older file is ever ahead of the new one, and so deaf to it.
    """

    def __init__(self, path: Path, begin: int = 0) -> None:
        self._path = path
        self._begin = begin
        self._tail: deque[Reading] = deque(maxlen=TAIL)
        self._grown = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._lock = _lock(self._path)
        try:
            self._writer = Writer(self._path, self._begin, self._committed)
        except sqlite3.DatabaseError as error:
            self._lock.close()
            raise _cannot_open(self._path, error) from error
        self._last_seq = self._writer.last_seq
        self._reader = ThreadPoolExecutor(1, "journal-reader")
        self._reading_db = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        self._writer.start()
        return self

    async def __aexit__(self, *failure: object) -> None:
        # The writer goes last: SQLite then moves everything from the -wal file into the journal's.
        await self._loop.run_in_executor(self._reader, self._close)
        self._reader.shutdown(wait=True)
        self._lock.close()

    def _close(self) -> None:
        self._reading_db.close()
        self._writer.close()

    @property
    def last_seq(self) -> int:
        """The place of the newest durable reading; `begin` where there is none."""
        return self._last_seq

    def behind(self, cursor: int) -> int:
        """How many readings a follower at `cursor` has still to read."""
        return self._last_seq - max(cursor, self._writer.begin)

    @property
    def fault(self) -> str | None:
        """Why nothing can be written now (disk full); None while all is well."""
        return self._writer.fault

    async def append(self, readings: Sequence[Reading]) -> None:
        """Returns once all are durable, in order. While the disk is full it waits for room, and
        so holds back whoever sent them. A reading that cannot be stored (a number that is not
        finite, text that is not Unicode) is Malformed, and then none of them is stored."""
        if readings:
            await self._submit(Append(readings, [rows.pack(reading) for reading in readings]))

    async def advance(self, follower: str, seq: int) -> None:
        """Keep the cursor of a follower that cannot keep it with its own output."""
        await self._submit(Advance(follower, seq))

    async def cursor(self, follower: str) -> int:
        """The last kept cursor of that follower; 0 where there is none."""
        query = "SELECT seq FROM follower WHERE name = ?"
        found = await self._read(lambda db: db.execute(query, (follower,)).fetchone())
        return 0 if found is None else int(found[0])

    async def latest(self, until: int | None = None) -> dict[str, Reading]:
        """The newest reading of every point, by point id; with `until`, as it was there."""
        last = self._last_seq if until is None else until
        newest_of_each = "SELECT max(seq) FROM reading WHERE seq <= ? GROUP BY point"
        query = f"{rows.SELECT} WHERE seq IN ({newest_of_each})"
        newest = await self._read(lambda db: rows.from_rows(db.execute(query, (last,))))
        return {reading.point: reading for reading in newest}

    async def follow(self, cursor: int) -> AsyncIterator[Sequence[Reading]]:
        """Batches of readings after `cursor`, in order, for ever; waits for more at the end."""
        while True:
            grown = self._grown
            batch = await self._after(cursor)
            if batch:
                cursor = batch[-1].seq or cursor
                yield batch
            else:
                await grown.wait()

    async def _after(self, cursor: int) -> Sequence[Reading]:
        missing = self._last_seq - cursor
        if missing <= 0:
            return ()
        if missing <= len(self._tail):
            newest_first = iter(reversed(self._tail))
            batch = [next(newest_first) for _ in range(missing)]
            batch.reverse()
            return batch[:BATCH]
        query = f"{rows.SELECT} WHERE seq > ? ORDER BY seq LIMIT ?"
        return await self._read(lambda db: rows.from_rows(db.execute(query, (cursor, BATCH))))

    async def _submit(self, job: Job) -> None:
        done: Done = self._loop.create_future()
        self._writer.submit(job, done)
        await done

    def _committed(self, jobs: list[tuple[Job, Done]], durable: list[Reading]) -> None:
        self._loop.call_soon_threadsafe(self._announce, [done for _, done in jobs], durable)

    def _announce(self, waiting: list[Done], durable: list[Reading]) -> None:
        if durable:
            self._tail.extend(durable)
            self._last_seq = durable[-1].seq or self._last_seq
            grown, self._grown = self._grown, asyncio.Event()
            grown.set()
        for done in waiting:
            if not done.done():
                done.set_result(None)

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await self._loop.run_in_executor(self._reader, query, self._reading_db)
        except sqlite3.Error as error:
            raise Unreachable(str(self._path), f"cannot be read ({error})", MOVE_ASIDE) from error


def _lock(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("a")
    except OSError as error:
        problem = f"cannot be written to ({error.strerror})"
        raise BadConfig(str(path.parent), problem, MAKE_WRITABLE) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise BadConfig(
            str(path),
            "is in use by another gateway",
            "stop that one, or give this one another data folder",
        ) from error
    return lock


def _cannot_open(path: Path, error: sqlite3.DatabaseError) -> GatehouseError:
    if isinstance(error, sqlite3.OperationalError):  # the disk's fault, not the file's
        return Unreachable(str(path), f"cannot be opened ({error})", MAKE_WRITABLE)
    return BadConfig(str(path), f"is not a usable journal ({error})", MOVE_ASIDE)
