"""The real parts: mosquitto that keeps its messages on disk, InfluxDB, and the gateway with a wall
clock of its own, behind a tap.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Final

from tests.crash.access import estate
from tests.crash.access.deeds import Deeds, is_deaf
from tests.crash.access.field import Field
from tests.crash.load import METERS, Load
from tests.crash.plan import DOORS, ZONES
from tests.crash.progress import WITHIN_S, expect
from tests.crash.tap import Tap
from tests.gateway_process import GatewayProcess, gateway_process
from tests.leftovers import sweep
from tests.servers import Broker, InfluxServer, influxdb, mosquitto, require

DATABASE: Final = "estate"
HOUR_S: Final = 3600

KEEPING: Final[dict[str, str | int | bool]] = {
    "persistence": True,
    "autosave_on_changes": True,
    "autosave_interval": 20,
}
"""mosquitto.conf(5): written after every single change, and not every half hour. It still answers
before it writes: killed in between it has lost what it had acknowledged."""

SITE: Final = """\
  influx:
    url: {influx.url}
    version: 1
    database: {database}
    username: {influx.username}
    password: {influx.password}
connections:
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: crash-test, rate: 100000}}
{own}kinds:
  meter:
    name: {{en: Meter, zh: 表}}
    points: {{value: {{kind: number, name: {{en: Value, zh: 值}}}}}}
  fence:
    name: {{en: Fence, zh: 围栏}}
    points: {{breach: {{kind: event, name: {{en: Breach, zh: 入侵}}}}}}
    rules:
      breach:
        title: {{en: Fence breached, zh: 围栏入侵}}
        priority: critical
        when: {{event: breach}}
devices:
  - template: {{id: "meter-{{n}}", kind: meter, profile: gatehouse-json, connection: broker,
      topic: "meters/{{n}}", name: {{en: "Meter {{n}}", zh: 表}}, place: {{en: Plant, zh: 机房}}}}
    range: [0, {last_meter}]
  - template: {{id: "door-{{n}}", kind: door, profile: gatehouse-json, connection: broker,
      topic: "doors/{{n}}", name: {{en: "Door {{n}}", zh: 门}}, place: {{en: Hall, zh: 大厅}},
      door: {{open_time: {propped_after_s}s}}, rules: {{offline: {{enabled: false}}}}}}
    range: [0, {last_door}]
  - template: {{id: "zone-{{n}}", kind: fence, profile: gatehouse-json, connection: broker,
      topic: "zones/{{n}}", name: {{en: "Zone {{n}}", zh: 防区}}, place: {{en: Wall, zh: 围墙}}}}
    range: [0, {last_zone}]
"""


class Gateway:
    """The gateway's process. `set_clock` moves its wall clock, whether it runs or not."""

    def __init__(self, process: GatewayProcess, clock: Path) -> None:
        self.process = process
        self._clock = clock

    def start(self) -> None:
        """Returns when its pages can be opened."""
        self.process.server.start()

    def kill(self) -> None:
        self.process.server.kill()
        _sweep_clocks()

    def stop(self) -> None:
        """In good order."""
        self.process.server.stop()
        _sweep_clocks()

    def hold(self) -> None:
        """It stands still until `go_on`, or `kill`."""
        os.kill(self.process.server.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.server.pid, signal.SIGCONT)

    def cut_short(self, after_s: float) -> None:
        """A start that is killed at some moment of its own."""
        silent = subprocess.DEVNULL
        with subprocess.Popen(self.process.command, stdout=silent, stderr=silent) as starting:
            Event().wait(after_s)
            starting.kill()
        _sweep_clocks()

    def set_clock(self, hours: float) -> None:
        """Away from the true time; a running process sees it within a second."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(f"{hours * HOUR_S:+.0f}\n")
        fresh.replace(self._clock)


@dataclass(slots=True)
class Lives:
    """Of the broker: `now` counts its starts, `ended` says when each was killed (monotonic)."""

    now: int = 0
    ended: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Parts:
    """All of them, running."""

    folder: Path
    gateway: Gateway
    broker: Broker
    influx: InfluxServer
    tap: Tap
    load: Load
    deeds: Deeds
    lives: Lives

    def kill_broker(self) -> None:
        """What it acknowledged from now on belongs to another life."""
        self.lives.ended.append(monotonic())
        self.broker.server.kill()
        self.lives.now += 1


@contextmanager
def running_parts(folder: Path, rounds: int, propped_after_s: float) -> Iterator[Parts]:
    """An estate for so many rounds, under load. All ends with the `with` block."""
    keeping = {**KEEPING, "persistence_location": f"{folder}/"}
    with mosquitto(folder, **keeping) as broker, influxdb(folder) as influx:
        lives = Lives()
        address = (broker.host, broker.port)
        tap = Tap(address, lambda: lives.now)
        site = SITE.format(
            influx=influx,
            database=DATABASE,
            port=tap.port,
            last_meter=METERS - 1,
            last_door=rounds * DOORS - 1,
            last_zone=rounds * ZONES - 1,
            propped_after_s=propped_after_s,
            own=estate.CONNECTION,
        ) + estate.devices(rounds)
        gateway = gateway_with_clock(folder, site)
        try:
            gateway.start()
            topics = 2 * (METERS + rounds * (DOORS + ZONES))  # each has a state and a status
            topics += estate.TOPICS + rounds * estate.TOPICS_PER_ROUND
            expect(tap.wait_subscribed(topics, WITHIN_S), "the gateway does not subscribe")
            deaf = [f"side-{n}" for n in range(rounds) if is_deaf(n)]
            deeds = Deeds(gateway.process, Field(address, deaf))
            load = Load(address, lambda: lives.now, lambda: tap.arrived)
            try:
                yield Parts(folder, gateway, broker, influx, tap, load, deeds, lives)
            finally:
                load.stop()
                deeds.stop()
        finally:
            gateway.stop()
            tap.close()


def gateway_with_clock(folder: Path, site: str) -> Gateway:
    """Not started yet; its clock is true. Clocks that only ever go forward stay as they are
    (faketime(1), FAKETIME_DONT_FAKE_MONOTONIC)."""
    _sweep_clocks()
    clock = folder / "clock"
    environment = {
        "LD_PRELOAD": str(_libfaketime()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DISABLE_SHM": "1",
    }
    prefix = ("env", *(f"{name}={value}" for name, value in environment.items()))
    gateway = Gateway(gateway_process(folder, site, prefix), clock)
    gateway.set_clock(0)
    return gateway


def tails(folder: Path, lines: int = 15) -> str:
    """The end of each part's log."""
    logs: Sequence[Path] = sorted(folder.rglob("*.log"))
    return "\n".join(
        f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
        for log in logs
    )


def _sweep_clocks() -> None:
    """A process with a clock of its own leaves two files when it is killed."""
    sweep(Path("/dev/shm").glob("*faketime_s*_*"))


def _libfaketime() -> Path:
    require("faketime", "faketime")
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert found, "faketime is installed, but not where Debian puts its library"
    return found[0]
