"""Readings as InfluxDB line protocol (InfluxDB 1.x: "Line protocol reference").

The measurement is the device's kind; the tags are site, device and point (its name on the
device); the fields are `value` (float), `state` and `event` (strings), of which at most one is
there, and always `quality`. So no field ever changes its type.
"""

from collections.abc import Mapping

from gateway.history.record import place, record
from gateway.model.clock import Micros
from gateway.model.reading import Reading

UNKNOWN_KIND = "unknown"
"""The measurement of devices the site file no longer knows."""


class Series:
    """Names the series of each point: `measurement,tag=…,tag=…`."""

    def __init__(self, site: str, kinds: Mapping[str, str]) -> None:
        """`kinds`: the kind of each device by its id."""
        self._site = site
        self._kinds = kinds
        self._known: dict[str, str] = {}

    def line(self, reading: Reading) -> str:
        """One line. Its time is in nanoseconds: see `timestamp`."""
        series = self._known.get(reading.point) or self._add(reading.point)
        number, state, event, quality = record(reading)
        if number is not None:
            fields = f'quality="{quality}",value={number!r}'
        elif state is not None:
            fields = f'quality="{quality}",state="{state.translate(_IN_STRING)}"'
        elif event is not None:
            fields = f'event="{event.translate(_IN_STRING)}",quality="{quality}"'
        else:
            fields = f'quality="{quality}"'
        return f"{series} {fields} {timestamp(reading.taken_at, place(reading))}"

    def tags(self, point: str) -> dict[str, str]:
        """The tags of a point, in the order in which InfluxDB takes them fastest."""
        device, _, name = point.rpartition("/")
        return {"device": device, "point": name, "site": self._site}

    def measurement(self, point: str) -> str:
        """The measurement a point is written to."""
        return self._kinds.get(point.rpartition("/")[0], UNKNOWN_KIND)

    def _add(self, point: str) -> str:
        tags = (f",{tag}={value.translate(_IN_TAG)}" for tag, value in self.tags(point).items())
        series = self.measurement(point).translate(_IN_MEASUREMENT) + "".join(tags)
        self._known[point] = series
        return series


def timestamp(taken_at: Micros, seq: int) -> int:
    """Nanoseconds since 1970. InfluxDB keeps one point per series and instant, so two readings of
    one microsecond (a device whose clock counts seconds) would become one: the journal sequence
    modulo 1,000 takes the digits below the microsecond. Writing again gives the same instant."""
    return taken_at * 1_000 + seq % 1_000


_IN_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ ", "\n": r"\n", "\t": r"\t", "\r": r"\r"})
_IN_TAG = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\n", "\t": r"\t", "\r": r"\r"})
_IN_STRING = str.maketrans({'"': r"\"", "\\": r"\\"})
