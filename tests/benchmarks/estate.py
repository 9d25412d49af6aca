"""The estate the benchmarks run: meters that talk all the time, doors that open once each; and
the gateway for it, in a process of its own."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from gateway.child import Child
from tests.servers import HOST, Broker, InfluxServer, free_port

DATABASE = "bench"
"""In InfluxDB."""

METERS = 100
DOORS = 400
CLOSED_DOORS = 1_000
"""Of the benchmarks in which doors talk and do not open."""

# Every meter reading is held against a limit it never passes: that is what the alarm service does
# with nearly all readings. A door that opens is a ticket at once.
_SITE = """\
site: {{id: bench, name: Bench, time_zone: UTC, listen: "{host}:{page}", data: {data}{more}}}
connections:
  broker: {{type: mqtt, host: {host}, port: {port}, client_id: gatehouse-bench,
    rate: 100000}}
kinds:
  bench-meter:
    name: Meter
    points: {{level: {{kind: number, period: 5m, name: Level}}}}
    rules: {{low: {{title: Low, priority: high, when: {{point: level, below: -1}}}}}}
  bench-door:
    name: Door
    points: {{contact: {{kind: state, states: [closed, open], name: Contact}}}}
    rules: {{opened: {{title: Opened, priority: high, when: {{point: contact, in: [open]}}}}}}
devices:
  - range: [0, {last_meter}]
    template: {{id: "meter-{{n}}", kind: bench-meter, profile: gatehouse-json, connection: broker,
      topic: "bench/meters/{{n}}", name: "Meter {{n}}", place: Hall}}
  - range: [0, {last_door}]
    template: {{id: "door-{{n}}", kind: bench-door, profile: gatehouse-json, connection: broker,
      topic: "bench/doors/{{n}}", name: "Door {{n}}", place: Hall}}
"""

ALL_STATES = "bench/+/+/state"


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that runs. `client` is signed in to its API; its stores are in `data`."""

    client: httpx.AsyncClient
    data: Path


def meter_topic(meter: int) -> str:
    """Where that meter, counted from 0, says its level."""
    return f"bench/meters/{meter}/state"


def door_topic(door: int) -> str:
    """Where that door, counted from 0, says its contact."""
    return f"bench/doors/{door}/state"


@asynccontextmanager
async def running_gateway(
    folder: Path, broker: Broker, influx: InfluxServer | None = None
) -> AsyncIterator[Gateway]:
    """`gatehouse run` on this estate while entered, connected to the API but not yet certainly to
    the broker; stopped as Ctrl-C would. With `influx` history is kept there and nowhere else."""
    data = folder / "gateway"
    data.mkdir()
    site = data / "site.yaml"
    site.write_text(
        _SITE.format(
            host=HOST,
            page=free_port(),
            port=broker.port,
            data=data,
            more="" if influx is None else _in_influx(influx),
            last_meter=METERS - 1,
            last_door=DOORS - 1,
        )
    )
    command = [sys.executable, "-m", "gateway.cli", "run", str(site)]
    async with Child("gateway", command, data / "gateway.log", lines=True) as child:
        page = (await child.read_line()).partition(" ")[2]
        link = (await child.read_line()).partition(" ")[2]
        async with httpx.AsyncClient(base_url=page) as client:
            await client.get(link)
            yield Gateway(client, data)


def _in_influx(influx: InfluxServer) -> str:
    target = f"url: '{influx.url}', version: 1, database: {DATABASE}"
    known = f"username: {influx.username}, password: {influx.password}"
    return f", history: {{duckdb: false}}, influx: {{{target}, {known}}}"
