"""Every panel's query against the demo's estate in a real InfluxDB 1.6."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway.model.clock import MINUTE, gateway_clock
from tests.dashboards.grafana import grafana
from tests.dashboards.grafana.estate import (
    AREAS,
    DEVICES,
    DOORS,
    SITE,
    Database,
    running_estate,
    tell_rare_things,
)
from tests.dashboards.grafana.grafana import Looking, Panel, ask, says_something
from tests.servers import InfluxServer

WITHIN_S = 90.0
"""A quiet machine needs 20: the camera's first crossing, and three openings of a door."""

pytestmark = pytest.mark.timeout(240)  # the first of them waits for the estate

PANELS = {
    (name, panel.title): panel
    for name in grafana.names("influxql")
    for panel in grafana.panels("influxql", name)
}


@pytest.fixture(scope="module")
def database(influx: InfluxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The estate's, still running, as soon as every panel shows something and every door is known;
    or when it is time to find out what is missing."""
    folder: Path = tmp_path_factory.mktemp("estate")
    with running_estate(folder, influx) as running:
        _wait(lambda: _is_there(running), WITHIN_S)
        tell_rare_things(running)
        _wait(lambda: all(map(partial(_shows_something, running), PANELS.values())), WITHIN_S)
        _wait(lambda: _doors(running) == {*DOORS, "bike-store"}, WITHIN_S)
        yield running


def looking(**chosen: str) -> Looking:
    """At the last quarter of an hour, now."""
    return Looking(gateway_clock()(), 15 * MINUTE, chosen)


@pytest.mark.parametrize("board", grafana.names("influxql"))
def test_every_panel_shows_something(database: Database, board: str) -> None:
    asked = [panel for panel in PANELS.values() if panel.board == board]
    empty = [panel for panel in asked if not _shows_something(database, panel)]
    assert not empty, "\n".join(f"{board}, {panel.title}: {panel.queries}" for panel in empty)


def test_what_is_chosen_above_the_panels_is_all_they_show(database: Database) -> None:
    tanks = PANELS["water", "Tank now 水箱 当前"].queries[0]
    assert _devices(database, tanks, looking(area="roof")) == {"roof-tank"}
    assert _devices(database, tanks, looking(area="basement")) == set()
    assert _devices(database, tanks, looking(site="elsewhere")) == set()
    assert _doors(database) == {*DOORS, "bike-store"}
    assert _doors(database, device="(door-01|door-02)") == {"door-01", "door-02"}


def test_the_choices_are_those_of_the_estate(database: Database) -> None:
    def choices(board: str, variable: str) -> set[str]:
        listed = grafana.board("influxql", board)["templating"]["list"]
        (query,) = (one["query"] for one in listed if one["name"] == variable)
        series = ask(database, looking().fill_in(query))
        return {value for one in series for _, value in one["values"]}

    assert choices("overview", "site") == {SITE}
    assert choices("overview", "area") == set(AREAS.values())
    storm = {"storm-pit", "storm-pump-1", "storm-pump-2", "storm-pumps"}
    water = {"roof-tank", "lift-pump", "garage-sump", "garage-pump", "water-main", *storm}
    assert choices("water", "device") == water
    assert choices("overview", "device") == {*DEVICES, "gateway"}


def test_the_alarm_figures_are_those_of_the_alarms(database: Database) -> None:
    (share,) = _values(database, "Share of the top ten 前十占比")
    top = sum(_values(database, "Top ten rules 前十报警规则", column="n"))
    whole = sum(_values(database, "Priorities 优先级分布"))
    assert share == pytest.approx(top / whole, abs=0.05)  # alarms go on between the questions
    (peak,) = _values(database, "Peak in ten minutes 每10分钟峰值")
    assert 20 < peak <= whole
    (flood,) = _values(database, "Time in flood 报警洪流时间占比")
    assert 0 < flood <= 1

    def chattering() -> list[str]:
        return _values(database, "Chattering rules 抖动报警", column="rule")

    _wait(lambda: "door-01/opened" in chattering(), 30)
    assert "door-01/opened" in chattering()


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    """Until it holds, at most so long. Other processes have no event to wait on."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.5)


def _is_there(database: Database) -> bool:
    """Whether the gateway has made it yet."""
    return any(
        [database.name] in series.get("values", []) for series in ask(database, "SHOW DATABASES")
    )


def _shows_something(database: Database, panel: Panel) -> bool:
    """All its queries are asked: a wrong one fails, whatever the others say."""
    now = looking()
    try:
        answers = [ask(database, now.fill_in(query)) for query in panel.queries]
    except AssertionError as error:
        error.add_note(f"asked by {panel.board}, {panel.title}")
        raise
    return any(map(says_something, answers))


def _query(title: str) -> str:
    (query,) = PANELS["alarms", title].queries
    return query


def _values(database: Database, title: str, column: str | None = None) -> list[Any]:
    """The last column, or the one of that name."""
    series = ask(database, looking().fill_in(_query(title)))
    at = -1 if column is None else series[0]["columns"].index(column)
    return [row[at] for one in series for row in one["values"]]


def _doors(database: Database, **chosen: str) -> set[str]:
    (query,) = PANELS["doors", "Door now 门 当前"].queries
    return _devices(database, query, looking(**chosen))


def _devices(database: Database, query: str, choice: Looking) -> set[str]:
    return {one["tags"]["device"] for one in ask(database, choice.fill_in(query))}
