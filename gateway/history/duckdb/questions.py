"""What is asked of a history's DuckDB file. Every function runs in its worker thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from gateway.history.duckdb.file import HistoryFile
from gateway.history.protocol import END_OF_TIME, MOST_BUCKETS, Bucket, Sample, bucket_width
from gateway.history.record import value_of
from gateway.model.clock import DAY, HOUR, Micros
from gateway.model.reading import Quality

EVERY = """(
    SELECT * FROM arrived WHERE point IN ({points}) AND taken_at >= $start AND taken_at < $end
    UNION ALL
    SELECT * FROM settled WHERE point IN ({points}) AND taken_at >= $start AND taken_at < $end
)"""

BUCKETS = """
SELECT point, (taken_at - $start) // $width AS bucket, count(*), avg((quality = 'good')::INTEGER),
    arg_max(number, taken_at), arg_max(state, taken_at), arg_max(event, taken_at),
    min(number), max(number), avg(number)
FROM {every} GROUP BY point, bucket
"""

CURVE = """
SELECT taken_at, number, enum_code(quality) AS quality FROM {every} ORDER BY taken_at
"""

COUNT = "SELECT count(*) FROM {every}"

EXTREMES = """
WITH found AS (
    SELECT unnest([
        arg_min(reading, taken_at), arg_max(reading, taken_at),
        arg_min(reading, number), arg_max(reading, number),
        arg_min(reading, taken_at) FILTER (number IS NULL)
    ]) AS reading
    FROM (
        SELECT taken_at, number, struct_pack(taken_at, number, quality) AS reading FROM {every}
    ) GROUP BY (taken_at - $start) // $width
)
SELECT DISTINCT reading.taken_at, reading.number, enum_code(reading.quality) AS quality
FROM found WHERE reading IS NOT NULL ORDER BY reading.taken_at
"""
# Van Der Donckt 2023, "MinMaxLTTB": LTTB of the extremes looks like LTTB of all.

CHANGES = """
SELECT taken_at, state, quality FROM {every}
QUALIFY (state, quality) IS DISTINCT FROM lag((state, quality)) OVER (ORDER BY taken_at)
ORDER BY taken_at
"""

PART = """
SELECT taken_at, number, state, event, quality FROM {every} ORDER BY taken_at LIMIT $most
"""

LATEST = """
SELECT taken_at, number, state, event, quality FROM {every} ORDER BY taken_at DESC LIMIT 1
"""

WHOLE = 100_000
"""Readings of a picture that may be in memory at once. Finding the extremes takes no longer."""

LOOK_BACK = (HOUR, DAY, 30 * DAY, END_OF_TIME)

_QUALITIES = tuple(Quality)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which readings a question is about: taken in [start, end)."""

    points: tuple[str, ...]
    start: Micros
    end: Micros


def buckets(
    file: HistoryFile, asked: Asked, width: Micros
) -> Mapping[str, Mapping[Micros, Bucket]]:
    """By point, then by the bucket's start; without gaps."""
    found: dict[str, dict[Micros, Bucket]] = {}
    names = {number: name for name, number in file.ids(asked.points).items()}
    for point, n, count, good, number, state, event, lowest, highest, mean in _ask(
        file, BUCKETS, asked, width=width
    ).fetchall():
        at = asked.start + n * width
        last = value_of(number, state, event)
        of_point = found.setdefault(names[point], {})
        of_point[at] = Bucket(at, count, good, last, lowest, highest, mean)
    return found


def picture(file: HistoryFile, asked: Asked, most: int) -> tuple[Sample, ...]:
    """The readings that draw the curve of one point. Of more than WHOLE, DuckDB finds the extremes
    of short times first."""
    ((count,),) = _ask(file, COUNT, asked).fetchall()
    if count <= most:
        rows = _ask(file, CURVE, asked).fetchall()
        return tuple(Sample(at, number, _QUALITIES[quality]) for at, number, quality in rows)
    # 18 MB of memory, which a gateway that nobody asks for long pictures need not have.
    import numpy as np  # noqa: PLC0415

    from gateway.history.lttb import chosen  # noqa: PLC0415

    if count <= WHOLE:
        found = _ask(file, CURVE, asked)
    else:
        width = bucket_width(asked.start, asked.end, min(2 * most, MOST_BUCKETS))
        found = _ask(file, EXTREMES, asked, width=width)
    columns = found.fetchnumpy()
    times, qualities = columns["taken_at"], columns["quality"]
    values = np.ma.filled(columns["number"], np.nan)
    return tuple(
        Sample(
            int(times[at]),
            None if np.isnan(values[at]) else float(values[at]),
            _QUALITIES[qualities[at]],
        )
        for at in chosen(times, values, most)
    )


def changes(file: HistoryFile, asked: Asked) -> Sequence[Sample]:
    """The readings of one STATE point that say something else than the one before them."""
    return [
        Sample(taken_at, state, Quality(quality))
        for taken_at, state, quality in _ask(file, CHANGES, asked).fetchall()
    ]


def part(file: HistoryFile, asked: Asked, most: int) -> Sequence[Sample]:
    """The first `most` readings of one point."""
    return [_sample(row) for row in _ask(file, PART, asked, most=most).fetchall()]


def latest(file: HistoryFile, point: str, instant: Micros) -> Sample | None:
    """The last reading of the point before that instant. Near it first: most points have said
    something within the hour, and all of the past is much to look through."""
    for back in LOOK_BACK:
        asked = Asked((point,), max(0, instant - back), instant)
        for row in _ask(file, LATEST, asked).fetchall():
            return _sample(row)
    return None


def _ask(file: HistoryFile, question: str, asked: Asked, **more: int) -> duckdb.DuckDBPyConnection:
    numbers = file.ids(asked.points).values()
    points = ", ".join(map(str, numbers)) or "NULL"  # our own numbers: nothing to escape
    bounds = {"start": asked.start, "end": asked.end, **more}
    return file.db.execute(question.format(every=EVERY.format(points=points)), bounds)


def _sample(row: tuple[Any, ...]) -> Sample:
    taken_at, *value, quality = row
    return Sample(taken_at, value_of(*value), Quality(quality))
