"""Append and follow: the seam between the field and everything else."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

from gateway.errors import Unreachable
from gateway.journal import marks, newest, rows
from gateway.journal.damage import SetAside, is_damage
from gateway.journal.file import JournalFile
from gateway.journal.gauges import Gauges
from gateway.journal.lock import MAKE_WRITABLE, lock
from gateway.journal.marks import Mark
from gateway.journal.reader import Reader
from gateway.journal.redelivery import messages_at, new_ones
from gateway.journal.upkeep import Asked, Tidied
from gateway.journal.writer import Advance, Append, Done, FoundDamaged, Job, Settled, Writer
from gateway.model.clock import Clock, Micros
from gateway.model.reading import Reading
from gateway.site.model import JournalLimits

T = TypeVar("T")

BATCH = 5_000
"""Readings a follower is given at once, at most."""

TAIL = 20_000
"""Newest readings kept in memory, so that followers that keep up never read the file."""

LAG = 100_000
"""Places by which the table of newest readings stays behind what was read: a follower that starts
again may do so from a little before where it was."""

LAST = 1_000
"""Drivers stamp before they queue: the last reading is not always the latest."""

SEE_THE_DISK = "see that the disk is well and the gateway may read and write there"


class Journal:
    """Every reading in order of arrival, in one SQLite file. Use as `async with Journal(path)`.

    What reads it raises Unreachable while the file cannot be read.
    One process writes it; a second one is refused with BadConfig. A new file numbers its readings
    after `begin`: given the present instant (microseconds), no follower that kept its cursor
    through the loss of an older file is ever ahead of the new one, and so deaf to it. A damaged
    file is set aside under a name with the time by `clock`; see `set_aside`.
    """

    def __init__(self, path: Path, begin: int = 0, clock: Clock | None = None) -> None:
        self._path = path
        self._begin = begin
        self._clock = clock or (lambda: begin)
        self._tail: deque[Reading] = deque(maxlen=TAIL)
        self._grown = asyncio.Event()
        self._mended = asyncio.Event()
        self._told = 0
        self._redelivery = asyncio.Lock()
        self._last_seq = begin

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._lock = lock(self._path)
        self._reader = Reader(self._path)
        try:
            self._file = await self._reader.run(self._open)
        except BaseException as error:
            self._reader.end()
            self._lock.close()
            if isinstance(error, sqlite3.Error | OSError):
                problem = f"cannot be opened ({error})"
                raise Unreachable(str(self._path), problem, MAKE_WRITABLE) from error
            raise
        self._last_seq = self._file.extent.last
        self._writer = Writer(self._file, self._settle_soon)
        self._writer.start()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._reader.run(self._close)
        self._reader.end()
        self._lock.close()

    @property
    def last_seq(self) -> int:
        """The place of the newest durable reading; `begin` where there is none."""
        return self._last_seq

    def behind(self, cursor: int) -> int:
        """How many readings a follower at `cursor` has still to read."""
        return replace(self._file.extent, last=self._last_seq).behind(cursor)

    @property
    def fault(self) -> str | None:
        """Why nothing can be written now (disk full); None while all is well."""
        return self._writer.fault

    @property
    def gauges(self) -> Gauges:
        """How it is doing, in figures."""
        return Gauges(
            rows=self.behind(0),
            oldest_seq=self._file.extent.oldest,
            bytes_used=self._file.bytes_used,
            commits=self._writer.commits,
            fault=self._writer.fault,
        )

    @property
    def set_aside(self) -> SetAside | None:
        """The last damaged file that was replaced since the start, or at it."""
        return self._file.mended[-1] if self._file.mended else None

    async def damages(self) -> AsyncIterator[SetAside]:
        """Every damaged file replaced since the start, and each that will be, for ever."""
        told = 0
        while True:
            mended = self._mended
            for aside in self._file.mended[told:]:
                told += 1
                yield aside
            await mended.wait()

    async def append(self, readings: Sequence[Reading]) -> None:
        """Returns once all are durable, in order. While the disk is full it waits for room, and
        so holds back whoever sent them. A reading that cannot be stored (a number that is not
        finite, text that is not Unicode) is Malformed, and then none of them is stored.

        Of those that may have been given before (`Reading.delivery`) the ones that were are left
        out (see redelivery.py), at the cost of looking through the newest ones."""
        if not readings:
            return
        job = Append(readings, [rows.pack(reading) for reading in readings])
        if any(reading.delivery is not None and reading.delivery.again for reading in readings):
            await self._append_new(job)
        else:
            await self._submit(job)

    async def advance(self, follower: str, seq: int) -> None:
        """Keep the cursor of a follower that cannot keep it with its own output."""
        await self._submit(Advance(follower, seq))

    async def cursor(self, follower: str) -> int:
        """The last kept cursor of that follower; 0 where there is none."""
        query = "SELECT seq FROM follower WHERE name = ?"
        found = await self._read(lambda db: db.execute(query, (follower,)).fetchone())
        return 0 if found is None else int(found[0])

    async def latest(self, until: int | None = None) -> dict[str, Reading]:
        """The newest reading of every point, by point id, also where it was deleted since; with
        `until`, as it was there (see newest.py)."""
        place = self._last_seq if until is None else until
        found = await self._read(lambda db: newest.latest(db, place))
        return {reading.point: reading for reading in found}

    async def messages(self, places: Sequence[int]) -> dict[int, int]:
        """Which message (Delivery.message) the readings at those places came in, as far as known:
        by place."""
        return await self._read(lambda db: messages_at(db, places))

    async def shipped(self) -> int:
        """The place up to which every follower had read when the file was last tidied, by this
        process or one before; 0 where it never was."""
        return await self._read(lambda db: marks.get(db, Mark.SHIPPED))

    async def newest_at(self) -> Micros:
        """When the newest readings were received, by the clock of the process that did; 0 where
        there are none."""
        query = (
            f"SELECT max(received_at) FROM (SELECT * FROM reading ORDER BY seq DESC LIMIT {LAST})"
        )
        found = await self._read(lambda db: db.execute(query).fetchone())
        return int(found[0] or 0)

    async def waiting(self, shipped: int, now: Micros) -> Micros:
        """How long ago the oldest reading after `shipped` was received; 0 where there is none."""
        query = "SELECT received_at FROM reading WHERE seq > ? ORDER BY seq LIMIT 1"
        found = await self._read(lambda db: db.execute(query, (shipped,)).fetchone())
        return 0 if found is None else max(0, now - int(found[0]))

    async def tidy(
        self, shipped: int, limits: JournalLimits, now: Micros, known: int | None = None
    ) -> Tidied:
        """Delete what need not be kept: readings up to `shipped`, which every follower has read,
        when they were received longer ago than `limits.age` or room is wanted; others only when
        there is no room without. A slice at a time: commits go in between.

        `known`: what all who may ask `latest(until)` have dealt with; they start again quickly
        from there. Without it, `shipped`."""
        asked = Asked(
            shipped=shipped,
            known=(shipped if known is None else known) - LAG,
            older_than=now - limits.age,
            size=limits.size,
        )
        done, mended = Tidied(), len(self._file.mended)
        while True:
            try:
                gone = await self._submit(asked)
            except (sqlite3.Error, OSError) as error:
                if is_damage(error) and len(self._file.mended) == mended:
                    continue  # the next one begins with a new file
                return done + Tidied(fault=str(error))
            if gone is None:
                return done
            done += gone

    async def follow(self, cursor: int) -> AsyncIterator[Sequence[Reading]]:
        """Batches of readings after `cursor`, in order, for ever; waits for more at the end. Places
        may be missing: what was deleted is passed over."""
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

    async def _append_new(self, job: Append) -> None:
        async with self._redelivery:
            await self._submit(Append((), ()))  # what waits now is in the file then
            places = await self._read(lambda db: new_ones(db, job.readings, job.columns))
            readings = [job.readings[place] for place in places]
            await self._submit(Append(readings, [job.columns[place] for place in places]))

    async def _submit(self, job: Job) -> Any:
        done: Done = self._loop.create_future()
        self._writer.submit(job, done)
        return await done

    def _settle_soon(self, settled: list[Settled], durable: list[Reading]) -> None:
        self._loop.call_soon_threadsafe(self._settle, settled, durable)

    def _settle(self, settled: list[Settled], durable: list[Reading]) -> None:
        if durable:
            self._tail.extend(durable)
            self._last_seq = durable[-1].seq or self._last_seq
            grown, self._grown = self._grown, asyncio.Event()
            grown.set()
        if len(self._file.mended) > self._told:
            self._told = len(self._file.mended)
            mended, self._mended = self._mended, asyncio.Event()
            mended.set()
        for job in settled:
            if job.done.done():  # its submitter was cancelled
                continue
            if job.error is None:
                job.done.set_result(job.result)
            else:
                job.done.set_exception(job.error)

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """A damaged file is replaced first, and then asked again."""
        for _ in range(2):
            mended = len(self._file.mended)
            try:
                return await self._reader.ask(query)
            except (sqlite3.Error, rows.Damaged) as error:
                failure = error
            if not is_damage(failure):
                break
            with suppress(sqlite3.Error, OSError):
                await self._submit(FoundDamaged(mended))
        problem = f"cannot be read ({failure})"
        raise Unreachable(str(self._path), problem, SEE_THE_DISK) from failure

    def _open(self) -> JournalFile:
        return JournalFile(self._path, self._begin, self._clock, self._reader.away, self._recent)

    def _recent(self) -> Sequence[Reading]:
        # One step of the interpreter: the loop cannot change the deque meanwhile.
        return list(self._tail)

    def _close(self) -> None:
        # The writer goes last: SQLite then moves everything from the -wal file into the journal's.
        with self._reader.away():
            pass
        self._writer.close()
