"""History in InfluxDB, whichever version, for Grafana and for estates that have one already."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from gateway.errors import Malformed, Refused
from gateway.history.alarm_changes import MEASUREMENT as ALARM
from gateway.history.influx.http import Unit
from gateway.history.influx.line_protocol import UNKNOWN_KIND, Origin, Writer
from gateway.history.influx.output import InfluxOutput
from gateway.history.influx.questions import Column, Questions
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
from gateway.history.retention import DEFAULT
from gateway.history.spans import spans_of
from gateway.model.clock import Micros
from gateway.model.driver import DeadLetters
from gateway.model.reading import Reading
from gateway.site.model import InfluxTarget

T = TypeVar("T")

PART = 20_000
"""So many readings are asked for at once."""

NOT_READINGS = frozenset({ALARM})
"""Measurements that hold something else: nobody has said how long to keep them."""


class InfluxHistory(InfluxOutput):
    """A History, and a follower's output. `site` is the site's id, `devices` the origin of each of
    its devices by id (line_protocol.origins)."""

    def __init__(
        self,
        target: InfluxTarget,
        site: str,
        devices: Mapping[str, Origin],
        letters: DeadLetters,
        *,
        whole: int = 100_000,
    ) -> None:
        """A picture of more than `whole` readings is drawn from the extremes of short times."""
        super().__init__(target, letters)
        self._site = site
        self._lines = Writer(site, devices, self._kind_of_gone)
        self._whole = whole
        self._suspects: set[str] = set()

    async def write(self, readings: Sequence[Reading]) -> None:
        """Store journalled readings. What the server refuses is found, counted and left out; doing
        all of it again after a failure changes nothing."""
        made = await self.in_worker(lambda: self._write(readings))
        for reading, text, error in made.refused:
            self.refused(reading.point, text, error)
        self.counts.stored += len(readings) - len(made.refused)
        self.counts.not_finite += made.not_finite

    async def range(
        self, points: Sequence[str], start: Micros, end: Micros, buckets: int
    ) -> Mapping[str, tuple[Bucket, ...]]:
        """See History."""
        width = bucket_width(start, end, buckets)
        columns = {point: self._column(point) for point in points}
        found = await self._ask(
            lambda ask: {
                point: ask.buckets(column, start, end, width) for point, column in columns.items()
            }
        )
        return {point: with_gaps(of, start, end, width) for point, of in found.items()}

    async def picture(
        self, point: str, start: Micros, end: Micros, most: int
    ) -> tuple[Sample, ...]:
        """See History. Of a long time the server chooses the extremes of short ones first
        (MinMaxLTTB: Van Der Donckt 2023), else all of it would have to come over."""
        check_picture(start, end, most)
        column = self._column(point)
        if await self._ask(lambda ask: ask.count(column, start, end)) > self._whole:
            width = bucket_width(start, end, 2 * most)
            chosen = await self._ask(lambda ask: ask.extremes(column, start, end, width))
        else:
            chosen = [sample async for part in self._parts(column, start, end) for sample in part]
        return await self.in_worker(lambda: _thin(chosen, most))

    async def spans(self, point: str, start: Micros, end: Micros) -> tuple[Span, ...]:
        """See History."""
        check_bounds(start, end)
        column = self._column(point)
        before = await self._ask(lambda ask: ask.latest(column, start))
        within = [sample async for part in self._parts(column, start, end) for sample in part]
        return spans_of(before, within, start, end)

    async def latest_before(self, point: str, instant: Micros) -> Sample | None:
        """See History."""
        return await self._ask(lambda ask: ask.latest(self._column(point), instant))

    async def scan(
        self, points: Sequence[str], start: Micros, end: Micros
    ) -> AsyncIterator[Sequence[Row]]:
        """See History."""
        check_bounds(start, end)
        for point in points:
            async for part in self._parts(self._column(point), start, end):
                yield [Row(point, sample) for sample in part]

    async def forget(self, kept: Mapping[str, Micros], now: Micros) -> int:
        """See History; no InfluxDB tells how many went. 3.x deletes nothing this way: Refused, with
        what to do instead."""
        if kept:
            await self._ask(lambda ask: self._forget(ask, kept, now))
        return 0

    def _forget(self, ask: Questions, kept: Mapping[str, Micros], now: Micros) -> None:
        for measurement in ask.measurements(self._site):
            keep = kept.get(measurement, kept.get(DEFAULT))
            if keep is not None and measurement not in NOT_READINGS:
                ask.forget(self._site, measurement, now - keep)

    async def _parts(
        self, column: Column, start: Micros, end: Micros
    ) -> AsyncIterator[Sequence[Sample]]:
        at = start
        while at < end:
            part = await self._part(column, at, end)
            if part:
                yield part
            at = part[-1].taken_at + 1 if len(part) == PART else end

    async def _part(self, column: Column, start: Micros, end: Micros) -> Sequence[Sample]:
        return await self._ask(lambda ask: ask.samples(column, start, end, PART))

    async def _ask(self, question: Callable[[Questions], T]) -> T:
        return await self.in_worker(lambda: question(self.connected().questions))

    def _column(self, point: str) -> Column:
        device, _, name = point.rpartition("/")
        return Column(self._site, self._lines.measurement(device), device, name)

    def _kind_of_gone(self, device: str) -> str | None:
        """The measurement a device that is no longer in the site was written to before."""
        try:
            found = self.connected().questions.measurements(self._site, device)
        except Refused:
            return None  # a server that is only written to
        return next((name for name in found if name not in {*NOT_READINGS, UNKNOWN_KIND}), None)

    def _write(self, readings: Sequence[Reading]) -> "_Written":
        """Points refused before go in a request of their own, so that one whose field is of another
        type does not make every request be halved and halved."""
        suspects = [reading for reading in readings if reading.point in self._suspects]
        if not suspects:
            return self._write_at_once(readings)
        others = [reading for reading in readings if reading.point not in self._suspects]
        self._suspects -= {reading.point for reading in suspects}
        of_others, of_suspects = self._write_at_once(others), self._write_at_once(suspects)
        return _Written(
            of_others.refused + of_suspects.refused, of_others.not_finite + of_suspects.not_finite
        )

    def _write_at_once(self, readings: Sequence[Reading]) -> "_Written":
        made = self._lines.lines(readings)
        bad = self.send(made.texts, Unit.MICROSECONDS)
        if not bad:
            return _Written([], made.not_finite)
        spans = list(pairwise([*made.firsts, len(readings)]))
        tried = [reading for n, _ in bad for reading in readings[slice(*spans[n])]]
        # Of a line several readings share one may be at fault: each once more in its own.
        texts = [self._lines.lines([reading]).texts[0] for reading in tried]
        refused = self.send(texts, Unit.MICROSECONDS)
        self._suspects |= {tried[n].point for n, _ in refused}
        return _Written([(tried[n], texts[n], error) for n, error in refused], made.not_finite)


def _thin(samples: Sequence[Sample], most: int) -> tuple[Sample, ...]:
    if len(samples) <= most:
        return tuple(samples)
    from gateway.history.lttb import thin  # noqa: PLC0415  # numpy's 18 MB: only when asked

    return thin(samples, most)


@dataclass(frozen=True, slots=True)
class _Written:
    """What was refused, and how many numbers were not finite."""

    refused: list[tuple[Reading, str, Malformed]]
    not_finite: int
