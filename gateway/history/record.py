"""How a reading lies in a history: one column for each shape a value can have."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from gateway.model.reading import Quality, Reading, Value


class Record(NamedTuple):
    """At most one of `number`, `state` and `event` is filled: the shape tells the point's kind,
    so a history can be read without the site file it was written under. `event` is JSON."""

    number: float | None
    state: str | None
    event: str | None
    quality: Quality


def record(reading: Reading) -> Record:
    """The reading's columns. A number that is not finite is kept as BAD and without a value, for
    no store can count with it."""
    value = reading.value
    if value is None:
        return Record(None, None, None, reading.quality)
    if isinstance(value, str):
        return Record(None, value, None, reading.quality)
    if isinstance(value, Mapping):
        return Record(None, None, msgspec.json.encode(value).decode(), reading.quality)
    if not math.isfinite(value):
        return Record(None, None, None, Quality.BAD)
    return Record(float(value), None, None, reading.quality)


def value_of(number: float | None, state: str | None, event: str | None) -> Value:
    """The value that was put into the columns."""
    if event is not None:
        happened: dict[str, object] = msgspec.json.decode(event)
        return happened
    return state if number is None else float(number)


def place(reading: Reading) -> int:
    """The reading's place in the journal; ValueError for one that is not there yet."""
    if reading.seq is None:
        raise ValueError(f"a reading of {reading.point} is not in the journal")
    return reading.seq
