"""Two sites in one InfluxDB, with a device and a rule of the same name each."""

import secrets
from typing import Any

import httpx
import pytest

from gateway.model.clock import MINUTE, SECOND, gateway_clock
from tests.dashboards.grafana import grafana
from tests.dashboards.grafana.estate import Database
from tests.dashboards.grafana.grafana import Looking, ask
from tests.servers import InfluxServer

NOW = gateway_clock()()
PANELS = {
    panel.title: panel for name in ("water", "alarms") for panel in grafana.panels("influxql", name)
}


@pytest.fixture(scope="module")
def database(influx: InfluxServer) -> Database:
    """Elm's tank is at 1 m and its alarm came twice, Oak's is at 2 m and its alarm came once and
    went."""
    database = Database(influx, f"g_{secrets.token_hex(8)}")
    lines = [
        f"tank,device=tank,site=elm level=1,level_quality=0i {NOW}",
        f"tank,device=tank,site=oak level=2,level_quality=0i {NOW}",
        _change("elm", "raise", "true", 1),
        _change("elm", "raise", "true", 2),
        _change("oak", "raise", "true", 1),
        _change("oak", "return", "false", 3),
    ]
    auth = (influx.username, influx.password)
    with httpx.Client(base_url=influx.url, auth=auth, verify=False) as client:
        client.post("/query", params={"q": f"CREATE DATABASE {database.name}"}).raise_for_status()
        written = {"db": database.name, "precision": "u"}
        client.post("/write", params=written, content="\n".join(lines)).raise_for_status()
    return database


def test_their_devices_are_told_apart(database: Database) -> None:
    (now,) = PANELS["Tank now 水箱 当前"].queries
    levels = {
        one["tags"]["site"]: one["values"][0][one["columns"].index("level")]
        for one in _answer(database, now)
    }
    assert levels == {"elm": 1, "oak": 2}
    (over_time,) = PANELS["Tank: Level 水箱 液位"].queries
    assert len(_answer(database, over_time)) == 2
    assert len(_answer(database, over_time, site="oak")) == 1


def test_their_alarms_are_told_apart(database: Database) -> None:
    (top,) = PANELS["Top ten rules 前十报警规则"].queries
    assert _rows(database, top, "site", "n") == [("elm", 2), ("oak", 1)]
    (standing,) = PANELS["Standing alarms, since 持续报警列表"].queries
    assert _rows(database, standing, "site", "rule") == [("elm", "tank/low-level")]
    (count,) = PANELS["Standing alarms 持续报警"].queries
    assert _rows(database, count, "n") == [(1,)]
    (share,) = PANELS["Share of the top ten 前十占比"].queries
    assert _rows(database, share, "share") == [(1.0,)]


def test_no_flood_is_told_by_no_answer_and_shown_as_none(database: Database) -> None:
    (flood,) = PANELS["Time in flood 报警洪流时间占比"].queries
    assert not grafana.says_something(_answer(database, flood))
    (panel,) = (
        panel
        for panel in grafana.board("influxql", "alarms")["panels"]
        if panel["title"] == "Time in flood 报警洪流时间占比"
    )
    assert panel["fieldConfig"]["defaults"]["noValue"] == "0 %"


def _change(site: str, move: str, active: str, sequence: int) -> str:
    tags = f"device=tank,priority=critical,rule=tank/low-level,site={site}"
    fields = f'active={active},alarm=1i,attention="unack",move="{move}",sequence={sequence}i'
    return f'alarm,{tags} {fields},who="gateway" {NOW + sequence * SECOND}'


def _answer(database: Database, query: str, **chosen: str) -> list[dict[str, Any]]:
    return ask(database, Looking(NOW + MINUTE, 10 * MINUTE, chosen).fill_in(query))


def _rows(database: Database, query: str, *columns: str) -> list[tuple[object, ...]]:
    (series,) = _answer(database, query)
    rows = [dict(zip(series["columns"], row, strict=True)) for row in series["values"]]
    return [tuple(row[column] for column in columns) for row in rows]
