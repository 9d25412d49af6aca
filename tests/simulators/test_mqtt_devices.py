"""Simulated devices on a real broker, as any client sees them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.model.clock import MINUTE, SECOND
from simulators.door import Door
from simulators.mqtt_devices import Fault, MqttDevice, MqttDevices
from simulators.styles import Style
from tests.servers import Broker

START = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z
WITHIN_S = 20.0
STATE, STATUS = "estate/door/state", "estate/door/status"


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


class Watcher:
    """A client that has subscribed to everything."""

    def __init__(self, broker: Broker) -> None:
        self.messages: list[paho.MQTTMessage] = []
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self.subscribed = asyncio.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()

    def said(self, topic: str) -> list[bytes]:
        return [bytes(message.payload) for message in self.messages if message.topic == topic]

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not enough():
                self._changed.clear()
                await self._changed.wait()

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        client.subscribe("#", qos=1)

    def _on_subscribe(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self.subscribed.set)

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._loop.call_soon_threadsafe(self._take, message)

    def _take(self, message: paho.MQTTMessage) -> None:
        self.messages.append(message)
        self._changed.set()


@asynccontextmanager
async def watching(broker: Broker) -> AsyncIterator[Watcher]:
    watcher = Watcher(broker)
    await asyncio.wait_for(watcher.subscribed.wait(), WITHIN_S)
    try:
        yield watcher
    finally:
        watcher.client.disconnect()
        await asyncio.to_thread(watcher.client.loop_stop)
        del watcher.client  # paho closes its wake-up sockets when it is collected


def contacts(payloads: list[bytes]) -> list[str]:
    return [json.loads(payload)["contact"] for payload in payloads]


async def test_a_change_is_published_at_once_and_a_heartbeat_when_nothing_changes(
    broker: Broker,
) -> None:
    door, clock = Door(), HandClock()
    device = MqttDevice("estate/door", Style.GATEHOUSE_JSON, door)
    async with watching(broker) as watcher:
        async with MqttDevices(broker.host, broker.port, [device], clock):
            await watcher.until(lambda: len(watcher.said(STATE)) == 1)
            door.open_at(START)
            await watcher.until(lambda: len(watcher.said(STATE)) == 2)
            clock.now += 20 * SECOND
            await watcher.until(lambda: len(watcher.said(STATE)) == 3)
        await watcher.until(lambda: watcher.said(STATUS) == [b"online", b"offline"])
    assert contacts(watcher.said(STATE)) == ["closed", "open", "open"]
    last = json.loads(watcher.said(STATE)[-1])
    assert datetime.fromisoformat(last["at"]).timestamp() * SECOND == START + 20 * SECOND
    assert len({json.loads(said)["id"] for said in watcher.said(STATE)}) == 3


async def test_the_home_assistant_style_says_on_and_off(broker: Broker) -> None:
    door = Door()
    device = MqttDevice("ha/door", Style.HOME_ASSISTANT, door)
    async with watching(broker) as watcher:
        async with MqttDevices(broker.host, broker.port, [device], HandClock()):
            await watcher.until(lambda: watcher.said("ha/door/state") == [b"OFF"])
            door.open_at(START)
            await watcher.until(lambda: watcher.said("ha/door/state") == [b"OFF", b"ON"])
        assert watcher.said("ha/door/availability")[0] == b"online"


async def test_a_power_cut_leaves_the_will_and_power_brings_the_device_back(
    broker: Broker,
) -> None:
    device = MqttDevice("estate/door", Style.GATEHOUSE_JSON, Door())
    async with watching(broker) as watcher:
        async with MqttDevices(broker.host, broker.port, [device], HandClock()):
            await watcher.until(lambda: len(watcher.said(STATE)) == 1)
            device.fault = Fault.OFFLINE
            await watcher.until(lambda: watcher.said(STATUS) == [b"online", b"offline"])
            device.fault = None
            await watcher.until(lambda: len(watcher.said(STATE)) == 2)
        assert watcher.said(STATUS)[:3] == [b"online", b"offline", b"online"]


async def test_devices_come_back_after_the_brokers_outage(broker: Broker) -> None:
    device = MqttDevice("estate/door", Style.GATEHOUSE_JSON, Door())
    async with MqttDevices(broker.host, broker.port, [device], HandClock()):
        async with watching(broker) as watcher:
            await watcher.until(lambda: len(watcher.said(STATUS)) == 1)
        broker.server.kill()
        broker.server.start()
        async with watching(broker) as watcher:
            await watcher.until(lambda: b"online" in watcher.said(STATUS))


async def test_faults_show_on_the_wire(broker: Broker) -> None:
    door, clock = Door(), HandClock()
    device = MqttDevice("estate/door", Style.GATEHOUSE_JSON, door)
    async with (
        watching(broker) as watcher,
        MqttDevices(broker.host, broker.port, [device], clock),
    ):
        await watcher.until(lambda: len(watcher.said(STATE)) == 1)
        device.fault = Fault.DUPLICATING
        await watcher.until(lambda: len(watcher.said(STATE)) == 3)
        device.fault = Fault.MALFORMED
        await watcher.until(lambda: len(watcher.said(STATE)) == 4)
        device.fault = Fault.RETAINING
        await watcher.until(lambda: len(watcher.said(STATE)) == 5)
    said = watcher.said(STATE)
    assert said[1] == said[2], "the same message twice"
    with pytest.raises(ValueError, match="utf-8"):
        json.loads(said[3])
    async with watching(broker) as later:
        await later.until(lambda: len(later.said(STATE)) == 1)
    assert later.messages[0].retain
    assert later.said(STATE) == said[4:]


async def test_a_silent_device_says_nothing_not_even_a_heartbeat(broker: Broker) -> None:
    clock = HandClock()
    silent = MqttDevice("estate/door", Style.GATEHOUSE_JSON, Door(), Fault.SILENT)
    speaking = MqttDevice("estate/other", Style.GATEHOUSE_JSON, Door())
    async with (
        watching(broker) as watcher,
        MqttDevices(broker.host, broker.port, [silent, speaking], clock),
    ):
        await watcher.until(lambda: watcher.said(STATUS) == [b"online"])
        await watcher.until(lambda: len(watcher.said("estate/other/state")) == 1)
        clock.now += MINUTE
        await watcher.until(lambda: len(watcher.said("estate/other/state")) >= 2)
    assert watcher.said(STATE) == []
