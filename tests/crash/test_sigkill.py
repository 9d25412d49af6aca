"""The gateway is killed at random moments under MQTT load: nothing acknowledged is lost, nothing is
told twice."""

import json
import random
import sqlite3
import subprocess
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import Any

import duckdb
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.model.clock import gateway_clock, to_datetime
from gateway.model.reading import TICK
from tests.gateway_process import gateway_process
from tests.servers import Broker

KILLS = 32
METERS = 20
DOORS_A_ROUND = 4
BURST = 20
BETWEEN_BURSTS_S = 0.04
WITHIN_S = 60.0

SITE = """
connections: {{broker: {{type: mqtt, host: {host}, port: {port}, client_id: crash-test}}}}
kinds:
  meter:
    name: {{en: Meter, zh: 表}}
    points: {{value: {{kind: number, name: {{en: Value, zh: 值}}}}}}
devices:
  - template: {{id: "meter-{{n}}", kind: meter, profile: gatehouse-json, connection: broker,
      topic: "meters/{{n}}", name: {{en: "Meter {{n}}", zh: 表}}, place: {{en: Plant, zh: 机房}}}}
    range: [0, {last_meter}]
  - template: {{id: "door-{{n}}", kind: door, profile: gatehouse-json, connection: broker,
      topic: "doors/{{n}}", name: {{en: "Door {{n}}", zh: 门}}, place: {{en: Hall, zh: 大厅}},
      rules: {{propped: {{raise_after: 0s}}, offline: {{enabled: false}}}}}}
    range: [0, {last_door}]
"""


class Load:
    """Publishes numbered meter readings all the time, and doors that open once and stay open."""

    def __init__(self, broker: Broker) -> None:
        self.acknowledged: dict[str, set[float]] = defaultdict(set)
        """By meter, the numbers the broker has taken over."""
        self.doors_acknowledged = 0
        self._doors: SimpleQueue[int] = SimpleQueue()
        self._number = 0
        self._ending = threading.Event()
        self._clock = gateway_clock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "load")
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, name="load")
        self._thread.start()

    def open_doors(self, doors: Iterable[int]) -> None:
        for door in doors:
            self._doors.put(door)

    def stop(self) -> None:
        """Returns when the broker has acknowledged everything."""
        self._ending.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        while not (self._ending.wait(BETWEEN_BURSTS_S) and self._doors.empty()):
            self._meters()
            self._open()

    def _meters(self) -> None:
        burst = []
        for _ in range(BURST):
            self._number += 1
            meter = self._number % METERS
            said = self._say(f"meters/{meter}", "value", float(self._number))
            burst.append((said, f"meter-{meter}", float(self._number)))
        for said, name, number in burst:
            said.wait_for_publish(WITHIN_S)
            self.acknowledged[name].add(number)

    def _open(self) -> None:
        while not self._doors.empty():
            self._say(f"doors/{self._doors.get()}", "contact", "open").wait_for_publish(WITHIN_S)
            self.doors_acknowledged += 1

    def _say(self, topic: str, point: str, value: float | str) -> paho.MQTTMessageInfo:
        at = to_datetime(self._clock()).isoformat().replace("+00:00", "Z")
        message = {"id": f"{topic}-{value}", "at": at, point: value}
        return self._client.publish(f"{topic}/state", json.dumps(message), qos=1)


@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_and_every_alarm_has_one_ticket(
    tmp_path: Path, broker: Broker
) -> None:
    doors = KILLS * DOORS_A_ROUND
    last = {"last_meter": METERS - 1, "last_door": doors - 1}
    site = SITE.format(host=broker.host, port=broker.port, **last)
    gateway = gateway_process(tmp_path, site)
    journal, ledger = gateway.data / "journal.db", gateway.data / "ledger.db"
    chance = random.Random(20261122)
    gateway.server.start()
    subscribe_first(broker, journal)
    load = Load(broker)
    try:
        for round_ in range(KILLS):
            load.open_doors(range(round_ * DOORS_A_ROUND, (round_ + 1) * DOORS_A_ROUND))
            enough = newest(journal) + chance.randrange(1, 500)
            until(lambda enough=enough: newest(journal) >= enough)  # type: ignore[misc]
            gateway.server.kill()
            if chance.random() < 0.3:
                cut_short(gateway.command, chance.uniform(0.0, 2.5))
            gateway.server.start()
        load.stop()
        until(lambda: not lost(load.acknowledged, journal))
        until(lambda: len(opened(ledger)) >= doors)
    finally:
        load.stop()
        gateway.server.stop()
    assert lost(load.acknowledged, journal) == {}
    assert load.doors_acknowledged == doors
    assert opened(ledger) == Counter({f"door-{door}/propped": 1 for door in range(doors)})
    assert alarms(ledger) == Counter({f"door-{door}/propped": 1 for door in range(doors)})
    assert numbers(ledger) == list(range(1, doors + 1))
    assert_history_is_the_journal(gateway.data)


def subscribe_first(broker: Broker, journal: Path) -> None:
    """Publishes until the gateway hears: from then on the broker keeps everything for it."""
    client = paho.Client(CallbackAPIVersion.VERSION2, "first")
    client.connect(broker.host, broker.port)
    client.loop_start()

    def heard() -> bool:
        client.publish("meters/0/state", '{"id": "first", "value": 0}', qos=1)
        return newest(journal) > 0

    until(heard)
    client.disconnect()
    client.loop_stop()


def cut_short(command: tuple[str, ...], after_s: float) -> None:
    """A start that is killed at some moment of its own."""
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as starting:
        threading.Event().wait(after_s)
        starting.kill()


def until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + WITHIN_S
    while not condition():
        assert monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.01)


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchall()


def newest(journal: Path) -> int:
    return int(rows(journal, "SELECT coalesce(max(seq), 0) FROM reading")[0][0])


def lost(acknowledged: dict[str, set[float]], journal: Path) -> dict[str, set[float]]:
    """What the broker has taken over and the journal has not, by meter."""
    stored = defaultdict(set)
    for point, value in rows(journal, "SELECT point, value FROM reading"):
        stored[point.removesuffix("/value")].add(value)
    missing = {meter: values - stored[meter] for meter, values in acknowledged.items()}
    return {meter: values for meter, values in missing.items() if values}


def opened(ledger: Path) -> Counter[str]:
    query = "SELECT key FROM ticket JOIN ticket_entry ON ticket = number WHERE what = 'opened'"
    return Counter(key for (key,) in rows(ledger, query))


def alarms(ledger: Path) -> Counter[str]:
    return Counter(rule for (rule,) in rows(ledger, "SELECT rule FROM alarm"))


def numbers(ledger: Path) -> list[int]:
    return [number for (number,) in rows(ledger, "SELECT number FROM ticket ORDER BY number")]


def assert_history_is_the_journal(data: Path) -> None:
    """Up to the history's cursor, each reading of the journal once, and nothing else."""
    with closing(duckdb.connect(data / "history.duckdb", read_only=True)) as db:
        ((cursor,),) = db.execute("SELECT seq FROM cursor").fetchall()
        view = "SELECT point, epoch_us(taken_at_utc) FROM readings"
        told = Counter(db.execute(view).fetchall())
    query = f"SELECT seq, point, taken_at FROM reading WHERE point <> '{TICK}'"
    journalled = rows(data / "journal.db", query)
    assert told == Counter({(point, at) for seq, point, at in journalled if seq <= cursor})
    assert cursor > max(seq for seq, _, _ in journalled) / 2
