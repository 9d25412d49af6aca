"""The gateway's wall clock jumps by an hour: a door that is open is told in its time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.model.clock import SLEW
from tests.crash.parts import Gateway, gateway_with_clock
from tests.crash.progress import WITHIN_S, expect, until
from tests.crash.tap import Tap
from tests.servers import Broker

RAISE_AFTER_S = 3.0
IN_TIME_S = 60.0
"""Starting on a busy machine included; an hour is far beyond."""

SITE = """\
connections: {{broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: clock-test}}}}
devices:
  - {{id: door, kind: door, profile: gatehouse-json, connection: broker, topic: door,
     name: {{en: Door, zh: 门}}, place: {{en: Hall, zh: 大厅}},
     door: {{open_time: {raise_after_s}s}}}}
"""


@pytest.fixture
def tap(broker: Broker) -> Iterator[Tap]:
    tap = Tap((broker.host, broker.port), lambda: 0)
    yield tap
    tap.close()


@contextmanager
def opened_door(folder: Path, broker: Broker, tap: Tap) -> Iterator[tuple[Gateway, float]]:
    """A running gateway that waits whether the door is closed again, and since when."""
    site = SITE.format(port=tap.port, raise_after_s=RAISE_AFTER_S)
    gateway = gateway_with_clock(folder, site)
    gateway.start()
    client = paho.Client(CallbackAPIVersion.VERSION2, "door")
    try:
        expect(tap.wait_subscribed(2, WITHIN_S), "the gateway does not subscribe")
        client.connect(broker.host, broker.port)
        client.loop_start()
        said = monotonic()
        client.publish("door/state", '{"id": "1", "contact": "open"}', qos=1)
        waiting = "SELECT count(*) FROM access_state WHERE json_extract(state, '$.opening.due') > 0"
        until(lambda: counted(gateway, waiting), lambda: "the door's machine does not wait")
        yield gateway, said
    finally:
        client.disconnect()
        client.loop_stop()
        gateway.stop()


def counted(gateway: Gateway, query: str) -> int:
    file = gateway.process.data / "ledger.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        return int(db.execute(query).fetchone()[0])


def until_raised(gateway: Gateway, since: float) -> float:
    """Seconds from then until the alarm was there."""
    told = "SELECT count(*) FROM alarm WHERE rule = 'door/propped'"
    until(lambda: counted(gateway, told), lambda: "the open door is not told")
    return monotonic() - since


@pytest.mark.promise("K13")
def test_after_a_kill_and_a_clock_set_back_it_is_not_told_an_hour_late(
    tmp_path: Path, broker: Broker, tap: Tap
) -> None:
    with opened_door(tmp_path, broker, tap) as (gateway, since):
        gateway.kill()
        gateway.set_clock(-1)
        gateway.start()
        assert until_raised(gateway, since) < IN_TIME_S


@pytest.mark.promise("K13")
def test_a_clock_set_forward_while_it_runs_does_not_hasten_it(
    tmp_path: Path, broker: Broker, tap: Tap
) -> None:
    with opened_door(tmp_path, broker, tap) as (gateway, since):
        gateway.set_clock(+1)
        assert RAISE_AFTER_S * (1 - SLEW) <= until_raised(gateway, since) < IN_TIME_S
