"""Gatehouse's own JSON: what a device made for this gateway speaks.

`<topic>/state`   {"id": "4711", "at": "2026-03-01T08:30:00.250000Z", "contact": "open"}
`<topic>/status`  online | offline, retained; `offline` is the device's last will

`id` names the message (1 to 64 characters). One of 16 characters or more is given to no other
message, ever: a UUID, or a number drawn at each boot and a counter. `at` is the device's clock (RFC
3339), left out by a device that has none. Every other key is a point of the device: one of its
states, a number in its unit, or an object for an event.

`<topic>/command` {"id": "…", "action": "open", "expires_at": "2026-03-01T08:30:09Z", …}

is what the gateway asks for, its parameters beside it. A device does nothing at or after
`expires_at`, nor for an `id` it has seen, nor for a retained message.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from drivers.mqtt.profiles.json_message import (
    UNIQUE_ID,
    checked_event,
    checked_id,
    checked_number,
    decoded_object,
    rfc3339,
)
from drivers.mqtt.profiles.order import Order, Orders
from drivers.mqtt.profiles.parser import Parser, Reason, presence, quality
from gateway.errors import Malformed
from gateway.model.clock import Micros, to_datetime
from gateway.model.command import Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Delivery, Quality, Reading, Value, message_number, reading
from gateway.site.model import Device

Read = Callable[[object], Value]
"""What JSON says of a point → its value, None for a number no working sensor of it can say. Raises
Malformed."""


def routes(device: Device, topic: str) -> Mapping[str, Parser]:
    """Every kind of device and point speaks this."""
    return {f"{topic}/state": _state(device), f"{topic}/status": presence(device)}


def orders(device: Device, topic: str) -> Orders:
    """Every command of its kind."""

    def order(command: Command) -> Order:
        said = {
            **command.parameters,
            "id": command.id,
            "action": command.action,
            "expires_at": to_datetime(command.expires_at),
        }
        return Order(f"{topic}/command", msgspec.json.encode(said))

    return dict.fromkeys(device.commands, order)


def _state(device: Device) -> Parser:
    ids = {point.id.rpartition("/")[2]: point.id for point in device.told}
    reads = {name: _READS[point.kind](point) for name, point in zip(ids, device.told, strict=True)}

    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = decoded_object(device.id, payload)
        id_ = checked_id(device.id, said.pop("id", None))
        once = len(id_) >= UNIQUE_ID or "at" in said
        told_at = _taken_at(device, said.pop("at", None), received_at)
        # A broker's memory is news of now, and doubtful: at the device's instant a history has the
        # device's own word, which nothing may replace.
        taken_at = received_at if retained else told_at
        if not said:
            raise Malformed(device.id, Reason.NO_VALUES)
        if not said.keys() <= ids.keys():
            raise Malformed(device.id, Reason.UNKNOWN_KEY)
        known = quality(retained)
        delivery = None
        if once and not retained and taken_at == received_at:
            delivery = Delivery(message_number(device.id.encode(), payload), again=False)
        readings = []
        for name, word in said.items():
            value = reads[name](word)
            trust = Quality.BAD if value is None else known
            readings.append(reading(ids[name], value, taken_at, received_at, trust, None, delivery))
        return readings

    return parse


def _taken_at(device: Device, said: object, received_at: Micros) -> Micros:
    """The gateway's time where the device has none."""
    return received_at if said is None else rfc3339(device.id, said, received_at)


def _state_of(point: Point) -> Read:
    def read(said: object) -> str:
        if not isinstance(said, str):
            raise Malformed(point.id, Reason.WRONG_TYPE)
        return said if said in point.states else UNKNOWN_STATE

    return read


def _text_of(point: Point) -> Read:
    def read(said: object) -> str:
        if not isinstance(said, str) or not said.isprintable():
            raise Malformed(point.id, Reason.WRONG_TYPE)
        return said

    return read


_READS: Mapping[PointKind, Callable[[Point], Read]] = {
    PointKind.STATE: _state_of,
    PointKind.TEXT: _text_of,
    PointKind.NUMBER: lambda point: partial(checked_number, point),
    PointKind.EVENT: lambda point: partial(checked_event, point.id),
}
