"""A small estate on a real broker: devices, a sink and dead letters that can be waited on, a
device's side of the wire, and drivers that are run and ended."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from drivers.mqtt.driver import MqttDriver
from gateway.model.clock import gateway_clock
from gateway.model.driver import Sink
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.connection_model import MqttBroker
from gateway.site.model import Device, MqttAddress
from tests.servers import Broker

WITHIN_S = 20.0
NAME = Text("Any", "某")


def door(number: int, profile: str = "gatehouse-json") -> Device:
    """A door with a contact and a count of its openings, on topic `estate/door-N`."""
    device = f"door-{number}"
    contact = Point(f"{device}/contact", PointKind.STATE, NAME, states=("closed", "open"))
    count = Point(f"{device}/count", PointKind.NUMBER, NAME)
    address = MqttAddress(profile, f"estate/{device}")
    return Device(device, "door", NAME, NAME, "broker", address, (contact, count))


def connection(broker: Broker) -> MqttBroker:
    """The gateway's session there."""
    return MqttBroker("broker", broker.host, broker.port, client_id="gateway-under-test")


@dataclass
class Gateway:
    """What a driver gave the gateway. `sink` and `dead_letters` are passed to drivers."""

    readings: list[Reading] = field(default_factory=list)
    doubted: list[Reading] = field(default_factory=list)
    """Those of `readings` that may have come before."""
    letters: list[tuple[str, str, bytes]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def sink(self, readings: Sequence[Reading]) -> None:
        self.readings.extend(readings)
        self.doubted.extend(r for r in readings if r.delivery is not None and r.delivery.again)
        self._changed.set()

    def dead_letters(self, source: str, reason: str, payload: bytes) -> None:
        self.letters.append((source, reason, payload))
        self._changed.set()

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not enough():
                self._changed.clear()
                await self._changed.wait()

    async def until_said(self, point: str, value: object) -> None:
        await self.until(lambda: value in self.values(point))

    def values(self, point: str) -> list[object]:
        return [reading.value for reading in self.readings if reading.point == point]

    def doubted_values(self, point: str) -> list[object]:
        return [reading.value for reading in self.doubted if reading.point == point]

    def qualities(self, point: str) -> list[Quality]:
        return [reading.quality for reading in self.readings if reading.point == point]

    def driver(self, broker: Broker, *devices: Device) -> MqttDriver:
        return self.driver_to(connection(broker), *devices)

    def driver_as(self, client_id: str, broker: Broker, *devices: Device) -> MqttDriver:
        """With a session of its own."""
        return self.driver_to(replace(connection(broker), client_id=client_id), *devices)

    def driver_to(self, connection: MqttBroker, *devices: Device) -> MqttDriver:
        return MqttDriver(connection, devices, gateway_clock(), self.dead_letters)


@asynccontextmanager
async def running(driver: MqttDriver, sink: Sink) -> AsyncIterator[None]:
    """The driver in a task; cancelled at the end, as a supervisor does."""
    task = asyncio.create_task(driver.run(sink))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Publisher:
    """The device's side: QoS 1, and `publish` returns when the broker has taken the message."""

    def __init__(self, broker: Broker, ca: Path | None) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if ca is not None:
            self._client.tls_set(str(ca))
        self._client.max_inflight_messages_set(0)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    async def publish(self, topic: str, *payloads: str | bytes, retain: bool = False) -> None:
        await asyncio.to_thread(self._publish_blocking, topic, payloads, retain)

    def _publish_blocking(self, topic: str, payloads: Sequence[str | bytes], retain: bool) -> None:
        sent = [self._client.publish(topic, said, qos=1, retain=retain) for said in payloads]
        sent[-1].wait_for_publish(WITHIN_S)

    def publish_at_qos_0(self, topic: str, payload: str) -> None:
        """Nobody confirms anything."""
        self._client.publish(topic, payload, qos=0)

    async def close(self) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        del self._client  # paho closes its wake-up sockets when it is collected


@asynccontextmanager
async def publisher(broker: Broker, ca: Path | None = None) -> AsyncIterator[Publisher]:
    """With `ca`, over TLS."""
    devices_side = Publisher(broker, ca)
    try:
        yield devices_side
    finally:
        await devices_side.close()


async def subscribed(broker: Broker, gateway: Gateway, *devices: Device) -> None:
    """Runs a driver once, so that the broker keeps messages for the gateway's session from here
    on. They are known to be subscribed when the last device's retained message has arrived."""
    last = door(0)
    async with publisher(broker) as side:
        await side.publish("estate/door-0/state", '{"id":"0","count":0}', retain=True)
    async with running(gateway.driver(broker, *devices, last), gateway.sink):
        await gateway.until_said("door-0/count", 0.0)
    gateway.readings.clear()
