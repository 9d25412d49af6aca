"""A device that listens for orders, with a session the broker keeps while it is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.drivers.mqtt.estate import WITHIN_S
from tests.servers import Broker


class Listener:
    """Subscribed at QoS 1 to everything below `estate/`."""

    def __init__(self) -> None:
        self.heard: list[paho.MQTTMessage] = []
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, "the-door", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.on_connect = lambda client, *_: client.subscribe("estate/#", qos=1)
        self._client.on_subscribe = lambda *_: self._tell(self._subscribed)
        self._client.on_message = self._hear

    async def start(self, broker: Broker) -> None:
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's gap
        kept.SessionExpiryInterval = 3600
        self._client.connect(broker.host, broker.port, clean_start=False, properties=kept)
        self._client.loop_start()
        await asyncio.wait_for(self._subscribed.wait(), WITHIN_S)

    async def until_heard(self, *payloads: bytes) -> None:
        """All that was heard is this, in this order."""
        async with asyncio.timeout(WITHIN_S):
            while len(self.heard) < len(payloads):
                self._news.clear()
                await self._news.wait()
        assert [message.payload for message in self.heard] == [*payloads]

    async def close(self) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        del self._client

    def _hear(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self.heard.append(message)
        self._tell(self._news)

    def _tell(self, event: asyncio.Event) -> None:
        self._loop.call_soon_threadsafe(event.set)


@asynccontextmanager
async def listener(broker: Broker) -> AsyncIterator[Listener]:
    """There until the end, and then away: its session stays."""
    there = Listener()
    await there.start(broker)
    try:
        yield there
    finally:
        await there.close()
