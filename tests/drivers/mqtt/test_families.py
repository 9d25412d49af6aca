"""Each firmware family from its simulated device through mosquitto to readings."""

import pytest

from gateway.model.clock import gateway_clock
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality
from gateway.site.model import Device, MqttAddress
from simulators.door import Door
from simulators.mqtt_devices import Fault, MqttDevice, MqttDevices
from simulators.styles import Style
from tests.drivers.mqtt.estate import NAME, Gateway, running, subscribed
from tests.servers import Broker


def door(style: Style) -> Device:
    """A door on topic `estate/it` that only has a contact."""
    contact = Point("it/contact", PointKind.STATE, NAME, states=("closed", "open"))
    address = MqttAddress(style.value, "estate/it")
    return Device("it", "door", NAME, NAME, "broker", address, (contact,))


@pytest.mark.parametrize("style", Style)
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


@pytest.mark.parametrize("style", Style)
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


@pytest.mark.parametrize("style", Style)
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
