"""History in one DuckDB file: the embedded default."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import duckdb

from gateway.errors import Unreachable
from gateway.history.duckdb import questions
from gateway.history.duckdb.file import HistoryFile
from gateway.history.duckdb.upkeep import forget_slice, settle_slice, slices_to_settle
from gateway.history.protocol import (
    Bucket,
    Row,
    Sample,
    Span,
    bucket_width,
    check_bounds,
    check_picture,
    with_gaps,
)
from gateway.history.retention import cutoffs
from gateway.history.spans import spans_of
from gateway.model.clock import DAY, Micros
from gateway.model.reading import Reading

T = TypeVar("T")

PART = 10_000
"""So many readings come in one part of a scan."""


class DuckDbHistory:
    """A History, and a follower's store. Use as `async with DuckDbHistory(path, kinds)`; `kinds`
    is the kind of each device by its id, for retention.

    DuckDB is synchronous: everything runs in one worker thread, in order. The file is opened when
    it is first used, and again after a failure: alarms must not wait for a history. While another
    process holds it, or it is not a history, everything raises Unreachable with what to do.
    """

    def __init__(self, path: Path, kinds: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._kinds = kinds or {}
        self._file = HistoryFile(path)

    async def __aenter__(self) -> Self:
        self._worker = ThreadPoolExecutor(1, "history-duckdb")
        return self

    async def __aexit__(self, *failure: object) -> None:
        try:
            await self._in_worker(self._file.close)
        finally:
            self._worker.shutdown()

    async def cursor(self) -> int:
        """The journal sequence of the last reading that is in; 0 in a new file."""
        return await self._in_worker(self._file.cursor)

    async def write(self, readings: Sequence[Reading], cursor: int) -> None:
        """Readings and cursor, in one transaction. Those that are in already are left out, so
        that trying again after any failure stores each once. Unreachable when the file cannot be
        written now (disk full)."""
        await self._in_worker(lambda: self._file.write(readings, cursor))

    async def range(
        self, points: Sequence[str], start: Micros, end: Micros, buckets: int
    ) -> Mapping[str, tuple[Bucket, ...]]:
        """See History."""
        width = bucket_width(start, end, buckets)
        asked = questions.Asked(tuple(points), start, end)
        found = await self._ask(lambda db: questions.buckets(db, asked, width))
        return {point: with_gaps(found.get(point, {}), start, end, width) for point in points}

    async def picture(
        self, point: str, start: Micros, end: Micros, most: int
    ) -> tuple[Sample, ...]:
        """See History."""
        check_picture(start, end, most)
        asked = questions.Asked((point,), start, end)
        return await self._ask(lambda db: questions.picture(db, asked, most))

    async def spans(self, point: str, start: Micros, end: Micros) -> tuple[Span, ...]:
        """See History."""
        check_bounds(start, end)
        asked = questions.Asked((point,), start, end)

        def ask(file: HistoryFile) -> tuple[Span, ...]:
            before = questions.latest(file, point, start)
            return spans_of(before, questions.changes(file, asked), start, end)

        return await self._ask(ask)

    async def latest_before(self, point: str, instant: Micros) -> Sample | None:
        """See History."""
        return await self._ask(lambda file: questions.latest(file, point, instant))

    async def scan(
        self, points: Sequence[str], start: Micros, end: Micros
    ) -> AsyncIterator[Sequence[Row]]:
        """See History."""
        check_bounds(start, end)
        for point in points:
            at, width = start, DAY
            while at < end:
                until = min(at + width, end)
                asked = questions.Asked((point,), at, until)
                part = await self._ask(partial(questions.part, asked=asked, most=PART))
                if part:
                    yield [Row(point, sample) for sample in part]
                at = part[-1].taken_at + 1 if len(part) == PART else until
                if len(part) < PART // 2:
                    width *= 2

    async def forget(self, kept: Mapping[str, Micros], now: Micros) -> int:
        """See History. In slices, so that nobody waits long for the worker."""
        gone = 0
        names = await self._in_worker(self._file.names)
        for cutoff, points in cutoffs(names, self._kinds, kept, now).items():
            slice_of_it = partial(forget_slice, points=points, cutoff=cutoff)
            while went := await self._ask(slice_of_it):
                gone += went
        return gone

    async def settle(self, before: Micros, *, least: int) -> int:
        """Move what was taken before that instant to where it is found by its point, when `least`
        readings or more have arrived; returns how many. In slices, as `forget`."""
        slices = await self._ask(lambda file: slices_to_settle(file, before, least))
        return sum([await self._ask(partial(settle_slice, piece=piece)) for piece in slices])

    async def _ask(self, question: Callable[[HistoryFile], T]) -> T:
        return await self._in_worker(lambda: question(self._file))

    async def _in_worker(self, work: Callable[[], T]) -> T:
        def guarded() -> T:
            try:
                return work()
            except duckdb.Error as error:
                self._file.close()  # after some errors the connection refuses everything
                raise Unreachable(str(self._path), f"cannot be used now ({error})") from error

        return await asyncio.get_running_loop().run_in_executor(self._worker, guarded)
