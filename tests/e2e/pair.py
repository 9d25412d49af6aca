"""Two gateways on one PostgreSQL, one broker, fences that are climbed over, and doors."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.error import URLError
from urllib.request import urlopen

import paho.mqtt.client as paho
import psycopg
import sqlalchemy as sa
from paho.mqtt.enums import CallbackAPIVersion

from gateway.model.clock import gateway_clock, to_datetime
from tests.blocking import excused
from tests.cable import Cable
from tests.gateway_process import SITE
from tests.servers import HOST, Broker, Server, accepts, free_port

T = TypeVar("T")

Said = Mapping[str, object]
"""What a door's message says."""

WITHIN_S = 60.0

ON_RECORD = ("access", "passage")
"""The events of somebody who passes with a card."""

FENCES = """\
kinds:
  fence:
    name: {{en: Fence, zh: 围栏}}
    points: {{breach: {{kind: event, name: {{en: Breach, zh: 入侵}}}}}}
    rules:
      breach:
        title: {{en: Fence breached, zh: 围栏入侵}}
        priority: critical
        when: {{event: breach}}
devices:
  - template: {{id: "zone-{{n}}", kind: fence, profile: gatehouse-json, connection: broker,
      topic: "zones/{{n}}", name: {{en: "Zone {{n}}", zh: 防区}}, place: {{en: Wall, zh: 围墙}}}}
    range: [0, {last}]
"""

DOORS = """\
  - template: {{id: "hall-{{n}}", kind: door, profile: gatehouse-json, connection: broker,
      topic: "halls/{{n}}", points: [lock, access], name: {{en: "Hall {{n}}", zh: 门}},
      place: {{en: Hall, zh: 大厅}}, door: {{open_time: 10m}},
      rules: {{offline: {{enabled: false}}}}}}
    range: [0, {last}]
  - {{id: court, kind: passback, connection: own, name: Court, place: Hall,
     passback: {{doors: [{doors}]}}}}
"""

ESTATE = """\
  ledger: {ledger}
  standby: {{name: {name}}}
connections:
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: pair, rate: 100000}}
  own: {{type: gateway}}
"""


