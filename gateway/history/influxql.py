"""History's questions in InfluxQL (InfluxDB 1.x), and their answers."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.errors import Refused
from gateway.history.protocol import Bucket, Sample
from gateway.history.record import value_of
from gateway.model.clock import Micros
from gateway.model.reading import Quality, Value

Row = Mapping[str, Any]
"""Column name → value; `time` in nanoseconds, whole floats as integers."""


def create_database(name: str) -> str:
    return f"CREATE DATABASE {_identifier(name)}"


def buckets(
    measurement: str, tags: Mapping[str, str], start: Micros, end: Micros, width: Micros
) -> str:
    """Two statements: the figures of each bucket, and how many of its readings are good."""
    within = f"{_where(tags)} AND time >= {start}u AND time < {end}u"
    grouped = f"GROUP BY time({width}u, {start % width}u) fill(none)"
    table = _identifier(measurement)
    return (
        "SELECT count(quality) AS count, last(value) AS number, last(state) AS state, "
        "last(event) AS event, min(value) AS lowest, max(value) AS highest, mean(value) AS mean "
        f"FROM {table} WHERE {within} {grouped}; "
        f"SELECT count(quality) AS good FROM {table} "
        f"WHERE {within} AND quality = '{Quality.GOOD}' {grouped}"
    )


def read_buckets(answer: object) -> dict[Micros, Bucket]:
    """The buckets with readings in them, by their start."""
    good = {_micros(row): row["good"] for row in _rows(answer, statement=1)}
    found = {}
    for row in _rows(answer, statement=0):
        at, count = _micros(row), row["count"]
        figures = (_number(row[name]) for name in ("lowest", "highest", "mean"))
        found[at] = Bucket(at, count, good.get(at, 0) / count, _value(row), *figures)
    return found


def latest(measurement: str, tags: Mapping[str, str], instant: Micros) -> str:
    return (
        "SELECT value AS number, state, event, quality "
        f"FROM {_identifier(measurement)} WHERE {_where(tags)} AND time < {instant}u "
        "ORDER BY time DESC LIMIT 1"
    )


def read_latest(answer: object) -> Sample | None:
    for row in _rows(answer, statement=0):
        return Sample(_micros(row), _value(row), Quality(row["quality"]))
    return None


def _where(tags: Mapping[str, str]) -> str:
    return " AND ".join(f"{_identifier(tag)} = {_string(value)}" for tag, value in tags.items())


def _identifier(name: str) -> str:
    return '"' + name.translate(_IN_IDENTIFIER) + '"'


def _string(text: str) -> str:
    return "'" + text.translate(_IN_STRING) + "'"


def _rows(answer: object, statement: int) -> Iterator[Row]:
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


def _micros(row: Row) -> Micros:
    return int(row["time"]) // 1_000


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _value(row: Row) -> Value:
    return value_of(_number(row["number"]), row["state"], row["event"])


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
