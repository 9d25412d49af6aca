"""Simulated devices behind an MQTT broker, each with a connection and a last will of its own, and
with faults that can be switched on while they run.

Messages are written here, apart from the gateway's own parsers: a mistake in one does not hide in
the other. MQTT 3.1.1, which is what most such devices speak.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Protocol, Self, runtime_checkable

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.errors import BadConfig
from gateway.model.clock import SECOND, Clock, Micros
from simulators.orders import Obedient, Orders, actions
from simulators.styles import SPEECHES, Style
from simulators.styles.speech import Entities, Speech

HEARTBEAT: Final[Micros] = 20 * SECOND
"""The longest a device is silent while nothing changes."""
STEP_S: Final = 0.05
"""How often behaviour is looked at: a change is published this soon."""


class Behaviour(Protocol):
    """What a device measures, apart from how it says so."""

    def step(self, now: Micros) -> Mapping[str, object]:
        """The value of each point at `now`, by the point's name."""


@runtime_checkable
class Eventful(Protocol):
    """A behaviour that tells more than states."""

    def happened(self, now: Micros) -> Sequence[Mapping[str, object]]:
        """What has happened since it was asked last, oldest first, each by its point's name."""


class Fault(Enum):
    """What can be wrong with a device."""

    SILENT = auto()
    """Connected, but says nothing."""
    MALFORMED = auto()
    """Sends the beginning of a message only."""
    RETAINING = auto()
    """Has its state retained, as many firmwares do: who subscribes later is told an old state."""
    DUPLICATING = auto()
    """Sends each message twice."""
    OFFLINE = auto()
    """Its power is cut: the broker publishes its last will."""


@dataclass(slots=True)
class MqttDevice:
    """One device; `topic` is its own prefix. `fault` may be set at any time. BadConfig when its
    style gives entities no names of their own, and some are given."""

    topic: str
    style: Style
    behaviour: Behaviour
    fault: Fault | None = None
    entities: Entities = field(default_factory=dict)

    @property
    def speech(self) -> Speech:
        """How it speaks."""
        usual = SPEECHES[self.style]
        if not self.entities:
            return usual
        if usual.named is None:
            remedy = "leave entities out"
            raise BadConfig(self.topic, f"{self.style} gives no names of its own here", remedy)
        return usual.named(self.entities)


class MqttDevices:
    """`async with MqttDevices(host, port, devices, clock)`: connects every device and publishes
    its changes and heartbeats until the block ends; then each says that it is offline.

    A broker that is not there, or goes, is tried again every second.
    """

    def __init__(self, host: str, port: int, devices: Sequence[MqttDevice], clock: Clock) -> None:
        self._connections = [_Connection(host, port, device) for device in devices]
        self._clock = clock
        self._steps: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._steps = asyncio.create_task(self._run(), name="simulated MQTT devices")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._steps is not None
        self._steps.cancel()
        await asyncio.wait([self._steps])
        await asyncio.gather(*(connection.leave() for connection in self._connections))
        if not self._steps.cancelled():
            self._steps.result()

    async def _run(self) -> None:
        while True:
            now = self._clock()
            for connection in self._connections:
                connection.step(now)
            await asyncio.sleep(STEP_S)


