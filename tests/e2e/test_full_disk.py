"""The whole gateway on a disk that fills in one go, and has room again later."""

import asyncio
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.disk import LOW_BYTES
from gateway.model.clock import gateway_clock, to_datetime
from tests.blocking import excused
from tests.gateway_client import signed_in, ticket_of, told
from tests.gateway_process import GatewayProcess, gateway_process
from tests.servers import HOST, Broker
from tests.waiting import until

ROOM_MB = LOW_BYTES // 10**6 + 200
"""Of the disk: low only once something fills it."""

OWN_DISK = (
    *("unshare", "--mount", "--map-root-user", "sh", "-c"),
    f'mkdir -p "$0" && mount -t tmpfs -o size={ROOM_MB}m tmpfs "$0" && exec "$@"',
)
"""Runs what follows with a small disk of its own mounted on the first word after it, where nobody
else sees it but through /proc."""


class Disk:
    """The gateway's disk as seen from outside."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self.data = Path(f"/proc/{gateway.server.pid}/root{gateway.data}")

    def fill(self) -> None:
        """Takes all the room there is."""
        with excused(), (self.data / "filler").open("ab", buffering=0) as filler:
            size = 1 << 20
            while size:
                try:
                    filler.write(bytes(size))
                except OSError:
                    size >>= 1

    def empty(self) -> None:
        with excused():
            (self.data / "filler").unlink()


class Meter:
    """Says the next number all the time; the broker has acknowledged all up to `said`."""

    def __init__(self, broker: Broker) -> None:
        self.said = 0.0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "meter")
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="meter")
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        clock = gateway_clock()
        while not self._ending.wait(0.005):
            number = self.said + 1
            at = to_datetime(clock()).isoformat().replace("+00:00", "Z")
            said = json.dumps({"id": str(number), "at": at, "value": number})
            self._client.publish("meter/state", said, qos=1).wait_for_publish(20)
            self.said = number


def require_own_disk(folder: Path) -> None:
    with excused():
        tried = subprocess.run([*OWN_DISK, str(folder / "probe"), "true"], check=False)
    if tried.returncode:
        pytest.skip("nobody may mount a disk here (unshare)")


@contextmanager
def talking(broker: Broker) -> Iterator[Meter]:
    meter = Meter(broker)
    try:
        yield meter
    finally:
        meter.stop()


@pytest.mark.promise("K5", "K6")
async def test_a_disk_that_fills_in_one_go_is_told_and_nothing_is_lost(
    tmp_path: Path, broker: Broker
) -> None:
    require_own_disk(tmp_path)
    site = f"""
connections: {{broker: {{type: mqtt, host: {HOST}, port: {broker.port}, client_id: full-disk}}}}
kinds:
  meter: {{name: Meter, points: {{value: {{kind: number, period: 60s, name: Value}}}}}}
devices:
  - {{id: meter, kind: meter, profile: gatehouse-json, connection: broker, topic: meter,
     name: Meter, place: Plant}}
"""
    gateway = gateway_process(tmp_path, site, [*OWN_DISK, str(tmp_path / "data")])
    gateway.server.start()
    try:
        with talking(broker) as meter:
            async with signed_in(gateway) as client:
                await full_and_empty_again(client, Disk(gateway), meter)
    finally:
        gateway.server.stop()


async def full_and_empty_again(client: httpx.AsyncClient, disk: Disk, meter: Meter) -> None:
    await told(client, "meter/value", quality="good")
    await until((disk.data / "reserve").exists)

    disk.fill()
    await until(lambda: not (disk.data / "reserve").exists())
    assert (await ticket_of(client, "gateway/disk-low"))["priority"] == 1

    disk.fill()
    await told(client, "meter/value", quality="stale")
    assert (await client.get("/healthz")).json() == {"status": "degraded", "role": "active"}
    before, _ = await stored(client)
    said = meter.said
    await until(lambda: meter.said > said + 50)
    now, _ = await stored(client)
    assert now - before < 50

    disk.empty()
    await told(client, "meter/value", quality="good")
    meter.stop()
    await told(client, "meter/value", value=meter.said)
    async with asyncio.timeout(20):
        while (await stored(client)) != (meter.said, True):
            await asyncio.sleep(0.1)


async def stored(client: httpx.AsyncClient) -> tuple[float, bool]:
    """The last number in history, and whether all from the first on are there, each once."""
    now = datetime.now(UTC)
    span = {"start": now - timedelta(minutes=5), "end": now + timedelta(minutes=5)}
    query = {name: at.isoformat() for name, at in span.items()} | {"buckets": "1"}
    answer = await client.get("/api/v1/points/meter/value/readings", params=query)
    (bucket,) = answer.json()["buckets"]
    lowest, highest = bucket["minimum"], bucket["maximum"]
    return highest, bucket["count"] == highest - lowest + 1
