"""Broker, gateway and InfluxDB as compose.yaml puts them together, but for the containers."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.deploy.secrets import DEPLOY, ShippedBroker
from tests.gateway_process import GatewayProcess, gateway_in
from tests.servers import HOST, InfluxServer, free_port

WITHIN_S = 30.0
WRITER = "writer"


@pytest.fixture
def gateway(
    tmp_path: Path, broker: ShippedBroker, influx: InfluxServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GatewayProcess]:
    """The gateway on the shipped site file; only places and ports differ."""
    passwords = broker.secrets.environment
    for name in ("MQTT_PASSWORD", "INFLUX_PASSWORD"):
        monkeypatch.setenv(name, passwords[name])
    url, text = f"http://{HOST}:{free_port()}", (DEPLOY / "site.yaml").read_text()
    for shipped, ours in {
        "listen: 0.0.0.0:8080": f"listen: {url.removeprefix('http://')}",
        "data: /var/lib/gatehouse": "data: data",
        "folder: /var/backups/gatehouse": "folder: backups",
        "http://influxdb:8086": influx.url,
        "username: gatehouse": f"username: {WRITER}",  # the server's administrator has that name
        "host: mosquitto": f"host: {HOST}",
        "port: 8883": f"port: {broker.port}",
    }.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    (tmp_path / "site.yaml").write_text(text)
    (tmp_path / "tls").mkdir()
    shutil.copy(broker.secrets.folder / "private/ca.pem", tmp_path / "tls/ca.pem")
    process = gateway_in(tmp_path, url)
    with _users(influx, passwords):
        process.server.start()
        try:
            yield process
        finally:
            process.server.stop()


def test_what_a_device_says_is_in_influxdb_where_grafanas_user_reads_it(
    gateway: GatewayProcess, broker: ShippedBroker, influx: InfluxServer
) -> None:
    with _device(broker, "lobby-door") as say, httpx.Client(base_url=gateway.url) as api:
        api.get(gateway.sign_in_link)
        point = "/api/v1/points/lobby-door/contact"

        def spoken() -> bool:
            say({"id": f"{monotonic()}", "contact": "open"})
            latest = api.get(point).json()["latest"]
            return latest is not None and latest["value"] == "open"

        _until(spoken)
        reader = ("grafana", broker.secrets.environment["INFLUX_READ_PASSWORD"])
        question = "SELECT last(contact) FROM door WHERE device = 'lobby-door'"
        _until(lambda: "open" in json.dumps(_ask(influx, reader, question)))
        refused = _ask(influx, reader, "DROP MEASUREMENT door")
        assert "error" in json.dumps(refused)
        _until(lambda: api.get("/api/v1/health").json()["faults"] == [])
        (made,) = (gateway.data.parent / "backups").glob("estate-*")
    assert (made / "site/tls/ca.pem").exists()


@contextmanager
def _device(broker: ShippedBroker, name: str) -> Iterator[Callable[[dict[str, Any]], None]]:
    client = paho.Client(CallbackAPIVersion.VERSION2, name)
    client.tls_set(str(broker.secrets.folder / "private/ca.pem"))
    client.username_pw_set(name, broker.secrets.devices[name])
    client.connect(HOST, broker.port)
    client.loop_start()

    def say(state: dict[str, Any]) -> None:
        said = client.publish(f"estate/{name}/state", json.dumps(state), qos=1)
        said.wait_for_publish(WITHIN_S)

    yield say
    client.disconnect()
    client.loop_stop()


@contextmanager
def _users(influx: InfluxServer, passwords: dict[str, str]) -> Iterator[None]:
    """As the InfluxDB image makes them at its first start."""
    administrator = (influx.username, influx.password)
    made = {WRITER: ("ALL", "INFLUX_PASSWORD"), "grafana": ("READ", "INFLUX_READ_PASSWORD")}
    _ask(influx, administrator, "CREATE DATABASE gatehouse")
    for user, (right, variable) in made.items():
        password = passwords[variable]
        _ask(influx, administrator, f"CREATE USER \"{user}\" WITH PASSWORD '{password}'")
        _ask(influx, administrator, f'GRANT {right} ON gatehouse TO "{user}"')
    yield
    for user in made:
        _ask(influx, administrator, f'DROP USER "{user}"')
    _ask(influx, administrator, "DROP DATABASE gatehouse")


def _ask(influx: InfluxServer, user: tuple[str, str], question: str) -> Any:
    fields = {"q": question, "db": "gatehouse"}
    return httpx.post(f"{influx.url}/query", data=fields, auth=user, timeout=20).json()


def _until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + WITHIN_S
    while not condition():
        assert monotonic() < deadline, "not in time"
        sleep(0.05)
