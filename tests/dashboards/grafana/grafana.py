"""What Grafana does with a committed dashboard, as far as the answers of its panels need it.

Stands in for Grafana, which is not here; after its documentation of global variables and of the
InfluxDB data source.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.model.clock import MILLISECOND, Micros
from tests.dashboards.grafana.estate import Database

FOLDER = Path(__file__).parents[3] / "dashboards" / "grafana"


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel as it is committed."""

    board: str
    title: str
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Looking:
    """What is chosen above the panels, and when one looks how far back."""

    now: Micros
    back: Micros
    chosen: Mapping[str, str]

    def fill_in(self, query: str) -> str:
        """The query without variables and macros."""
        end, start = self.now // MILLISECOND, (self.now - self.back) // MILLISECOND
        filled = re.sub(r"\$\{(\w+):regex\}", lambda m: self.chosen.get(m[1], ".*"), query)
        filled = filled.replace("$timeFilter", f"time >= {start}ms and time <= {end}ms")
        filled = filled.replace("${__to}", str(end)).replace("$__interval", "1s")
        assert "$" not in filled.replace("$/", ""), f"not known to this stand-in: {filled}"
        return filled


def board(language: str, name: str) -> dict[str, Any]:
    """A committed dashboard."""
    read: dict[str, Any] = json.loads((FOLDER / language / f"{name}.json").read_text("utf-8"))
    return read


def names(language: str) -> list[str]:
    """The committed dashboards of that language."""
    return sorted(path.stem for path in (FOLDER / language).glob("*.json"))


def panels(language: str, name: str) -> Iterator[Panel]:
    """Those of a dashboard that ask something."""
    for panel in board(language, name)["panels"]:
        if panel["type"] != "row":
            queries = tuple(target["query"] for target in panel["targets"])
            yield Panel(name, panel["title"], queries)


def ask(database: Database, statement: str) -> list[dict[str, Any]]:
    """The series InfluxDB 1.x answers with; AssertionError with what it says is wrong."""
    server = database.server
    answer = httpx.get(
        f"{server.url}/query",
        params={"db": database.name, "q": statement, "epoch": "ms"},
        auth=(server.username, server.password),
        timeout=20,
        verify=False,
    ).json()
    assert "error" not in answer, f"{answer['error']}\n{statement}"
    (result,) = answer["results"]
    assert "error" not in result, f"{result['error']}\n{statement}"
    series: list[dict[str, Any]] = result.get("series", [])
    return series


def says_something(series: list[dict[str, Any]]) -> bool:
    """Whether there is a value in it beside the time."""
    return any(
        value is not None
        for one in series
        for row in one["values"]
        for column, value in zip(one["columns"], row, strict=True)
        if column != "time"
    )
