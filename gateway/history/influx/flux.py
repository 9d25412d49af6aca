"""History's questions in Flux (InfluxDB 2.x), and their answers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from gateway.errors import Malformed, Refused
from gateway.history.influx.http import Http
from gateway.history.influx.line_protocol import QUALITY_CODES
from gateway.history.influx.questions import Column, in_order, sample_of, value_of
from gateway.history.protocol import END_OF_TIME, Bucket, Sample
from gateway.model.clock import Micros, to_datetime
from gateway.model.reading import Quality

Row = Mapping[str, Any]
"""Column name → value; `result` is the yield it belongs to, `at` nanoseconds."""


class Flux:
    """Questions. Whether a field is a number is asked once: only numbers can be reckoned with."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._numeric: dict[Column, bool] = {}

    def buckets(
        self, column: Column, start: Micros, end: Micros, width: Micros
    ) -> Mapping[Micros, Bucket]:
        """See Questions."""
        figures = ("last", "min", "max", "mean") if self._is_numeric(column) else ("last",)
        within = self._within(column, start, end)
        return read_buckets(self._ask(buckets(within, column, start, width, figures)))

    def latest(self, column: Column, instant: Micros) -> Sample | None:
        """See Questions."""
        # The last value may be older than the last reading, which then has none.
        newest = samples(self._within(column, 0, instant), column, "|> last()")
        found = in_order(self._samples(column, newest))
        return found[-1] if found else None

    def samples(self, column: Column, start: Micros, end: Micros, most: int) -> list[Sample]:
        """See Questions."""
        every = samples(self._within(column, start, end), column)
        return self._samples(column, f"{every}\n |> limit(n: {most})")

    def count(self, column: Column, start: Micros, end: Micros) -> int:
        """See Questions."""
        within = self._within(column, start, end)
        question = f"{within}\n |> {_field(column.quality)}\n |> group()\n |> count()"
        return sum(int(row["_value"]) for row in self._ask(question))

    def extremes(self, column: Column, start: Micros, end: Micros, width: Micros) -> list[Sample]:
        """See Questions."""
        if not self._is_numeric(column):
            return []
        question = extremes(self._within(column, start, end), column, width)
        return in_order(self._samples(column, question))

    def measurements(self, site: str, device: str | None = None) -> list[str]:
        """See Questions."""
        of = "" if device is None else f" and r.device == {_string(device)}"
        bucket = _string(self._http.target.database)
        question = (
            'import "influxdata/influxdb/schema"\n'
            f'schema.tagValues(bucket: {bucket}, tag: "_measurement", '
            f"predicate: (r) => r.site == {_string(site)}{of}, start: {_time(0)})"
        )
        return [str(row["_value"]) for row in self._ask(question)]

    def forget(self, site: str, measurement: str, before: Micros) -> None:
        """See Questions."""
        which = f"_measurement={_string(measurement)} AND site={_string(site)}"
        with self._errors():
            self._http.client.delete_api().delete(
                _time(0), _time(before), which, self._http.target.database
            )

    def _is_numeric(self, column: Column) -> bool:
        if column not in self._numeric:
            within = self._within(column, 0, END_OF_TIME)
            for row in self._ask(f"{within}\n |> {_field(column.name)}\n |> last()"):
                self._numeric[column] = not isinstance(row["_value"], str)
        return self._numeric.get(column, False)

    def _within(self, column: Column, start: Micros, end: Micros) -> str:
        return within(self._http.target.database, column, start, end)

    def _samples(self, column: Column, question: str) -> list[Sample]:
        return [
            sample_of(_at(row), row.get(column.name), row.get(column.quality))
            for row in self._ask(question)
        ]

    def _ask(self, question: str) -> list[Row]:
        with self._errors():
            tables = self._http.client.query_api().query(question)
        return [record.values for table in tables for record in table.records]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            with self._http.errors():
                yield
        except Malformed as error:
            raise Refused(error.subject, error.problem) from error


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
    """Yields count, good and the `figures`, each bucket at its start."""
    every = f"every: {width}us, offset: {start % width}us, createEmpty: false"

    def by_bucket(of: str, function: str, name: str) -> str:
        window = f'aggregateWindow({every}, timeSrc: "_start", fn: {function})'
        return f'{of}\n |> {window}\n |> {_WITH_AT}\n |> yield(name: "{name}")'

    good = f"quality |> filter(fn: (r) => r._value == {QUALITY_CODES[Quality.GOOD]})"
    return "\n".join(
        [
            f"value = {within}\n |> {_field(column.name)}\n {_ONE_TABLE}",
            f"quality = {within}\n |> {_field(column.quality)}\n {_ONE_TABLE}",
            by_bucket("quality", "count", "count"),
            by_bucket(good, "count", "good"),
            *(by_bucket("value", figure, figure) for figure in figures),
        ]
    )


def read_buckets(rows: Sequence[Row]) -> dict[Micros, Bucket]:
    """The buckets with readings in them, by their start."""
    found: dict[str, dict[Micros, Any]] = {}
    for row in rows:
        found.setdefault(str(row.get("result")), {})[_at(row)] = row.get("_value")

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


def samples(within: str, column: Column, of_each: str = "") -> str:
    """Rows with value and quality as columns of their fields' names, oldest first."""
    fields = " or ".join(f"r._field == {_string(name)}" for name in (column.name, column.quality))
    pivot = 'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
    return (
        f"{within}\n |> filter(fn: (r) => {fields}) {of_each}\n |> {pivot}\n {_ONE_TABLE}\n"
        f" |> {_WITH_AT}"
    )


def extremes(within: str, column: Column, width: Micros) -> str:
    """Yields the highest and the lowest of each bucket, and the first without a value."""
    value, quality = _string(column.name), _string(column.quality)
    bad = f"filter(fn: (r) => r[{quality}] >= {QUALITY_CODES[Quality.BAD]})"
    windows = f"window(every: {width}us)"
    return "\n".join(
        [
            f"every = {samples(within, column)}",
            f'every |> {windows} |> max(column: {value}) |> group() |> yield(name: "max")',
            f'every |> {windows} |> min(column: {value}) |> group() |> yield(name: "min")',
            f"every |> {bad} |> {windows} |> first(column: {quality}) |> group() "
            '|> yield(name: "bad")',
        ]
    )


_WITH_AT = "map(fn: (r) => ({r with at: int(v: r._time)}))"
"""Times as integers: no digit is lost."""
_ONE_TABLE = '|> group()\n |> sort(columns: ["_time"])'


def _field(name: str) -> str:
    return f"filter(fn: (r) => r._field == {_string(name)})"


def _at(row: Row) -> Micros:
    try:
        return int(row["at"]) // 1_000
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("InfluxDB", f"gave an answer of another form ({error})") from error


def _time(instant: Micros) -> str:
    return to_datetime(instant).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _string(text: str) -> str:
    return f'"{text.translate(_IN_STRING)}"'


_IN_STRING = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n", "$": r"\x24"})
"""A dollar could begin an interpolation ("Flux: string literals")."""
