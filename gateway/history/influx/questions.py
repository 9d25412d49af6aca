"""What is asked of an InfluxDB, in whichever language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from gateway.history.influx.line_protocol import QUALITY_CODES, quality_field
from gateway.history.protocol import Bucket, Sample
from gateway.model.clock import Micros
from gateway.model.reading import Quality, Value


@dataclass(frozen=True, slots=True)
class Column:
    """Where a point lies: one field of its device's lines. `measurement` is None where the site
    does not know the device."""

    site: str
    measurement: str | None
    device: str
    name: str

    @property
    def quality(self) -> str:
        """The field beside it."""
        return quality_field(self.name)


class Questions(Protocol):
    """Blocking. Raise as Http does; Refused too for an answer that is none."""

    def buckets(
        self, column: Column, start: Micros, end: Micros, width: Micros
    ) -> Mapping[Micros, Bucket]:
        """The buckets with readings in them, by their start."""

    def latest(self, column: Column, instant: Micros) -> Sample | None:
        """The last reading taken before `instant`."""

    def samples(self, column: Column, start: Micros, end: Micros, most: int) -> Sequence[Sample]:
        """The first `most` readings over [start, end), oldest first."""

    def count(self, column: Column, start: Micros, end: Micros) -> int:
        """How many readings there are over [start, end)."""

    def extremes(
        self, column: Column, start: Micros, end: Micros, width: Micros
    ) -> Sequence[Sample]:
        """Of each bucket over [start, end) the highest and the lowest reading, and one of those of
        quality BAD and OFFLINE; oldest first. Empty where there are no numbers."""

    def measurements(self, site: str, device: str | None = None) -> Sequence[str]:
        """Those that hold lines of that site, or of that device of it."""

    def forget(self, site: str, measurement: str, before: Micros) -> None:
        """Delete the lines of that site and measurement whose time is before that instant."""


def in_order(samples: Iterable[Sample]) -> list[Sample]:
    """Each once, oldest first."""
    by_time = {sample.taken_at: sample for sample in samples}
    return [by_time[at] for at in sorted(by_time)]


_QUALITIES: Final = {code: quality for quality, code in QUALITY_CODES.items()}


def sample_of(taken_at: Micros, stored: object, code: object) -> Sample:
    """The reading written as a field and its quality. Where the quality is missing the line is not
    ours. OFFLINE has no value: one that is there is of a reading which this one has replaced."""
    quality = _QUALITIES.get(code, Quality.GOOD) if isinstance(code, int) else Quality.GOOD
    return Sample(taken_at, None if quality is Quality.OFFLINE else value_of(stored), quality)


def value_of(stored: object) -> Value:
    """The value that was written as this field. Events are JSON objects, which no state is."""
    if isinstance(stored, str):
        return _event(stored) if stored.startswith("{") else stored
    return float(stored) if isinstance(stored, int | float) else None


def _event(text: str) -> Value:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError:
        return text
