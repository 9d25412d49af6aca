"""Firmware families: which topics a device speaks on, and a strict parser for each.

A family is one module with `routes(device, topic)`: pure, and the only place that knows the
family's words. It is entered in `PROFILES` under the name site files use.
"""

from collections.abc import Callable, Mapping

from drivers.mqtt.profiles import gatehouse_json, home_assistant
from drivers.mqtt.profiles.parser import Parser
from gateway.errors import BadConfig
from gateway.site.model import Device, MqttAddress

Routes = Callable[[Device, str], Mapping[str, Parser]]
"""Device and its topic prefix → the topics to subscribe to, each with the parser of its messages.
Raises BadConfig when the device has no points this family can speak of."""

PROFILES: Mapping[str, Routes] = {
    "gatehouse-json": gatehouse_json.routes,
    "home-assistant": home_assistant.routes,
}


def routes(device: Device) -> Mapping[str, Parser]:
    """The device's topics and their parsers, by the profile its address names."""
    address = device.address
    if not isinstance(address, MqttAddress):
        raise BadConfig(device.id, "is not an MQTT device", "give it a topic and a profile")
    profile = PROFILES.get(address.profile)
    if profile is None:
        known = ", ".join(sorted(PROFILES))
        raise BadConfig(device.id, f"unknown MQTT profile {address.profile}", f"use one of {known}")
    return profile(device, address.topic)
