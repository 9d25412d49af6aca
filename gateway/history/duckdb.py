"""History in one DuckDB file: the embedded default."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Self, TypeVar

import duckdb

from gateway.errors import Unreachable
from gateway.history.protocol import Bucket, Sample, bucket_width, with_gaps
from gateway.history.record import place, record, value_of
from gateway.model.clock import Micros
from gateway.model.reading import Quality, Reading

T = TypeVar("T")

SCHEMA = """
CREATE TYPE quality AS ENUM ('good', 'stale', 'bad', 'offline');
CREATE TABLE points (id INTEGER, name VARCHAR);
CREATE TABLE readings (
    seq BIGINT, point INTEGER, taken_at BIGINT, received_at BIGINT,
    number DOUBLE, state VARCHAR, event VARCHAR, quality quality
);
CREATE TABLE cursor (seq BIGINT);
INSERT INTO cursor VALUES (0);
"""
# No keys and no indexes: they would cost more than the scan they save. Readings lie in order of
# arrival, so DuckDB's own minimum and maximum of each row group find a span of time.

BUCKETS = """
SELECT (taken_at - $start) // $width AS bucket, count(*), avg((quality = 'good')::INTEGER),
    last(number ORDER BY taken_at, seq) FILTER (number IS NOT NULL),
    last(state ORDER BY taken_at, seq) FILTER (state IS NOT NULL),
    last(event ORDER BY taken_at, seq) FILTER (event IS NOT NULL),
    min(number), max(number), avg(number)
FROM readings
WHERE point = $point AND taken_at >= $start AND taken_at < $end
GROUP BY bucket
"""

LATEST = """
SELECT taken_at, number, state, event, quality
FROM readings WHERE point = $point AND taken_at < $instant
ORDER BY taken_at DESC, seq DESC LIMIT 1
"""

SETTINGS: dict[str, str | bool | int | float | list[str]] = {"threads": 2, "memory_limit": "128MB"}
"""DuckDB would take every core and most of the memory of the machine the gateway runs on."""


class DuckDbHistory:
    """A History, and a follower's store. Use as `async with DuckDbHistory(path)`.

    DuckDB is synchronous: everything runs in one worker thread, in order. The file is opened when
    it is first used, and again after a failure: alarms must not wait for a history. While another
    process holds it, or it is not a history, everything raises Unreachable with what to do.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _File(path)

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
        self, point: str, start: Micros, end: Micros, buckets: int
    ) -> tuple[Bucket, ...]:
        """See History."""
        width = bucket_width(start, end, buckets)
        found = await self._in_worker(lambda: self._file.buckets(point, start, end, width))
        return with_gaps(found, start, end, width)

    async def latest_before(self, point: str, instant: Micros) -> Sample | None:
        """See History."""
        return await self._in_worker(lambda: self._file.latest(point, instant))

    async def _in_worker(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, work)
        except duckdb.Error as error:
            raise Unreachable(str(self._path), f"cannot be used now ({error})") from error


class _File:
    """The file and the connection to it. Every method runs in the worker thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._ids: dict[str, int] = {}

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _db(self) -> duckdb.DuckDBPyConnection:
        """The connection, opened; `_ids` are known only then."""
        if self._connection is None:
            self._open()
        assert self._connection is not None
        return self._connection

    def _open(self) -> None:
        try:
            if not self._path.exists():
                _create(self._path)
            with ExitStack() as on_failure:
                db = on_failure.enter_context(duckdb.connect(self._path, config=SETTINGS))
                known = db.execute("SELECT name, id FROM points").fetchall()
                db.execute("SELECT seq FROM cursor").fetchall()
                on_failure.pop_all()
        except (duckdb.Error, OSError) as error:
            raise _cannot_open(self._path, error) from error
        self._connection, self._ids = db, dict(known)

    def cursor(self) -> int:
        ((seq,),) = self._db.execute("SELECT seq FROM cursor").fetchall()
        return int(seq)

    def write(self, readings: Sequence[Reading], cursor: int) -> None:
        try:
            self._db.begin()
            kept = self.cursor()
            rows = [self._row(reading) for reading in readings if place(reading) > kept]
            with self._db.appender("readings") as appender:
                appender.append_rows(rows)
            self._db.execute("UPDATE cursor SET seq = $1", [max(cursor, kept)]).fetchall()
            self._db.commit()
        except Exception:
            # Only what the file says counts now; a failed commit may even have left the
            # connection unusable.
            self.close()
            raise

    def buckets(
        self, point: str, start: Micros, end: Micros, width: Micros
    ) -> dict[Micros, Bucket]:
        db = self._db
        bounds = {"point": self._ids.get(point), "start": start, "end": end, "width": width}
        found = {}
        for n, count, good, number, state, event, lowest, highest, mean in db.execute(
            BUCKETS, bounds
        ).fetchall():
            at = start + n * width
            last = value_of(number, state, event)
            found[at] = Bucket(at, count, good, last, lowest, highest, mean)
        return found

    def latest(self, point: str, instant: Micros) -> Sample | None:
        db = self._db
        bounds = {"point": self._ids.get(point), "instant": instant}
        for taken_at, *value, quality in db.execute(LATEST, bounds).fetchall():
            return Sample(taken_at, value_of(*value), Quality(quality))
        return None

    def _row(self, reading: Reading) -> tuple[object, ...]:
        point = self._ids.get(reading.point) or self._add_point(reading.point)
        return (reading.seq, point, reading.taken_at, reading.received_at, *record(reading))

    def _add_point(self, name: str) -> int:
        number = self._ids[name] = len(self._ids) + 1
        self._db.execute("INSERT INTO points VALUES ($1, $2)", [number, name]).fetchall()
        return number


def _create(path: Path) -> None:
    """Made under another name first: a crash leaves a whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    for left in (fresh, fresh.with_name(fresh.name + ".wal")):
        left.unlink(missing_ok=True)
    with duckdb.connect(fresh) as db:
        db.execute(SCHEMA).fetchall()
    fresh.replace(path)


def _cannot_open(path: Path, error: Exception) -> Unreachable:
    if "Could not set lock" in str(error):
        return Unreachable(
            str(path),
            "is in use by another process",
            "stop the other gateway, or give this one another data folder",
        )
    return Unreachable(
        str(path),
        f"is not a usable history ({error})",
        f"move it aside together with {path.name}.wal, if there is one; "
        "a new one is made by itself and filled with what the journal still has",
    )
