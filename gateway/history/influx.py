"""History in InfluxDB, whichever version, for Grafana and for estates that have one already."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Self, TypeVar

from gateway.errors import Malformed
from gateway.history import influx_sending
from gateway.history.influx_dialect import Dialect, connect
from gateway.history.influx_questions import Column
from gateway.history.line_protocol import Origin, Writer
from gateway.history.protocol import Bucket, Sample, bucket_width, with_gaps
from gateway.model.clock import Micros
from gateway.model.driver import DeadLetters
from gateway.model.reading import Reading
from gateway.site.model import InfluxTarget

logger = logging.getLogger(__name__)

T = TypeVar("T")

Line = tuple[str, str]
"""What a line tells of (a point, a series), and its text."""


@dataclass(slots=True)
class Counts:
    """What became of what was given to `write`.

    `bad_lines` were refused by the server, each by itself, and are not stored; `not_finite` are
    stored without their value.
    """

    stored: int = 0
    not_finite: int = 0
    bad_lines: int = 0


class Influx:
    """One InfluxDB, and what it does not take. Use as `async with Influx(…)`; opening does not need
    the server. Everything raises Unreachable and Refused as influx_http.Http does."""

    def __init__(self, target: InfluxTarget, letters: DeadLetters) -> None:
        self._target = target
        self._letters = letters
        self._dialect: Dialect | None = None
        self._connecting = Lock()
        self._told: set[str] = set()
        self.counts = Counts()

    async def __aenter__(self) -> Self:
        # Two threads: a question need not wait for a slow write.
        self._workers = ThreadPoolExecutor(2, "history-influx")
        return self

    async def __aexit__(self, *failure: object) -> None:
        try:
            # A write nobody waits for any more may hang on a slow server; the loop must not.
            await asyncio.to_thread(self._workers.shutdown)
        finally:
            if self._dialect is not None:
                self._dialect.close()

    async def write_lines(self, lines: Sequence[Line]) -> None:
        """Store lines of one's own making (times in microseconds). Those the server refuses are
        found, counted and left out; doing all of it again after a failure changes nothing."""
        bad = await self._in_worker(lambda: self._send([text for _, text in lines]))
        for n, error in bad:
            source, text = lines[n]
            self._refused(source, text, error)
        self.counts.stored += len(lines) - len(bad)

    def _send(self, texts: Sequence[str]) -> list[influx_sending.Bad]:
        return influx_sending.send(texts, self._connected().write)

    def _connected(self) -> Dialect:
        """In a worker thread."""
        with self._connecting:
            if self._dialect is None:
                self._dialect = connect(self._target)
            return self._dialect

    def _refused(self, source: str, text: str, error: Malformed) -> None:
        self.counts.bad_lines += 1
        self._letters(source, influx_sending.reason_code(error), text.encode())
        if source not in self._told:
            self._told.add(source)
            logger.warning("InfluxDB refuses a line of %s: %s", source, error)

    async def _in_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)


class InfluxHistory(Influx):
    """A History, and a follower's output. `site` is the site's id, `devices` the origin of each of
    its devices by id (line_protocol.origins)."""

    def __init__(
        self,
        target: InfluxTarget,
        site: str,
        devices: Mapping[str, Origin],
        letters: DeadLetters,
    ) -> None:
        super().__init__(target, letters)
        self._site = site
        self._lines = Writer(site, devices)

    async def write(self, readings: Sequence[Reading]) -> None:
        """Store journalled readings. What the server refuses is found, counted and left out; doing
        all of it again after a failure changes nothing."""
        made = await self._in_worker(lambda: self._write(readings))
        for reading, text, error in made.refused:
            self._refused(reading.point, text, error)
        self.counts.stored += len(readings) - len(made.refused)
        self.counts.not_finite += made.not_finite

    async def range(
        self, points: Sequence[str], start: Micros, end: Micros, buckets: int
    ) -> Mapping[str, tuple[Bucket, ...]]:
        """See History."""
        width = bucket_width(start, end, buckets)

        def ask() -> dict[str, Mapping[Micros, Bucket]]:
            asking = self._connected().questions
            return {
                point: asking.buckets(self._column(point), start, end, width) for point in points
            }

        found = await self._in_worker(ask)
        return {point: with_gaps(of, start, end, width) for point, of in found.items()}

    async def latest_before(self, point: str, instant: Micros) -> Sample | None:
        """See History."""
        column = self._column(point)
        return await self._in_worker(lambda: self._connected().questions.latest(column, instant))

    def _column(self, point: str) -> Column:
        device, _, name = point.rpartition("/")
        return Column(self._site, self._lines.measurement(device), device, name)

    def _write(self, readings: Sequence[Reading]) -> "_Written":
        made = self._lines.lines(readings)
        bad = self._send(made.texts)
        if not bad:
            return _Written([], made.not_finite)
        spans = list(pairwise([*made.firsts, len(readings)]))
        suspects = [reading for n, _ in bad for reading in readings[slice(*spans[n])]]
        # Of a line several readings share one may be at fault: each once more in its own.
        texts = [self._lines.lines([reading]).texts[0] for reading in suspects]
        refused = [(suspects[n], texts[n], error) for n, error in self._send(texts)]
        return _Written(refused, made.not_finite)


@dataclass(frozen=True, slots=True)
class _Written:
    """What was refused, and how many numbers were not finite."""

    refused: list[tuple[Reading, str, Malformed]]
    not_finite: int