class _Connection:
    """One device's connection. paho's network thread connects, sends and tries again; all else is
    done in the event loop."""

    def __init__(self, host: str, port: int, device: MqttDevice) -> None:
        self._host = host
        self._port = port
        self._device = device
        self._speech = device.speech
        self._hears = self._speech.hears(device.topic)
        self._presence = self._speech.presence(device.topic)
        self._client: paho.Client | None = None
        self._ending: asyncio.Task[None] | None = None
        self._said: tuple[Mapping[str, object], Fault | None] | None = None
        self._said_at: Micros = 0
        self._count = 0
        self._orders = Orders()
        self._heard: deque[paho.MQTTMessage] = deque()

    def step(self, now: Micros) -> None:
        """Publishes what is new or due, or does what the device's fault makes it do."""
        if self._device.fault is Fault.OFFLINE:
            self._cut_power()
            return
        if self._ending is not None and not self._ending.done():
            return
        if self._client is None:
            self._client = self._power_on()
        if not self._client.is_connected():
            self._said = None
            return
        if self._said is None:
            self._appear()
        self._obey(now)
        if isinstance(self._device.behaviour, Eventful):
            for event in self._device.behaviour.happened(now):
                self._say(event, now)
        says = (self._device.behaviour.step(now), self._device.fault)
        if says != self._said or now - self._said_at >= HEARTBEAT:
            self._said, self._said_at = says, now
            self._say(says[0], now)

    def _appear(self) -> None:
        if self._presence.here is not None:
            self._publish(self._presence.topic, self._presence.here, retain=True)

    def _obey(self, now: Micros) -> None:
        """What came since the last step; a device that says nothing does nothing either."""
        behaviour = self._device.behaviour
        while self._heard:
            message = self._heard.popleft()
            if not isinstance(behaviour, Obedient) or self._device.fault:
                continue
            obeying = self._hears.get(message.topic)
            if obeying is not None:
                for action in actions(obeying, bytes(message.payload)):
                    behaviour.obey(action, {}, now)
            elif ordered := self._orders.take(bytes(message.payload), message.retain, now):
                behaviour.obey(ordered.action, ordered.parameters, now)

    async def leave(self) -> None:
        """An orderly end: the broker then drops the will, so its words are said beforehand."""
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(self._say_goodbye, client)
        if self._ending is not None:
            await self._ending

    def _say_goodbye(self, client: paho.Client) -> None:
        """Blocks: paho's own thread may hold what this wants."""
        if client.is_connected():
            client.publish(self._presence.topic, self._presence.gone, qos=1, retain=True)
        client.disconnect()
        _end(client)

    def _cut_power(self) -> None:
        """No goodbye: the broker finds the connection broken and publishes the will."""
        if self._client is None:
            return
        client, self._client, self._said = self._client, None, None
        sock = client.socket()
        if isinstance(sock, socket.socket):
            with suppress(OSError):  # broken already
                sock.shutdown(socket.SHUT_RDWR)
        self._ending = asyncio.create_task(asyncio.to_thread(_end, client))

    def _power_on(self) -> paho.Client:
        device = self._device
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=device.topic.replace("/", "-"),
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        client.will_set(self._presence.topic, self._presence.gone, qos=1, retain=True)
        client.reconnect_delay_set(1, 1)
        commanded = [*self._hears]
        if self._speech.commanded_at is not None:
            commanded.append(self._speech.commanded_at(device.topic))
        if commanded and isinstance(device.behaviour, Obedient):
            commands = [(topic, 1) for topic in commanded]
            client.on_connect = lambda client, *_: client.subscribe(commands)
            client.on_message = lambda _client, _data, message: self._heard.append(message)
        client.connect_async(self._host, self._port, keepalive=10)
        client.loop_start()
        return client

    def _say(self, values: Mapping[str, object], now: Micros) -> None:
        fault = self._device.fault
        if fault is Fault.SILENT:
            return
        self._count += 1
        for said in self._speech.says(self._device.topic, values, f"{now}-{self._count}", now):
            payload = said.payload
            if fault is Fault.MALFORMED:
                payload = payload[: len(payload) // 2] + b"\xff"
            for _ in range(2 if fault is Fault.DUPLICATING else 1):
                self._publish(said.topic, payload, retain=said.retain or fault is Fault.RETAINING)

    def _publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        assert self._client is not None
        self._client.publish(topic, payload, qos=1, retain=retain)


def _end(client: paho.Client) -> None:
    """Waits for its network thread, a second at most, and closes what that left open. Blocks."""
    client.loop_stop()
    sock = client.socket()
    if sock is not None:
        sock.close()
