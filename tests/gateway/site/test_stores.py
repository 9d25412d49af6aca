"""What a site file says about its stores → the site's, or every problem with its place."""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest

from gateway.model.clock import DAY
from gateway.site.connection_model import MqttBroker, Tls
from gateway.site.model import BackupPlan, HistorySettings, InfluxTarget, JournalLimits, Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]


def test_what_is_said_about_stores_reaches_the_site(load: Load, tmp_path: Path) -> None:
    site = load(
        """\
        site:
          id: court
          name: Court
          time_zone: Europe/London
          data: stores
          journal: {size: 500MB, age: 3d}
          history: {duckdb: false, keep: {default: 400d, door: 1825d}}
          influx:
            {url: "http://h:8086", version: 2, database: court, token: "${TOKEN}", org: Estates}
          backup: {folder: backups, at: "02:30", keep: 7}
        connections:
          broker: {type: mqtt, host: h, port: 8883, client_id: c, tls: {ca: ca.pem}}
        """,
        whole=True,
        TOKEN="secret",
    )
    assert site.journal == JournalLimits(500_000_000, 3 * DAY)
    assert site.history == HistorySettings(False, {"default": 400 * DAY, "door": 1825 * DAY})
    assert site.influx == InfluxTarget(
        "http://h:8086", "court", version=2, token="secret", org="Estates"
    )
    assert site.backup == BackupPlan(tmp_path / "backups", time(2, 30), 7, tmp_path / "estate.yaml")
    (broker,) = site.connections
    assert isinstance(broker, MqttBroker)
    assert broker.tls == Tls(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("standby: ¦{name: north}", "two gateways share a ledger; expected site.ledger beside"),
        ("history: {duckdb: ¦false}", "no history is kept; expected site.influx"),
        ("history: {keep: {¦dor: 5d}}", "unknown kind 'dor'; did you mean 'door'?"),
        ("history: {keep: {door: ¦0d}}", "'door' is '0d'; expected 1d to 36525d"),
        ("history: {keep: {door: ¦12h}}", "expected whole days such as 7d or 400d"),
        ("journal: {size: ¦4}", "expected a size such as 500MB or 4GB"),
        ("journal: {size: ¦5MB}", "expected at least 10MB"),
        ('backup: {folder: b, at: ¦"24:00"}', "expected a time of day in quotes"),
        ("influx: ¦{url: 'http://h', version: 2, database: d}", "token or org is missing"),
        (
            "influx: {url: 'http://h', database: d, token: ¦\"a\\nb\"}",
            "token holds a space, a line break or the like",
        ),
        (
            "influx: ¦{url: 'http://h', database: d, username: u, token: t, org: o}",
            "both token and username are given",
        ),
    ],
)
def test_stores_that_cannot_be_are_told(told: Told, part: str, said: str) -> None:
    site = f"""\
        site:
          id: court
          name: Court
          time_zone: Europe/London
          data: stores
          {part}
        connections: {{}}
        """
    (problem,) = told(site, whole=True)
    assert said in problem
