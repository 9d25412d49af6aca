"""The demo's estate, in a hurry and with more alarms, written into a real InfluxDB by real
processes."""

import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import yaml

from dashboards.grafana.schema import kinds
from gateway.history.influx.line_protocol import Origin, Writer
from gateway.model.clock import gateway_clock
from gateway.model.point import PointKind
from gateway.model.reading import Reading, Value
from tests.gateway_process import running_gateway
from tests.servers import InfluxServer, Server, free_port, mosquitto

SITE = "test"
AREAS = {"roof-tank": "roof", "lift-pump": "basement"}
DOORS = [f"door-{n:02}" for n in range(1, 7)]
RARELY_HEARD = {
    "barrier": "main-gate",
    "door": "door-06",
    "fire": "fire-release",
    "generator": "generator",
    "lighting": "path-lights",
    "passback": "court",
    "pump": "lift-pump",
    "pump-group": "storm-pumps",
    "sump": "garage-sump",
    "tank": "roof-tank",
    "transfer-switch": "transfer-switch",
    "water-meter": "water-main",
}
"""By kind, devices that say things which the demo does not bring about: strangers' plates, a boom
that is lifted by hand, both doors of an air lock open, somebody who comes in twice, a restart in a
fire, a pump that is serviced, a group without its level, a float that hangs, the flow of a night,
lights that somebody has switched, how fast a level has changed in five minutes."""
DEVICES = {
    *DOORS,
    *AREAS,
    *RARELY_HEARD.values(),
    *(
        "bike-store",
        "main-gate",
        "north-zone",
        "north-camera",
        "south-zone",
        "fire-panel",
        "garage-pump",
        "storm-pit",
        "storm-pump-1",
        "storm-pump-2",
        "main-meter",
        "desk-ups",
        "lift-room",
    ),
    *(f"south-{name}" for name in ("fence", "gate", "lamp", "siren")),
}

ALARMS_AT_ONCE = 6 * len(DOORS)
"""As soon as the doors are heard: a flood on either side of a full ten minutes, should it pass."""


VALUES: Mapping[PointKind, Value] = {
    PointKind.NUMBER: 1.0,
    PointKind.STATE: "ok",
    PointKind.TEXT: "SN-4711",
    PointKind.EVENT: {"plate": "京A12345"},
}


@dataclass(frozen=True, slots=True)
class Database:
    """Where the estate's readings are."""

    server: InfluxServer
    name: str


@contextmanager
def running_estate(folder: Path, influx: InfluxServer) -> Iterator[Database]:
    """Broker, simulators and gateway, up while entered."""
    database = Database(influx, f"g_{secrets.token_hex(8)}")
    with ExitStack() as running:
        broker = running.enter_context(mosquitto(folder))
        ports = {
            "DEMO_MQTT_PORT": broker.port,
            "DEMO_MODBUS_PORT": free_port(),
            "DEMO_RTSP_PORT": free_port(),
        }
        running.enter_context(_simulators(folder, ports))
        running.enter_context(running_gateway(folder, _site(database, ports)))
        yield database


def tell_rare_things(database: Database) -> None:
    """Every point of such devices says something, written as the gateway would write it."""
    now = gateway_clock()()
    origins = {device: Origin(kind) for kind, device in RARELY_HEARD.items()}
    said = [
        Reading(f"{device}/{point.field}", VALUES[point.kind], now, now)
        for kind, device in RARELY_HEARD.items()
        for point in kinds()[kind].points
    ]
    server = database.server
    httpx.post(
        f"{server.url}/write",
        params={"db": database.name, "precision": "u"},
        auth=(server.username, server.password),
        content="\n".join(Writer(SITE, origins).lines(said).texts),
        verify=False,
    ).raise_for_status()


@contextmanager
def _simulators(folder: Path, ports: Mapping[str, int]) -> Iterator[None]:
    simulation = _read("demo.simulation.yaml", ports)
    del simulation["causes"]
    simulation["mqtt"]["devices"][0]["door"]["openings"] = [
        {"after": "1s", "held_for": "700ms", "every": "2s"}
    ]
    simulation["rtsp"]["cameras"]["north"]["walks"] = [
        {"after": f"{after}s", "from": [0.08, 0.86], "to": [0.92, 0.86], "takes": "4s"}
        for after in range(6, 120, 6)
    ]
    for device in simulation["mqtt"]["devices"]:
        if "panel" in device:
            device["panel"] = {"fire_after": "30s"}
        for trip in device.get("line", {}).get("trips", ()):
            trip |= {"after": "5s", "lasts": "2s", "every": "10s"}
    file = folder / "simulation.yaml"
    file.write_text(yaml.safe_dump(simulation))
    log = folder / "simulators.log"
    command = [sys.executable, "-m", "gateway.cli", "simulate", str(file)]
    server = Server(command, log, lambda: "causes" in log.read_text())
    server.start()
    try:
        yield
    finally:
        server.stop()


def _site(database: Database, ports: Mapping[str, int]) -> str:
    """The site file after its `site:`."""
    site = _read("demo.site.yaml", ports)
    for device in site["devices"]:
        if "id" in device and device["id"] in AREAS:
            device["area"] = AREAS[device["id"]]
    site["rules"] += [
        _rule(f"{door}/known-{n}", {"point": f"{door}/contact", "in": ["open", "closed"]})
        for door in DOORS
        for n in range(ALARMS_AT_ONCE // len(DOORS))
    ]
    site["rules"].append(_rule("door-01/opened", {"point": "door-01/contact", "in": ["open"]}))
    server = database.server
    influx = {
        "url": server.url,
        "database": database.name,
        "username": server.username,
        "password": server.password,
    }
    del site["site"]
    return f"  influx: {influx}\n{yaml.safe_dump(site)}"


def _rule(id_: str, when: dict[str, object]) -> dict[str, object]:
    return {"id": id_, "title": id_, "priority": "low", "when": when}


def _read(name: str, ports: Mapping[str, int]) -> dict[str, Any]:
    """One of the demo's files, on these ports."""
    text = (files("simulators") / "estates" / name).read_text("utf-8")
    for variable, port in ports.items():
        text = re.sub(rf"\$\{{{variable}:-\d+\}}", str(port), text)
    read: dict[str, Any] = yaml.safe_load(text)
    return read
