"""What the loss contract says may be lost is what is lost, and no more."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.gateway_client import eventually, signed_in
from tests.gateway_process import gateway_process
from tests.servers import HOST, Broker
from tests.waiting import until

SITE = """
connections: {{broker: {{type: mqtt, host: {host}, port: {port}, client_id: loss}}}}
kinds:
  meter: {{name: Meter, points: {{value: {{kind: number, name: Value}}}}}}
devices:
  - {{id: meter, kind: meter, profile: gatehouse-json, connection: broker, topic: meter,
     name: Meter, place: Plant}}
"""


def say(broker: Broker, *values: tuple[float, int]) -> None:
    """Publishes each value at its QoS; the broker has all of them when this returns."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for value, qos in values:
        said = client.publish("meter/state", f'{{"id": "{value}", "value": {value}}}', qos)
        said.wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


@contextmanager
def nothing_can_be_stored(journal: Path) -> Iterator[None]:
    """Somebody else holds the write lock of the file."""
    with closing(sqlite3.connect(journal, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


def stored(journal: Path) -> set[float]:
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        query = "SELECT value FROM reading WHERE point = 'meter/value'"
        return {value for (value,) in db.execute(query)}


@pytest.mark.promise("K2", "L3", "L4")
async def test_at_qos_0_what_was_not_stored_is_lost_and_at_qos_1_nothing_is(
    tmp_path: Path, broker: Broker
) -> None:
    gateway = gateway_process(tmp_path, SITE.format(host=HOST, port=broker.port))
    journal = gateway.data / "journal.db"
    gateway.server.start()
    try:
        async with signed_in(gateway) as client:
            say(broker, (1.0, 1))
            await until(lambda: 1.0 in stored(journal))
            with nothing_can_be_stored(journal):
                say(broker, (2.0, 0), (3.0, 1))
                await eventually(client, "/api/v1/health", lambda h: h["faults"])
                gateway.server.kill()
        say(broker, (4.0, 0), (5.0, 1))
        gateway.server.start()
        await until(lambda: 5.0 in stored(journal))
        assert stored(journal) == {1.0, 3.0, 5.0}
    finally:
        gateway.server.stop()
