"""History in InfluxDB 1.x, for Grafana and for estates that have one already."""

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self, TypeVar

from gateway.errors import Malformed, Unreachable
from gateway.history import influxql
from gateway.history.influx_server import Server
from gateway.history.line_protocol import Series
from gateway.history.protocol import Bucket, Sample, bucket_width, with_gaps
from gateway.model.clock import Micros
from gateway.model.reading import Reading
from gateway.site.model import InfluxTarget

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(slots=True)
class Counts:
    """What became of the readings given to `write`.

    `bad_lines` were refused by the server, each by itself, and are not stored; `not_finite` are
    stored without their value.
    """

    stored: int = 0
    not_finite: int = 0
    bad_lines: int = 0


class InfluxHistory:
    """A History. Use as `async with InfluxHistory(…)`; opening does not need the server.

    `site` is the site's id, `kinds` the kind of each device by its id (see line_protocol). The
    database is created where the user may. Raises Unreachable and Refused as Server does.
    """

    def __init__(self, target: InfluxTarget, site: str, kinds: Mapping[str, str]) -> None:
        self._target = target
        self._series = Series(site, kinds)
        self._has_database = False
        self._told: set[str] = set()
        self.counts = Counts()

    async def __aenter__(self) -> Self:
        self._server = Server(self._target)
        # Two threads: a question need not wait for a slow write.
        self._workers = ThreadPoolExecutor(2, "history-influx")
        return self

    async def __aexit__(self, *failure: object) -> None:
        try:
            # A write nobody waits for any more may hang on a slow server; the loop must not.
            await asyncio.to_thread(self._workers.shutdown)
        finally:
            self._server.close()

    async def write(self, readings: Sequence[Reading]) -> None:
        """Store journalled readings. Lines the server refuses are found, counted and left out;
        doing all of it again after a failure changes nothing."""
        bad = await self._in_worker(lambda: self._write(readings))
        for reading, error in bad:
            if reading.point not in self._told:
                self._told.add(reading.point)
                logger.warning("InfluxDB refuses a reading of %s: %s", reading.point, error)
        self.counts.bad_lines += len(bad)
        self.counts.stored += len(readings) - len(bad)
        self.counts.not_finite += sum(
            isinstance(reading.value, float) and not math.isfinite(reading.value)
            for reading in readings
        )

    async def range(
        self, point: str, start: Micros, end: Micros, buckets: int
    ) -> tuple[Bucket, ...]:
        """See History."""
        width = bucket_width(start, end, buckets)
        measurement, tags = self._series.measurement(point), self._series.tags(point)
        question = influxql.buckets(measurement, tags, start, end, width)
        found = influxql.read_buckets(await self._ask(question))
        return with_gaps(found, start, end, width)

    async def latest_before(self, point: str, instant: Micros) -> Sample | None:
        """See History."""
        measurement, tags = self._series.measurement(point), self._series.tags(point)
        return influxql.read_latest(await self._ask(influxql.latest(measurement, tags, instant)))

    async def _ask(self, question: str) -> object:
        def ask() -> object:
            self._create_database_once()
            return self._server.query(question)

        return await self._in_worker(ask)

    async def _in_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)

    def _write(self, readings: Sequence[Reading]) -> list[tuple[Reading, Malformed]]:
        try:
            self._create_database_once()
            lines = [(reading, self._series.line(reading)) for reading in readings]
            return self._store(lines)
        except Unreachable:
            self._has_database = False
            raise

    def _create_database_once(self) -> None:
        if not self._has_database:
            self._server.create_database()
            self._has_database = True

    def _store(self, lines: Sequence[tuple[Reading, str]]) -> list[tuple[Reading, Malformed]]:
        """The readings the server refuses, found by halving; all others are stored."""
        if not lines:
            return []
        try:
            self._server.write([line for _, line in lines])
        except Malformed as error:
            if len(lines) == 1:
                return [(lines[0][0], error)]
            half = len(lines) // 2
            return self._store(lines[:half]) + self._store(lines[half:])
        return []
