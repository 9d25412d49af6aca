"""What every history answers, whichever store it lies in."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from gateway.errors import Refused
from gateway.model.clock import Micros
from gateway.model.reading import Quality, Value

MOST_BUCKETS = 10_000

LEAST_PICTURE = 3
"""A curve has a first reading, a last one and something between."""

END_OF_TIME: Micros = (2**63 - 1) // 1_000
"""In 2262. InfluxDB counts nanoseconds in 64 bits; every history keeps to its bounds."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one point said from `start` on, until the next bucket starts.

    `count` is the number of readings taken in it and `good` the share of them with quality GOOD;
    0 readings is a gap. `last` is the last value known in it. `minimum`, `maximum` and `mean` are
    those of the values of a NUMBER point, each value weighing the same; None for other points and
    where no value is known.
    """

    start: Micros
    count: int = 0
    good: float | None = None
    last: Value = None
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored reading."""

    taken_at: Micros
    value: Value
    quality: Quality


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which one point said the same, of the same quality; `end` is not in it. `state` is
    None where nothing is known: before the first reading, and while the point is OFFLINE."""

    start: Micros
    end: Micros
    state: str | None
    quality: Quality


class Row(NamedTuple):
    """One stored reading of one point, as it is exported."""

    point: str
    sample: Sample


class History(Protocol):
    """Readings by the instant they were taken at (the device's clock). A point has one reading at
    an instant: a second one for the same instant replaces the first, so that what is told twice is
    kept once. (InfluxDB cannot unsay a value: there a second one without a value replaces the
    quality only.)

    All raise Refused for bounds that make no sense, Unreachable when the store does not answer.
    """

    async def range(
        self, points: Sequence[str], start: Micros, end: Micros, buckets: int
    ) -> Mapping[str, tuple[Bucket, ...]]:
        """By point: equal buckets from `start` on, the last one cut at `end` (not included): at
        most `buckets`, fewer where a bucket would be shorter than a microsecond. A point nobody
        has heard of has gaps only."""

    async def picture(
        self, point: str, start: Micros, end: Micros, most: int
    ) -> tuple[Sample, ...]:
        """The readings of a NUMBER point that draw its curve: all over [start, end), or about
        `most` of them chosen by shape (LTTB: Steinarsson 2013, "Downsampling time series for
        visual representation"). Readings without a value stay in: there the curve has a gap."""

    async def spans(self, point: str, start: Micros, end: Micros) -> tuple[Span, ...]:
        """What a STATE point said over [start, end), without gaps or overlaps: until its first
        reading in there it says what it said last before `start`. See spans.durations."""

    async def latest_before(self, point: str, instant: Micros) -> Sample | None:
        """The last reading taken before `instant`, None where there is none."""

    def scan(
        self, points: Sequence[str], start: Micros, end: Micros
    ) -> AsyncIterator[Sequence[Row]]:
        """Every reading taken in [start, end), in parts, point by point, each oldest first."""

    async def forget(self, kept: Mapping[str, Micros], now: Micros) -> int:
        """Delete what is older than its device kind's time in `kept` (with `default` for kinds not
        named there); returns how many readings went, as far as the store tells."""


def bucket_width(start: Micros, end: Micros, buckets: int) -> Micros:
    """The width of each of at most `buckets` equal buckets over [start, end). Refused for bounds
    that make no sense."""
    if not 1 <= buckets <= MOST_BUCKETS:
        raise Refused("buckets", f"{buckets} is outside 1..{MOST_BUCKETS}")
    check_bounds(start, end)
    return -(-(end - start) // buckets)


def check_picture(start: Micros, end: Micros, most: int) -> None:
    """Refused for what no picture can be drawn of."""
    if not LEAST_PICTURE <= most <= MOST_BUCKETS:
        raise Refused("most", f"{most} is outside {LEAST_PICTURE}..{MOST_BUCKETS}")
    check_bounds(start, end)


def check_bounds(start: Micros, end: Micros) -> None:
    """Refused for bounds that make no sense."""
    if not 0 <= start < END_OF_TIME or end > END_OF_TIME:
        raise Refused("start, end", "outside the years 1970..2262", "give microseconds since 1970")
    if end <= start:
        raise Refused("end", f"{end} is not after start {start}")


def with_gaps(
    found: Mapping[Micros, Bucket], start: Micros, end: Micros, width: Micros
) -> tuple[Bucket, ...]:
    """All buckets over [start, end): those found, by their start, and gaps between them."""
    return tuple(found.get(at) or Bucket(at) for at in range(start, end, width))
