"""Firmware families: which topics a device speaks and hears on, and its words for both.

A family is one module with `routes(device, topic)` and, where its devices can be commanded,
`orders(device, topic)`: pure, and the only place that knows the family's words. It is entered in
`PROFILES` under the name site files use. A family that is none of these has a mapping in the site
file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from drivers.mqtt.profiles import (
    esp_rfid,
    esphome,
    frigate,
    gatehouse_json,
    home_assistant,
    mapped,
    shelly_gen2,
    sparkplug_b,
    tasmota,
    zigbee2mqtt,
)
from drivers.mqtt.profiles.entities import Entity
from drivers.mqtt.profiles.hearing import Hearing
from drivers.mqtt.profiles.order import Orders
from drivers.mqtt.profiles.parser import Parser
from gateway.errors import BadConfig
from gateway.site.mapping_model import DeviceMapping
from gateway.site.model import Device, MqttAddress


def _none(_device: Device, _topic: str) -> Orders:
    return {}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a family says and hears. Both take the device and its topic prefix, and raise BadConfig
    when the device has points, or names entities, that this family cannot speak of."""

    routes: Callable[[Device, str], Mapping[str, Parser]]
    """The topics to subscribe to, each with the parser of its messages."""
    shared: bool = False
    """Whether devices of this family read the same topics, each taking what is its own."""
    remembers: bool = False
    """Whether what a message means depends on those before it: all of them must be heard."""
    orders: Callable[[Device, str], Orders] = _none
    """How each action is said to the device."""
    hears: Callable[[Sequence[Device]], Hearing] | None = None
    """What is heard of all its devices together, beside their routes."""
    measured: Callable[[Device], Sequence[Entity]] | None = None
    """By which entities of its node a device's points are measured: several devices may be parts of
    one node, each with entities of its own."""


class _Node(Protocol):
    """A module of a family whose firmware names its own entities."""

    def routes(self, device: Device, topic: str, /) -> Mapping[str, Parser]: ...
    def orders(self, device: Device, topic: str, /) -> Orders: ...
    def measured(self, device: Device, /) -> Sequence[Entity]: ...


def _node(family: _Node) -> Profile:
    return Profile(family.routes, shared=True, orders=family.orders, measured=family.measured)


PROFILES: Mapping[str, Profile] = {
    **{
        name: Profile(
            partial(esp_rfid.routes, firmware=firmware),
            remembers=True,
            orders=partial(esp_rfid.orders, firmware=firmware),
        )
        for name, firmware in (("esp-rfid", esp_rfid.NEW), ("esp-rfid-1", esp_rfid.OLD))
    },
    "esphome": _node(esphome),
    "frigate": Profile(frigate.routes, shared=True, remembers=True),
    "gatehouse-json": Profile(gatehouse_json.routes, orders=gatehouse_json.orders),
    "home-assistant": Profile(home_assistant.routes),
    "shelly-gen2": _node(shelly_gen2),
    "sparkplug-b": Profile(
        sparkplug_b.routes,
        remembers=True,
        orders=sparkplug_b.orders,
        hears=sparkplug_b.hears,
        measured=sparkplug_b.commanded,
    ),
    "tasmota": _node(tasmota),
    "zigbee2mqtt": _node(zigbee2mqtt),
}


def routes(device: Device) -> Mapping[str, Parser]:
    """The device's topics and their parsers, by the profile its address names."""
    profile, topic = _profile(device)
    return profile.routes(device, topic)


def shares_topics(device: Device) -> bool:
    """Whether other devices may read the same topics."""
    return _profile(device)[0].shared


def must_hear_all(device: Device) -> bool:
    """Whether a message that somebody else is given would be missed."""
    return _profile(device)[0].remembers


def orders(device: Device) -> Orders:
    """What the device can be asked for, and how, by the profile its address names."""
    profile, topic = _profile(device)
    return profile.orders(device, topic)


def measured(device: Device) -> Sequence[Entity]:
    """The entities of its node that measure the device's points, where its family names any."""
    found = _profile(device)[0].measured
    return () if found is None else found(device)


def hearings(devices: Sequence[Device]) -> list[Hearing]:
    """What must be heard of several of these devices together, family by family."""
    by_family: dict[str, list[Device]] = {}
    for device in devices:
        if _profile(device)[0].hears is not None and isinstance(device.address, MqttAddress):
            by_family.setdefault(device.address.profile, []).append(device)
    return [
        hears(known)
        for name, known in by_family.items()
        if (hears := PROFILES[name].hears) is not None
    ]


def _profile(device: Device) -> tuple[Profile, str]:
    address = device.address
    if not isinstance(address, MqttAddress):
        raise BadConfig(device.id, "is not an MQTT device", "give it a topic and a profile")
    if address.mapping is not None:
        return _mapped(address.mapping), address.topic
    profile = PROFILES.get(address.profile)
    if profile is None:
        known = ", ".join(sorted(PROFILES))
        raise BadConfig(device.id, f"unknown MQTT profile {address.profile}", f"use one of {known}")
    return profile, address.topic


def _mapped(mapping: DeviceMapping) -> Profile:
    return Profile(
        partial(mapped.routes, mapping=mapping), orders=partial(mapped.orders, mapping=mapping)
    )
