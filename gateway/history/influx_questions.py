"""What is asked of an InfluxDB, in whichever language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from gateway.history.line_protocol import QUALITY_CODES, quality_field
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


_QUALITIES: Final = {code: quality for quality, code in QUALITY_CODES.items()}


def quality_of(code: object) -> Quality:
    """The quality of that code; GOOD where none was written: the line is not ours."""
    return _QUALITIES.get(code, Quality.GOOD) if isinstance(code, int) else Quality.GOOD


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
