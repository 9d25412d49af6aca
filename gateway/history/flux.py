"""History's questions in Flux (InfluxDB 2.x), and their answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.errors import Malformed, Refused
from gateway.history.influx_http import Http
from gateway.history.influx_questions import Column, quality_of, value_of
from gateway.history.line_protocol import QUALITY_CODES
from gateway.history.protocol import END_OF_TIME, Bucket, Sample
from gateway.model.clock import Micros, to_datetime
from gateway.model.reading import Quality

Found = Mapping[str, Mapping[Micros, Any]]
"""Name of a yield → instant → value."""


class Flux:
    """Questions. Whether a field is a number is asked once: only numbers can be reckoned with."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._numeric: dict[Column, bool] = {}

    def buckets(
        self, column: Column, start: Micros, end: Micros, width: Micros
    ) -> Mapping[Micros, Bucket]:
        """See Questions."""
        figures = ("min", "max", "mean") if self._is_numeric(column) else ()
        within = self._within(column, start, end)
        return read_buckets(self._ask(buckets(within, column, start, width, figures)))

    def latest(self, column: Column, instant: Micros) -> Sample | None:
        """See Questions."""
        found = self._ask(latest(self._within(column, 0, instant), column))
        values = found.get("value", {})
        for at, code in found.get("quality", {}).items():
            return Sample(at, value_of(values.get(at)), quality_of(code))
        return None

    def _is_numeric(self, column: Column) -> bool:
        if column not in self._numeric:
            found = self._ask(latest(self._within(column, 0, END_OF_TIME), column))
            for value in found.get("value", {}).values():
                self._numeric[column] = not isinstance(value, str)
        return self._numeric.get(column, False)

    def _within(self, column: Column, start: Micros, end: Micros) -> str:
        return within(self._http.target.database, column, start, end)

    def _ask(self, query: str) -> Found:
        try:
            with self._http.errors():
                tables = self._http.client.query_api().query(query)
        except Malformed as error:
            raise Refused(error.subject, error.problem) from error
        return _found(tables)


def within(bucket: str, column: Column, start: Micros, end: Micros) -> str:
    """The lines of the column's device over [start, end). Not by area: what moves to another one
    keeps its history."""
    tags = f"r.device == {_string(column.device)} and r.site == {_string(column.site)}"
    if column.measurement is not None:
        tags = f"r._measurement == {_string(column.measurement)} and {tags}"
    span = f"start: {_time(start)}, stop: {_time(end)}"
    return f"from(bucket: {_string(bucket)})\n |> range({span})\n |> filter(fn: (r) => {tags})"


def buckets(
    within: str, column: Column, start: Micros, width: Micros, figures: Sequence[str]
) -> str:
    """Yields count, good, last and the `figures`, each bucket at its start."""
    every = f"every: {width}us, offset: {start % width}us, createEmpty: false"

    def by_bucket(of: str, function: str, name: str) -> str:
        window = f'aggregateWindow({every}, timeSrc: "_start", fn: {function})'
        return f'{of}\n |> {window}\n |> {_AS_ROWS}\n |> yield(name: "{name}")'

    good = f"quality |> filter(fn: (r) => r._value == {QUALITY_CODES[Quality.GOOD]})"
    return "\n".join(
        [
            *_parts(within, column),
            by_bucket("quality", "count", "count"),
            by_bucket(good, "count", "good"),
            *(by_bucket("value", figure, figure) for figure in ("last", *figures)),
        ]
    )


def read_buckets(found: Found) -> dict[Micros, Bucket]:
    """The buckets with readings in them, by their start."""

    def figure(name: str, at: Micros) -> float | None:
        value = found.get(name, {}).get(at)
        return None if value is None else float(value)

    good, last = found.get("good", {}), found.get("last", {})
    return {
        at: Bucket(
            at,
            count,
            good.get(at, 0) / count,
            value_of(last.get(at)),
            *(figure(name, at) for name in ("min", "max", "mean")),
        )
        for at, count in found.get("count", {}).items()
    }


def latest(within: str, column: Column) -> str:
    """Yields the last value and the last quality, which need not be of one instant."""
    # `last` of each series first: that the store does without reading everything.
    newest = '|> last() |> group() |> sort(columns: ["_time"]) |> last()'
    return "\n".join(
        f"{within}\n |> filter(fn: (r) => r._field == {_string(field)})\n {newest}\n"
        f' |> {_AS_ROWS}\n |> yield(name: "{name}")'
        for name, field in (("value", column.name), ("quality", column.quality))
    )


def _parts(within: str, column: Column) -> list[str]:
    """`value` and `quality`, each as one table in the order of time."""
    one = '|> group() |> sort(columns: ["_time"])'
    return [
        f"{name} = {within}\n |> filter(fn: (r) => r._field == {_string(field)})\n {one}"
        for name, field in (("value", column.name), ("quality", column.quality))
    ]


_AS_ROWS = "map(fn: (r) => ({at: int(v: r._time), value: r._value}))"
"""Times as integers (nanoseconds), and nothing else but the value."""


def _found(tables: Any) -> Found:
    found: dict[str, dict[Micros, Any]] = {}
    try:
        for table in tables:
            for record in table.records:
                rows = found.setdefault(record.values["result"], {})
                rows[record.values["at"] // 1_000] = record.values["value"]
    except (KeyError, TypeError) as error:
        raise Refused("InfluxDB", f"gave an answer of another form ({error})") from error
    return found


def _time(instant: Micros) -> str:
    return to_datetime(instant).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _string(text: str) -> str:
    return f'"{text.translate(_IN_STRING)}"'


_IN_STRING = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n", "$": r"\x24"})
"""A dollar could begin an interpolation ("Flux: string literals")."""
