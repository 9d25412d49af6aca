"""A gateway that is lost with its disk goes on from its backup on another."""

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.model.clock import gateway_clock, to_datetime
from tests.gateway_client import signed_in, ticket_of
from tests.gateway_process import GatewayProcess, gateway_in, gateway_process, running_gateway
from tests.servers import Broker, InfluxServer

WITHIN_S = 40.0
PASSWORD = "correct horse battery"

SITE = """\
  influx: {{url: "{influx.url}", database: backup_e2e, username: "{influx.username}",
    password: "${{INFLUX_PASSWORD:-{influx.password}}}"}}
  backup: {{folder: backups, at: "03:10", keep: 5}}
connections: {{broker: {{type: mqtt, host: {broker.host}, port: {broker.port}, client_id: b,
    rate: 100000}}}}
kinds:
  meter:
    name: {{en: Meter, zh: 表}}
    points: {{value: {{kind: number, name: {{en: Value, zh: 值}}}}}}
devices:
  - {{id: meter, kind: meter, profile: gatehouse-json, connection: broker, topic: meter,
     name: Meter, place: Plant}}
  - template: {{id: "door-{{n}}", kind: door, profile: gatehouse-json, connection: broker,
      topic: "doors/{{n}}", name: "Door {{n}}", place: Hall,
      door: {{open_time: 1ms}}, rules: {{offline: {{enabled: false}}}}}}
    range: [1, 9]
"""


class Field:
    """Devices that speak all the time, whoever listens."""

    def __init__(self, broker: Broker) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "field")
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._ending = threading.Event()
        self._clock = gateway_clock()
        self._thread = threading.Thread(target=self._run, name="field")
        self._thread.start()

    def open_door(self, number: int) -> None:
        self._say(f"doors/{number}", "contact", "open").wait_for_publish(WITHIN_S)

    def end(self) -> None:
        self._ending.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        number = 0.0
        while not self._ending.wait(0.01):
            for _ in range(20):
                number += 1
                self._say("meter", "value", number)

    def _say(self, topic: str, point: str, value: float | str) -> paho.MQTTMessageInfo:
        at = to_datetime(self._clock()).isoformat().replace("+00:00", "Z")
        said = json.dumps({"id": f"{point}-{value}", "at": at, point: value})
        return self._client.publish(f"{topic}/state", said, qos=1)


@contextmanager
def running_field(broker: Broker) -> Iterator[Field]:
    field = Field(broker)
    try:
        yield field
    finally:
        field.end()


@pytest.mark.promise("K14")
def test_a_gateway_goes_on_from_a_backup_made_under_load(
    tmp_path: Path, broker: Broker, influx: InfluxServer
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    gateway = gateway_process(old, SITE.format(broker=broker, influx=influx))
    gateway.server.start()
    with running_field(broker) as field:
        try:
            backup = _live_and_back_up(gateway, field, old)
        finally:
            gateway.server.kill()
        before = _tickets_in(backup)
        assert _alarm_cursor(backup) <= _last_seq(backup / "journal.db")
        new = tmp_path / "new"
        told = _run("restore", backup, new)
        assert f"Restored: {new / 'site.yaml'}, stores in {new / 'data'}" in told
        assert _kept_cursor(new / "data/journal.db") <= _last_seq(backup / "journal.db")
        again = gateway_in(new, gateway.url)
        again.server.start()
        try:
            _goes_on(again, field, before)
        finally:
            again.server.stop()
    assert "Traceback" not in again.server.output


async def test_a_backup_that_fails_is_a_ticket_and_a_fault_of_the_gateways_health(
    tmp_path: Path,
) -> None:
    (tmp_path / "backups").write_text("no folder")
    with running_gateway(tmp_path, '  backup: {folder: backups, at: "03:10"}\n') as gateway:
        async with signed_in(gateway) as api:
            ticket = await ticket_of(api, "gateway/backup-failed")
            assert ticket["title"] == {"en": "Gateway: backup failed", "zh": "网关：备份失败"}
            (fault,) = (await api.get("/api/v1/health")).json()["faults"]
            assert fault.startswith(f"backup: {tmp_path / 'backups'}: cannot be written to")


def _live_and_back_up(gateway: GatewayProcess, field: Field, folder: Path) -> Path:
    """Four alarms with tickets, one acknowledged, and an account; then a backup."""
    with _client(gateway) as api:
        api.get(gateway.sign_in_link)
        for door in range(1, 5):
            field.open_door(door)
        _until(lambda: len(api.get("/api/v1/tickets").json()) == 4)
        ticket = api.get("/api/v1/tickets").json()[0]
        act = {"act": "acknowledge", "version": ticket["version"]}
        assert api.post(f"/api/v1/tickets/{ticket['number']}/acts", json=act).is_success
        user = {"name": "li.wei", "role": "engineer", "password": PASSWORD}
        assert api.post("/api/v1/users", json=user).is_success
        _until(lambda: list((folder / "backups").glob("test-*")))  # the gateway's own, at its start
        _until(lambda: _kept_cursor(folder / "data/journal.db") > 0)
        told = _run("backup", folder / "site.yaml", "--to", folder / "by-hand")
    return Path(told.strip())


def _goes_on(gateway: GatewayProcess, field: Field, before: list[tuple[int, str]]) -> None:
    with _client(gateway) as api:
        signed_in = api.post("/api/v1/session", json={"name": "li.wei", "password": PASSWORD})
        assert signed_in.is_success, signed_in.text
        tickets = api.get("/api/v1/tickets").json()
        assert sorted((t["number"], t["state"]) for t in tickets) == before
        assert {"new", "accepted"} == {t["state"] for t in tickets}
        assert len(api.get("/api/v1/alarms").json()) == 4
        field.open_door(9)
        _until(lambda: "door-9/propped" in {t["key"] for t in api.get("/api/v1/tickets").json()})
        meter = api.get("/api/v1/points/meter/value").json()["latest"]["value"]
        _until(lambda: api.get("/api/v1/points/meter/value").json()["latest"]["value"] > meter)
        _until(lambda: _is_near(api.get("/api/v1/health").json()))


def _is_near(health: dict[str, Any]) -> bool:
    followers = {f["name"]: f["behind"] for f in health["followers"]}
    assert {"alarms", "duckdb", "influxdb"} <= set(followers)
    return not health["faults"] and all(behind < 10_000 for behind in followers.values())


def _run(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "gateway.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _client(gateway: GatewayProcess) -> httpx.Client:
    headers = {"Origin": gateway.url}
    return httpx.Client(base_url=gateway.url, timeout=20, headers=headers, verify=False)


def _until(condition: Any) -> None:
    deadline = monotonic() + WITHIN_S
    while not condition():
        assert monotonic() < deadline, "not in time"
        sleep(0.05)


def _one(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchall()


def _last_seq(journal: Path) -> int:
    return int(_one(journal, "SELECT max(seq) FROM reading")[0][0])


def _kept_cursor(journal: Path) -> int:
    found = _one(journal, "SELECT seq FROM follower WHERE name = 'influxdb'")
    return int(found[0][0]) if found else 0


def _alarm_cursor(backup: Path) -> int:
    query = "SELECT seq FROM cursor WHERE follower = 'alarms'"
    return int(_one(backup / "ledger.db", query)[0][0])


def _tickets_in(backup: Path) -> list[tuple[int, str]]:
    query = "SELECT number, state FROM ticket ORDER BY number"
    return [(number, state) for number, state in _one(backup / "ledger.db", query)]
