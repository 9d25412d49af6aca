"""History's questions in InfluxQL (InfluxDB 1.x and 3.x), and their answers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from gateway.errors import Malformed, Refused
from gateway.history.influx_http import Http
from gateway.history.influx_questions import Column, quality_of, value_of
from gateway.history.line_protocol import QUALITY_CODES, UNKNOWN_KIND
from gateway.history.protocol import Bucket, Sample
from gateway.model.clock import Micros
from gateway.model.reading import Quality

Row = Mapping[str, Any]
"""Column name → value; `time` in microseconds, whole floats as integers."""


class InfluxQl:
    """Questions. What type a field has is asked once: only numbers can be reckoned with."""

    def __init__(self, http: Http, before: Callable[[], None] = lambda: None) -> None:
        """`before` is called before each question."""
        self._http = http
        self._before = before
        self._measurements: dict[str, str] = {}
        self._types: dict[tuple[str, str], str] = {}

    def buckets(
        self, column: Column, start: Micros, end: Micros, width: Micros
    ) -> Mapping[Micros, Bucket]:
        """See Questions."""
        measurement = self._measurement(column)
        numeric = self._type(measurement, column.name) in {"float", "integer"}
        return read_buckets(
            self._ask(buckets(column, measurement, start, end, width, numeric=numeric))
        )

    def latest(self, column: Column, instant: Micros) -> Sample | None:
        """See Questions."""
        answer = self._ask(latest(column, self._measurement(column), instant))
        return next((_sample(row) for row in rows(answer)), None)

    def _measurement(self, column: Column) -> str:
        """The kind of a device the site no longer knows is sought in the database."""
        if column.measurement is not None:
            return column.measurement
        if column.device not in self._measurements:
            answer = self._ask(f"SHOW MEASUREMENTS WHERE {_of_device(column)}")
            found = [str(row["name"]) for row in rows(answer)]
            known = [name for name in found if name != UNKNOWN_KIND]
            if not found:
                return UNKNOWN_KIND
            self._measurements[column.device] = (known or found)[0]
        return self._measurements[column.device]

    def _type(self, measurement: str, field: str) -> str | None:
        if (measurement, field) not in self._types:
            answer = self._ask(f"SHOW FIELD KEYS FROM {_identifier(measurement)}")
            for row in rows(answer):
                self._types[measurement, row["fieldKey"]] = row["fieldType"]
        return self._types.get((measurement, field))

    def _ask(self, statements: str) -> object:
        self._before()
        asked = {"db": self._http.target.database, "epoch": "u", "q": statements}
        try:
            answer, _ = self._http.call("/query", "GET", asked)
        except Malformed as error:
            raise Refused(error.subject, error.problem) from error
        return answer


def create_database(name: str) -> str:
    return f"CREATE DATABASE {_identifier(name)}"


def buckets(
    column: Column, measurement: str, start: Micros, end: Micros, width: Micros, *, numeric: bool
) -> str:
    """Two statements: the figures of each bucket, and how many of its readings are good."""
    value, quality = _identifier(column.name), _identifier(column.quality)
    figures = f", min({value}), max({value}), mean({value})" if numeric else ""
    table = _identifier(measurement)
    within = f"{_of_device(column)} AND time >= {start}u AND time < {end}u"
    grouped = f"GROUP BY time({width}u, {start % width}u) fill(none)"
    good = QUALITY_CODES[Quality.GOOD]
    return (
        f"SELECT count({quality}), last({value}){figures} FROM {table} WHERE {within} {grouped}; "
        f"SELECT count({quality}) FROM {table} WHERE {within} AND {quality} = {good} {grouped}"
    )


def read_buckets(answer: object) -> dict[Micros, Bucket]:
    """The buckets with readings in them, by their start."""
    good = {row["time"]: row["count"] for row in rows(answer, statement=1)}
    found = {}
    for row in rows(answer, statement=0):
        at, count = row["time"], row["count"]
        figures = (_number(row.get(name)) for name in ("min", "max", "mean"))
        if count:
            share = good.get(at, 0) / count
            found[at] = Bucket(at, count, share, value_of(row["last"]), *figures)
    return found


def latest(column: Column, measurement: str, instant: Micros) -> str:
    return (
        f"SELECT {_identifier(column.name)} AS value, {_identifier(column.quality)} AS quality "
        f"FROM {_identifier(measurement)} WHERE {_of_device(column)} AND time < {instant}u "
        "ORDER BY time DESC LIMIT 1"
    )


def rows(answer: object, statement: int = 0) -> Iterator[Row]:
    """The rows of one statement's answer. Refused when the server could not do it."""
    try:
        result = msgspec.convert(answer, _Answer).results[statement]
    except (msgspec.ValidationError, IndexError) as error:
        raise Refused("InfluxDB", f"gave an answer of another form ({error})") from error
    if result.error:
        raise Refused("InfluxDB", result.error)
    for series in result.series:
        for values in series.values:
            yield dict(zip(series.columns, values, strict=True))


def _sample(row: Row) -> Sample:
    quality = quality_of(row["quality"])
    return Sample(int(row["time"]), value_of(row["value"]), quality)


def _of_device(column: Column) -> str:
    """Not the area: what moves to another one keeps its history."""
    return f"device = {_string(column.device)} AND site = {_string(column.site)}"


def _identifier(name: str) -> str:
    return '"' + name.translate(_IN_IDENTIFIER) + '"'


def _string(text: str) -> str:
    return "'" + text.translate(_IN_STRING) + "'"


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


class _Series(msgspec.Struct):
    columns: list[str]
    values: list[list[Any]]


class _Result(msgspec.Struct):
    series: list[_Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result]


_IN_IDENTIFIER = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n"})
_IN_STRING = str.maketrans({"'": r"\'", "\\": r"\\", "\n": r"\n"})
