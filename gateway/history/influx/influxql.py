"""History's questions in InfluxQL (InfluxDB 1.x and 3.x), and their answers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from gateway.errors import Malformed, Refused
from gateway.history.influx.http import PATIENT_TIMEOUTS, TIMEOUTS, Http
from gateway.history.influx.line_protocol import QUALITY_CODES, UNKNOWN_KIND
from gateway.history.influx.questions import Column, in_order, sample_of, value_of
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
        numeric, within = self._is_numeric(column), self._within(column, start, end)
        return read_buckets(self._ask(buckets(within, column, start, width, numeric=numeric)))

    def latest(self, column: Column, instant: Micros) -> Sample | None:
        """See Questions."""
        every = samples(self._within(column, 0, instant), column)
        return next(read_samples(self._ask(f"{every} ORDER BY time DESC LIMIT 1")), None)

    def samples(self, column: Column, start: Micros, end: Micros, most: int) -> list[Sample]:
        """See Questions."""
        every = samples(self._within(column, start, end), column)
        return list(read_samples(self._ask(f"{every} ORDER BY time LIMIT {most}")))

    def count(self, column: Column, start: Micros, end: Micros) -> int:
        """See Questions."""
        counted = f"SELECT count({_identifier(column.quality)})"
        answer = self._ask(f"{counted} {self._within(column, start, end)}")
        return sum(int(row["count"]) for row in rows(answer, 0, "count"))

    def extremes(self, column: Column, start: Micros, end: Micros, width: Micros) -> list[Sample]:
        """See Questions."""
        if not self._is_numeric(column):
            return []
        question = extremes(self._within(column, start, end), column, width)
        answer = self._ask("; ".join(question))
        return in_order(sample for n in range(len(question)) for sample in read_samples(answer, n))

    def measurements(self, site: str, device: str | None = None) -> list[str]:
        """See Questions."""
        of = f"site = {_string(site)}" if device is None else _of_device(site, device)
        answer = self._ask(f"SHOW MEASUREMENTS WHERE {of}")
        return [str(row["name"]) for row in rows(answer, 0, "name")]

    def forget(self, site: str, measurement: str, before: Micros) -> None:
        """See Questions."""
        which = f"{_identifier(measurement)} WHERE site = {_string(site)} AND time < {before}u"
        list(rows(self._tell(f"DELETE FROM {which}")))  # has none, but tells when it failed

    def _within(self, column: Column, start: Micros, end: Micros) -> str:
        table = _identifier(self._measurement(column))
        of = _of_device(column.site, column.device)
        return f"FROM {table} WHERE {of} AND time >= {start}u AND time < {end}u"

    def _measurement(self, column: Column) -> str:
        """The kind of a device the site no longer knows is sought in the database."""
        if column.measurement is not None:
            return column.measurement
        if column.device not in self._measurements:
            found = self.measurements(column.site, column.device)
            known = [name for name in found if name != UNKNOWN_KIND]
            if not found:
                return UNKNOWN_KIND
            self._measurements[column.device] = (known or found)[0]
        return self._measurements[column.device]

    def _is_numeric(self, column: Column) -> bool:
        place = self._measurement(column), column.name
        if place not in self._types:
            answer = self._ask(f"SHOW FIELD KEYS FROM {_identifier(place[0])}")
            for row in rows(answer, 0, "fieldKey", "fieldType"):
                self._types[place[0], row["fieldKey"]] = row["fieldType"]
        return self._types.get(place) in {"float", "integer"}

    def _ask(self, statements: str) -> object:
        return self._call("GET", statements, TIMEOUTS)

    def _tell(self, statement: str) -> object:
        return self._call("POST", statement, PATIENT_TIMEOUTS)  # 1.x changes nothing for a GET

    def _call(self, method: str, statements: str, timeouts: tuple[int, int]) -> object:
        self._before()
        asked = {"db": self._http.target.database, "epoch": "u", "q": statements}
        try:
            answer, _ = self._http.call("/query", method, asked, timeouts=timeouts)
        except Malformed as error:
            raise Refused(error.subject, error.problem) from error
        return answer


def create_database(name: str) -> str:
    return f"CREATE DATABASE {_identifier(name)}"


def buckets(within: str, column: Column, start: Micros, width: Micros, *, numeric: bool) -> str:
    """Two statements: the figures of each bucket, and how many of its readings are good."""
    value, quality = _identifier(column.name), _identifier(column.quality)
    figures = f", min({value}), max({value}), mean({value})" if numeric else ""
    grouped = f"GROUP BY time({width}u, {start % width}u) fill(none)"
    good = QUALITY_CODES[Quality.GOOD]
    return (
        f"SELECT count({quality}), last({value}){figures} {within} {grouped}; "
        f"SELECT count({quality}) {within} AND {quality} = {good} {grouped}"
    )


def read_buckets(answer: object) -> dict[Micros, Bucket]:
    """The buckets with readings in them, by their start."""
    good = {row["time"]: row["count"] for row in rows(answer, 1, "time", "count")}
    found = {}
    for row in rows(answer, 0, "time", "count", "last"):
        at, count = row["time"], row["count"]
        figures = (_number(row.get(name)) for name in ("min", "max", "mean"))
        if count:
            share = good.get(at, 0) / count
            found[at] = Bucket(at, count, share, value_of(row["last"]), *figures)
    return found


def samples(within: str, column: Column) -> str:
    value, quality = _identifier(column.name), _identifier(column.quality)
    return f"SELECT {value} AS value, {quality} AS quality {within}"


def extremes(within: str, column: Column, width: Micros) -> list[str]:
    """Statements: the highest and the lowest of each bucket, and one without a value."""
    value, quality = _identifier(column.name), _identifier(column.quality)
    bad = f"{within} AND {quality} >= {QUALITY_CODES[Quality.BAD]}"
    by_bucket = f"GROUP BY time({width}u)"
    return [
        f"SELECT top({value}, 1) AS value, {quality} AS quality {within} {by_bucket}",
        f"SELECT bottom({value}, 1) AS value, {quality} AS quality {within} {by_bucket}",
        f"SELECT top({quality}, 1) AS quality, {value} AS value {bad} {by_bucket}",
    ]


def read_samples(answer: object, statement: int = 0) -> Iterator[Sample]:
    """In the order of the answer."""
    for row in rows(answer, statement, "time", "value", "quality"):
        yield sample_of(int(row["time"]), row["value"], row["quality"])


def rows(answer: object, statement: int = 0, *columns: str) -> Iterator[Row]:
    """The rows of one statement's answer, each with these columns at least. Refused when the server
    could not do it."""
    try:
        result = msgspec.convert(answer, _Answer).results[statement]
    except (msgspec.ValidationError, IndexError) as error:
        raise _of_another_form(error) from error
    if result.error:
        raise Refused("InfluxDB", result.error)
    for series in result.series:
        if not {*columns} <= {*series.columns}:
            raise _of_another_form(f"columns {series.columns}")
        for values in series.values:
            yield dict(zip(series.columns, values, strict=True))


def _of_another_form(what: object) -> Refused:
    return Refused("InfluxDB", f"gave an answer of another form ({what})")


def _of_device(site: str, device: str) -> str:
    """Not the area: what moves to another one keeps its history."""
    return f"device = {_string(device)} AND site = {_string(site)}"


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
