"""Each firmware family from its simulated device through mosquitto to readings."""

import asyncio
from collections.abc import Mapping

import pytest

from gateway.model.actor import Actor
from gateway.model.clock import SECOND, Micros, gateway_clock
from gateway.model.command import Action, Command
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality
from gateway.site.mapping_model import (
    DeviceMapping,
    MappedOrder,
    MappedPoint,
    MappedPresence,
    UnixUnit,
)
from gateway.site.model import Confirmation, Device, MqttAddress
from simulators.door import Door
from simulators.mqtt_devices import Fault, MqttDevice, MqttDevices
from simulators.styles import Style
from tests.drivers.mqtt.estate import NAME, Gateway, running, subscribed
from tests.drivers.mqtt.listener import listener
from tests.servers import Broker

DOORS = [style for style in Style if style is not Style.FRIGATE]
MAPPING = DeviceMapping(
    {
        "contact": MappedPoint(
            "status",
            ("door", "leaf"),
            {"0": "closed", "1": "open"},
            id=("uuid",),
            at=("t",),
            at_unit=UnixUnit.MILLISECONDS,
        )
    },
    MappedPresence("lwt", "up", "down"),
)


def door(style: Style) -> Device:
    """A door on topic `estate/it` that only has a contact."""
    contact = Point("it/contact", PointKind.STATE, NAME, states=("closed", "open"))
    mapping = MAPPING if style is Style.MAPPED else None
    address = MqttAddress(style.value, "estate/it", mapping=mapping)
    return Device("it", "door", NAME, NAME, "broker", address, (contact,))


@pytest.mark.parametrize("style", DOORS)
async def test_a_family_is_understood_and_its_power_cut_is_seen(
    broker: Broker, style: Style
) -> None:
    gateway, clock, behaviour = Gateway(), gateway_clock(), Door()
    device = MqttDevice("estate/it", style, behaviour)
    await subscribed(broker, gateway, door(style))
    async with (
        running(gateway.driver(broker, door(style)), gateway.sink),
        MqttDevices(broker.host, broker.port, [device], clock),
    ):
        await gateway.until_said("it/contact", "closed")
        behaviour.open_at(clock())
        await gateway.until_said("it/contact", "open")
        device.fault = Fault.OFFLINE
        await gateway.until(lambda: Quality.OFFLINE in gateway.qualities("it/contact"))
    assert gateway.letters == []


@pytest.mark.parametrize("style", DOORS)
async def test_half_a_message_is_a_dead_letter_or_unknown_never_closed(
    broker: Broker, style: Style
) -> None:
    gateway = Gateway()
    device = MqttDevice("estate/it", style, Door(), Fault.MALFORMED)
    await subscribed(broker, gateway, door(style))
    async with (
        running(gateway.driver(broker, door(style)), gateway.sink),
        MqttDevices(broker.host, broker.port, [device], gateway_clock()),
    ):
        await gateway.until(lambda: bool(gateway.letters))
    assert "closed" not in gateway.values("it/contact")


@pytest.mark.parametrize("style", DOORS)
async def test_what_the_broker_remembers_is_stale(broker: Broker, style: Style) -> None:
    gateway = Gateway()
    device = MqttDevice("estate/it", style, Door(), Fault.RETAINING)
    await subscribed(broker, gateway, door(style))
    async with (
        running(gateway.driver(broker, door(style)), gateway.sink),
        MqttDevices(broker.host, broker.port, [device], gateway_clock()),
    ):
        await gateway.until_said("it/contact", "closed")
    later = Gateway()
    driver = later.driver_as("another", broker, door(style))
    async with running(driver, later.sink):
        await later.until_said("it/contact", "closed")
    (remembered,) = [reading for reading in later.readings if reading.value == "closed"]
    assert remembered.quality is Quality.STALE


class Lane:
    """A zone in a camera's picture, and the plate of what stands there."""

    def __init__(self) -> None:
        self.told = {"line": "normal", "plate": ""}

    def step(self, _now: Micros) -> Mapping[str, str]:
        return dict(self.told)


async def test_frigate_tells_a_line_and_a_plate_to_each_camera_its_own(broker: Broker) -> None:
    gateway, lane = Gateway(), Lane()
    mine, other = camera("it"), camera("other")
    simulated = MqttDevice("estate/it", Style.FRIGATE, lane)
    await subscribed(broker, gateway, mine, other)
    async with (
        running(gateway.driver(broker, mine, other), gateway.sink),
        MqttDevices(broker.host, broker.port, [simulated], gateway_clock()),
    ):
        await gateway.until_said("it/line", "normal")
        lane.told = {"line": "alarm", "plate": "沪A12345"}
        await gateway.until_said("it/line", "alarm")
        await gateway.until(lambda: bool(gateway.values("it/plate")))
        simulated.fault = Fault.OFFLINE
        await gateway.until(lambda: Quality.OFFLINE in gateway.qualities("it/line"))
    (plate,) = [value for value in gateway.values("it/plate") if isinstance(value, Mapping)]
    assert (plate["plate"], plate["confidence"], plate["direction"]) == ("沪A12345", 0.93, "in")
    assert [value for value in gateway.values("other/plate") if value] == []


def camera(name: str) -> Device:
    """One that sees the zone `yard` and the plates of those who drive in."""
    line = Point(f"{name}/line", PointKind.STATE, NAME, states=("normal", "alarm"))
    plate = Point(f"{name}/plate", PointKind.EVENT, NAME)
    address = MqttAddress("frigate", f"estate/{name}", {"line": "yard", "plate": "in"})
    return Device(name, "barrier", NAME, NAME, "broker", address, (line, plate))


ORDERS = {Action.OPEN: MappedOrder("set", '{"open":"{id}"}')}
LOCK = MappedPoint("lock", None, {"L": "locked", "U": "unlocked"})
ACME = MqttAddress("acme", "estate/it", mapping=DeviceMapping({"lock": LOCK}, None, ORDERS))
RFID = MqttAddress("esp-rfid", "estate/it", {"lock": "10.0.0.7"})


@pytest.mark.parametrize(
    ("address", "topic", "payload"),
    [
        (ACME, "estate/it/set", b'{"open":"c-1"}'),
        (RFID, "estate/it/cmd", b'{"cmd":"opendoor","doorip":"10.0.0.7"}'),
    ],
)
async def test_an_order_reaches_its_device_and_is_not_retained(
    broker: Broker, address: MqttAddress, topic: str, payload: bytes
) -> None:
    lock = Point("it/lock", PointKind.STATE, NAME, states=("locked", "unlocked"))
    shows = Confirmation(lock.id, frozenset({"unlocked"}), 5 * SECOND)
    asked = {Action.OPEN: shows}
    it = Device("it", "door", NAME, NAME, "broker", address, (lock,), commands=asked)
    now, connected = gateway_clock()(), asyncio.Event()
    command = Command("c-1", "it", Action.OPEN, Actor("li"), "guest", now, now + 10 * SECOND)

    async def sink(_readings: object) -> None:
        connected.set()

    driver = Gateway().driver(broker, it)
    async with listener(broker) as device, running(driver, sink):
        await connected.wait()
        await driver.send(command)
        await device.until_heard(payload)
    assert [(heard.topic, heard.retain) for heard in device.heard] == [(topic, False)]
