"""A family that needs news asks for it: Sparkplug B through a real broker."""

import asyncio
from contextlib import ExitStack

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from drivers.mqtt.profiles.sparkplug.payload import decoded
from gateway.model.point import Point, PointKind
from gateway.site.model import Device, MqttAddress
from tests.captures import captured
from tests.drivers.mqtt.estate import (
    NAME,
    WITHIN_S,
    Gateway,
    publisher,
    running,
    subscribed,
)
from tests.servers import Broker

DAY = [(topic, bytes.fromhex(said.decode())) for topic, said in captured("sparkplug-b/day")]
DOOR = Device(
    "door",
    "door",
    NAME,
    NAME,
    "broker",
    MqttAddress("sparkplug-b", "estate/hut/door", {"contact": "Door/Contact"}),
    (Point("door/contact", PointKind.STATE, NAME, states=("closed", "open")),),
)


async def test_an_edge_node_nobody_knows_is_asked_to_be_born_anew(broker: Broker) -> None:
    gateway = Gateway()
    await subscribed(broker, gateway, DOOR)
    with ExitStack() as node:
        asked = await _commands(broker, node)
        async with publisher(broker) as side, running(gateway.driver(broker, DOOR), gateway.sink):
            await side.publish(*DAY[3])
            await gateway.until(lambda: bool(gateway.letters))
            topic, payload = await asyncio.wait_for(asked.get(), WITHIN_S)
            for said in DAY[:4]:
                await side.publish(*said)
            await gateway.until_said("door/contact", "open")
    assert (topic, decoded(payload).metrics[0].value) == ("spBv1.0/estate/NCMD/hut", True)
    assert [reason for _, reason, _ in gateway.letters] == ["no-birth"]
    assert gateway.values("door/contact") == ["closed", "open"]


async def test_an_edge_node_that_says_nothing_is_asked_as_soon_as_the_gateway_is_there(
    broker: Broker,
) -> None:
    gateway = Gateway()
    await subscribed(broker, gateway, DOOR)
    with ExitStack() as node:
        asked = await _commands(broker, node)
        async with publisher(broker) as side, running(gateway.driver(broker, DOOR), gateway.sink):
            await asyncio.wait_for(asked.get(), WITHIN_S)
            for said in DAY[:3]:
                await side.publish(*said)
            await gateway.until_said("door/contact", "closed")
    assert gateway.letters == []


async def _commands(broker: Broker, stack: ExitStack) -> asyncio.Queue[tuple[str, bytes]]:
    """What the edge node is told from here on."""
    told: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
    loop, listening = asyncio.get_running_loop(), asyncio.Event()

    def tell(_client: object, _data: object, message: paho.MQTTMessage) -> None:
        loop.call_soon_threadsafe(told.put_nowait, (message.topic, bytes(message.payload)))

    def heard(*_: object) -> None:
        loop.call_soon_threadsafe(listening.set)

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = tell
    client.on_subscribe = heard
    client.connect(broker.host, broker.port)
    client.subscribe("spBv1.0/estate/NCMD/hut", 1)
    client.loop_start()
    stack.callback(client.loop_stop)
    stack.callback(client.disconnect)
    await asyncio.wait_for(listening.wait(), WITHIN_S)
    return told
