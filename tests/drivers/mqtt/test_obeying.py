"""Each firmware family's simulated device does through mosquitto what it is asked, and says so."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.model.actor import Actor
from gateway.model.clock import SECOND, Micros, gateway_clock
from gateway.model.command import LASTS_AT_MOST, Action, Command
from gateway.model.point import Point, PointKind
from gateway.site.model import Confirmation, Device, MqttAddress
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.styles import SPEECHES, Style
from tests.blocking import excused
from tests.drivers.mqtt.estate import NAME, WITHIN_S, Gateway, running, subscribed
from tests.servers import Broker


class Obedient:
    """What a device measures that does at once what it is asked."""

    def __init__(self, **values: object) -> None:
        self.values = dict(values)

    def step(self, _now: Micros) -> Mapping[str, object]:
        return dict(self.values)


@asynccontextmanager
async def obeying(broker: Broker, style: Style, behaviour: Obedient) -> AsyncIterator[None]:
    """The device's ear, apart from the simulator's mouth."""
    hears = SPEECHES[style].hears("estate/it")
    listening = asyncio.Event()
    loop = asyncio.get_running_loop()
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in hears])

    def subscribed_to(*_: object) -> None:
        loop.call_soon_threadsafe(listening.set)

    client.on_subscribe = subscribed_to
    client.on_message = lambda _client, _data, said: behaviour.values.update(
        {
            name: value
            for name, value in hears[said.topic](bytes(said.payload)).items()
            if name in behaviour.values
        }
    )
    client.connect_async(broker.host, broker.port)
    with excused():
        client.loop_start()
    try:
        await asyncio.wait_for(listening.wait(), WITHIN_S)
        yield
    finally:
        with excused():
            client.disconnect()
            client.loop_stop()
        del client  # paho closes its wake-up sockets when it is collected


def asked(action: Action) -> Command:
    now = gateway_clock()()
    return Command("c-1", "it", action, Actor("li"), "delivery", now, now + LASTS_AT_MOST)


def commanded(style: Style, point: str, states: tuple[str, ...], *actions: Action) -> Device:
    """A device on topic `estate/it` with that point alone, which confirms those actions."""
    measured = Point(f"it/{point}", PointKind.STATE, NAME, states=states)
    confirmed = Confirmation(measured.id, frozenset(states), 5 * SECOND)
    return Device(
        id="it",
        kind="any",
        name=NAME,
        place=NAME,
        connection="broker",
        address=MqttAddress(style.value, "estate/it"),
        points=(measured,),
        commands=dict.fromkeys(actions, confirmed),
    )


COMMANDED = [style for style in Style if SPEECHES[style].hears("estate/it")]


@pytest.mark.parametrize("style", COMMANDED)
@pytest.mark.parametrize(
    ("point", "states", "asks"),
    [
        (
            "lock",
            ("locked", "unlocked"),
            [(Action.UNLOCK, "unlocked"), (Action.LOCK, "locked")],
        ),
        (
            "position",
            ("closed", "opening", "open", "closing", "stopped"),
            [(Action.OPEN, "open"), (Action.CLOSE, "closed")],
        ),
        ("state", ("off", "on"), [(Action.SWITCH_ON, "on"), (Action.SWITCH_OFF, "off")]),
    ],
)
async def test_a_family_does_what_it_is_asked_and_says_so(
    broker: Broker,
    style: Style,
    point: str,
    states: tuple[str, ...],
    asks: list[tuple[Action, str]],
) -> None:
    gateway, behaviour = Gateway(), Obedient(**{point: states[0]})
    it = commanded(style, point, states, *(action for action, _ in asks))
    simulated = MqttDevice("estate/it", style, behaviour)
    await subscribed(broker, gateway, it)
    driver = gateway.driver(broker, it)
    async with (
        running(driver, gateway.sink),
        obeying(broker, style, behaviour),
        MqttDevices(broker.host, broker.port, [simulated], gateway_clock()),
    ):
        await gateway.until_said(f"it/{point}", states[0])
        for action, expected in asks:
            gateway.readings.clear()
            await driver.send(asked(action))
            await gateway.until_said(f"it/{point}", expected)
    assert gateway.letters == []