@dataclass(frozen=True, slots=True)
class Gateway:
    """One of the two."""

    name: str
    url: str
    server: Server
    cable: Cable
    """To the database."""

    @property
    def role(self) -> str | None:
        """What it says of itself; None where it does not answer."""
        try:
            with urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return str(json.load(answer)["role"])
        except (URLError, OSError, ValueError):
            return None

    def hold(self) -> None:
        """SIGSTOP: it does not know how long."""
        os.kill(self.server.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        os.kill(self.server.pid, signal.SIGCONT)


class Pair:
    """The two, and the ledger they share."""

    def __init__(self, north: Gateway, south: Gateway, ledger: str, broker: Broker) -> None:
        self.both = (north, south)
        self.ledger = ledger.replace("+psycopg", "")
        self._clock = gateway_clock()
        self._field = paho.Client(CallbackAPIVersion.VERSION2, "field")
        self._field.connect(broker.host, broker.port)
        self._field.loop_start()

    def close(self) -> None:
        """Nothing is left running."""
        self._field.disconnect()
        self._field.loop_stop()
        del self._field  # its last sockets close with it
        for gateway in self.both:
            gateway.server.stop()
            gateway.cable.close()

    def active(self) -> Gateway:
        """Waits until one is, and has its session with the broker."""
        active = wait(lambda: next((g for g in self.both if g.role == "active"), None), "none is")
        wait(lambda: "broker: connected" in active.server.output, "it does not reach the broker")
        return active

    def other(self, gateway: Gateway) -> Gateway:
        """The one that is not that."""
        north, south = self.both
        return south if gateway is north else north

    def breach(self, zones: Iterable[int], every_s: float = 0.0) -> None:
        """Somebody climbs over, once in each; returns when the broker has them all. Two in three
        devices have a clock."""
        sent = []
        for zone in zones:
            message: dict[str, object] = {"id": f"{zone}", "breach": {"number": float(zone)}}
            if zone % 3:
                at = to_datetime(self._clock()).isoformat().replace("+00:00", "Z")
                message["at"] = at
            topic = f"zones/{zone}/state"
            sent.append(self._field.publish(topic, json.dumps(message), qos=1))
            time.sleep(every_s)
        for each in sent:
            each.wait_for_publish(WITHIN_S)

    def open_doors(self, doors: Iterable[int]) -> None:
        """Each opens and is shut again, every other one after a card was shown; returns when the
        broker has it all."""
        sent = []
        for door in doors:
            card = {"result": "granted", "credential": f"card-{door}", "direction": "in"}
            shut: Said = {"contact": "closed", "lock": "locked"}
            shown: list[Said] = [{"access": card}] if door % 2 else []
            for content in (shut, *shown, {"contact": "open"}, shut):
                at = to_datetime(self._clock()).isoformat().replace("+00:00", "Z")
                message = {"id": f"{door}", "at": at, **content}
                topic = f"halls/{door}/state"
                sent.append(self._field.publish(topic, json.dumps(message), qos=1))
        for each in sent:
            each.wait_for_publish(WITHIN_S)

    def expect_doors_told_once(self, doors: Iterable[int]) -> None:
        """Waits until each that no card opened is told as forced, and each other as passed."""
        forced = {f"hall-{door}/forced": 1 for door in doors if not door % 2}
        passed = {f"hall-{door}/{said}": 1 for door in doors if door % 2 for said in ON_RECORD}
        wait(lambda: forced.keys() <= self.raised("hall-%").keys(), "a forced door is not told")
        assert self.raised("hall-%") == forced
        wait(lambda: passed.keys() <= self.logged().keys(), lambda: f"on record: {self.logged()}")
        assert self.logged() == passed
        inside = len(passed) // len(ON_RECORD)
        wait(lambda: self.inside() == inside, lambda: f"inside: {self.inside()} of {inside}")

    def logged(self) -> Mapping[str, int]:
        """How often each event of the doors is on record."""
        query = "SELECT point, count(*) FROM access_event WHERE point LIKE 'hall-%' GROUP BY point"
        return {str(point): int(str(count)) for point, count in self.ask(query)}

    def inside(self) -> int:
        """How many the area knows to be inside, as it is kept for the next gateway."""
        return len(self.ask("SELECT who FROM access_person WHERE machine = 'court'"))

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """The ledger itself."""
        with psycopg.connect(self.ledger, autocommit=True) as db:
            return db.execute(query.encode()).fetchall()

    def raised(self, rules: str = "zone-%") -> Mapping[str, int]:
        """How often each alarm of these rules was raised; a zone has one."""
        query = (
            "SELECT a.rule, count(*) FROM alarm_change c JOIN alarm a ON a.id = c.alarm"
            f" WHERE c.move = 'raise' AND a.rule LIKE '{rules}' GROUP BY a.rule"
        )
        return {str(rule): int(str(count)) for rule, count in self.ask(query)}

    def expect_each_once(self, zones: Iterable[int]) -> None:
        """Waits until every zone has an alarm; each was raised once, under a ticket of its own."""
        expected = {f"zone-{zone}/breach": 1 for zone in zones}
        wait(lambda: expected.keys() <= self.raised().keys(), lambda: self._lacking(expected))
        assert self.raised() == expected
        tickets = self.ask("SELECT key, count(*) FROM ticket WHERE key LIKE 'zone-%' GROUP BY key")
        assert {str(key): count for key, count in tickets} == expected
        numbers = sorted(int(str(n)) for (n,) in self.ask("SELECT number FROM ticket"))
        assert numbers == list(range(1, len(numbers) + 1))

    def _lacking(self, expected: Mapping[str, int]) -> str:
        return f"without alarm: {sorted(expected.keys() - self.raised().keys())}"


@contextmanager
def pair(folder: Path, ledger: str, broker: Broker, zones: int) -> Iterator[Pair]:
    """Both started at once."""
    north, south = (_gateway(folder / n, n, ledger, broker, zones) for n in ("north", "south"))
    started = Pair(north, south, ledger, broker)
    try:
        for gateway in started.both:
            gateway.server.start()
        yield started
    finally:
        with excused():
            started.close()


def wait(condition: Callable[[], T | None], problem: str | Callable[[], str]) -> T:
    """What it gives, as soon as that is true."""
    with excused():
        deadline = time.monotonic() + WITHIN_S
        while not (found := condition()):
            if time.monotonic() > deadline:
                raise AssertionError(problem if isinstance(problem, str) else problem())
            time.sleep(0.05)
        return found


def _gateway(folder: Path, name: str, ledger: str, broker: Broker, zones: int) -> Gateway:
    folder.mkdir()
    port = free_port()
    database = sa.make_url(ledger)
    cable = Cable(database.port or 5432)
    by_cable = database.set(port=cable.port).render_as_string(hide_password=False)
    site = ESTATE.format(ledger=by_cable, name=name, port=broker.port)
    halls = ", ".join(f"{{door: hall-{n}}}" for n in range(zones))
    site += FENCES.format(last=zones - 1) + DOORS.format(last=zones - 1, doors=halls)
    (folder / "site.yaml").write_text(SITE.format(port=port) + site)
    command = [sys.executable, "-m", "gateway.cli", "run", str(folder / "site.yaml")]
    server = Server(command, folder / "gateway.log", accepts(port))
    return Gateway(name, f"http://{HOST}:{port}", server, cable)
