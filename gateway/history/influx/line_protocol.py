"""Readings as InfluxDB line protocol ("Line protocol reference", the same in 1.x, 2.x and 3.x).

The measurement is the device's kind; the tags are area, device and site; each point is a field of
its own name, of the type of its values: a float for a number, a string for a state, a string of
JSON for an event. Beside it stands `<point>_quality`, an integer (QUALITY_CODES). What one device
said at one instant is one line. Times are microseconds.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec

from gateway.diagnostics import DEVICE as GATEWAY
from gateway.diagnostics import KIND as GATEWAY_KIND
from gateway.model.reading import Quality, Reading
from gateway.site.model import Site

UNKNOWN_KIND: Final = "unknown"
"""The measurement of devices the site file no longer knows."""

QUALITY_CODES: Final = MappingProxyType(
    {Quality.GOOD: 0, Quality.STALE: 1, Quality.BAD: 2, Quality.OFFLINE: 3}
)


def quality_field(name: str) -> str:
    """The field that holds the quality of a point of that name."""
    return f"{name}_quality"


@dataclass(frozen=True, slots=True)
class Origin:
    """What tells a device's lines from others': its kind, and the area it belongs to."""

    kind: str
    area: str | None = None


def origins(site: Site) -> dict[str, Origin]:
    """Of every device of the site, and of the gateway itself, by device id."""
    own = {GATEWAY: Origin(GATEWAY_KIND)}
    return own | {device.id: Origin(device.kind, device.area) for device in site.devices}


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines, and what stands in them: line n holds the readings from `firsts[n]` up to
    `firsts[n + 1]`. `not_finite` numbers were left out; their readings are BAD."""

    texts: list[str]
    firsts: list[int]
    not_finite: int = 0


class Writer:
    """Makes lines. Not for two threads at once: it remembers how each point's begins."""

    def __init__(
        self,
        site: str,
        devices: Mapping[str, Origin],
        kind_of_gone: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        """`site` is the site's id. `kind_of_gone` is asked once for each point of a device that is
        not among `devices`."""
        self._site = site
        self._devices = devices
        self._kind_of_gone = kind_of_gone
        self._known: dict[str, tuple[str, str, str]] = {}

    def lines(self, readings: Sequence[Reading]) -> Lines:
        """Neighbours of one device and instant share a line; of two of one point there the later
        counts."""
        made = Lines([], [])
        texts, firsts, known, good = made.texts, made.firsts, self._known, Quality.GOOD
        not_finite, series, at = 0, "", -1
        fields: dict[str, str] = {}
        # The one loop all readings pass: no calls for the usual one, a good number.
        for n, reading in enumerate(readings):
            point, value = reading.point, reading.value
            of_series, before_value, before_quality = known.get(point) or self._add(point)
            if type(value) is float and reading.quality is good and value - value == 0.0:
                field = f"{before_value}{value!r},{before_quality}0i"
            else:
                code = QUALITY_CODES[reading.quality]
                if isinstance(value, float) and not math.isfinite(value):
                    not_finite, value, code = not_finite + 1, None, QUALITY_CODES[Quality.BAD]
                known_value = "" if value is None else f"{before_value}{_field_value(value)},"
                field = f"{known_value}{before_quality}{code}i"
            if reading.taken_at == at and of_series == series:
                fields.pop(point, None)
                fields[point] = field
                continue
            if fields:
                texts.append(f"{series} {','.join(fields.values())} {at}")
            firsts.append(n)
            series, at, fields = of_series, reading.taken_at, {point: field}
        if fields:
            texts.append(f"{series} {','.join(fields.values())} {at}")
        return Lines(texts, firsts, not_finite)

    def measurement(self, device: str) -> str | None:
        """The measurement a device is written to; None where the site does not know the device."""
        origin = self._devices.get(device)
        return None if origin is None else origin.kind

    def _add(self, point: str) -> tuple[str, str, str]:
        """Series, and what stands before the value and before the quality."""
        device, _, name = point.rpartition("/")
        origin = self._devices.get(device) or Origin(self._kind_of_gone(device) or UNKNOWN_KIND)
        begun = (
            series(origin.kind, area=origin.area, device=device, site=self._site),
            f"{name.translate(_IN_KEY)}=",
            f"{quality_field(name).translate(_IN_KEY)}=",
        )
        self._known[point] = begun
        return begun


def series(measurement: str, **tags: str | None) -> str:
    """`measurement,tag=value,…`, without tags that say nothing. InfluxDB takes them fastest in the
    order of their names."""
    told = (
        f",{tag}={value.translate(_IN_KEY)}" for tag, value in tags.items() if value is not None
    )
    return measurement.translate(_IN_MEASUREMENT) + "".join(told)


def string(text: str) -> str:
    """A string as a field's value."""
    return f'"{text.translate(_IN_STRING)}"'


def _field_value(value: float | str | Mapping[str, object]) -> str:
    if isinstance(value, str):
        return string(value)
    if isinstance(value, Mapping):
        return string(msgspec.json.encode(value).decode())
    return repr(float(value))


_IN_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ ", "\n": r"\n", "\t": r"\t", "\r": r"\r"})
_IN_KEY = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\n", "\t": r"\t", "\r": r"\r"})
_IN_STRING = str.maketrans({'"': r"\"", "\\": r"\\"})
