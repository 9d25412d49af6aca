"""Zigbee2MQTT: what its bridge says of Zigbee devices. A device's `topic` is `BASE/FRIENDLY_NAME`,
BASE without a slash.

`BASE/FRIENDLY_NAME`                JSON: the device's properties; `contact` false is open
`BASE/FRIENDLY_NAME/availability`   {"state": "online" | "offline"}, before 2.0 also the bare word
`BASE/bridge/state`                 the same, of the bridge and so of all its devices; its last will
`BASE/FRIENDLY_NAME/set`            {"state": "ON" | "LOCK" | "OPEN" …}

Entities are the properties' names. Every message carries all the bridge remembers of the device, so
what it says is as old as `last_seen`, where that is switched on; what is over a minute older is
STALE, and so is a lock's state that the message's own `action` contradicts (issues 11713, 22779).
There are no message ids.

Source: Zigbee2MQTT's documentation, MQTT topics and messages, Device availability, MQTT behaviour
(cache_state), devices' pages (contact, tamper, lock); lib/extension/availability.ts.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from drivers.mqtt.profiles.entities import Entity, confirming, entities
from drivers.mqtt.profiles.json_message import (
    FAST_AT_MOST,
    checked_number,
    decoded_object,
    rfc3339_as_told,
    unix_time_as_told,
)
from drivers.mqtt.profiles.order import Order, Orders
from drivers.mqtt.profiles.parser import Parser, Reason, offline, reading, word
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import MILLISECOND, MINUTE, Micros
from gateway.model.command import Action, Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Reading, Value
from gateway.site.model import Device

NEWS: Micros = MINUTE
"""What the bridge heard from the device longer ago is no news."""

_PROPERTY = re.compile(r"[a-z][a-z0-9_]*")
_LOCK = {"locked": "locked", "unlocked": "unlocked"}
_RESTING: Mapping[float, str] = {0: "closed", 100: "open"}
_SAID_TO_LOCK = {Action.LOCK: "LOCK", Action.UNLOCK: "UNLOCK", Action.LOCK_OPEN: "UNLOCK"}
_SAID_TO_COVER = {Action.OPEN: "OPEN", Action.CLOSE: "CLOSE", Action.STOP: "STOP"}


@dataclass(frozen=True, slots=True)
class _Known:
    entity: Entity
    read: Callable[[object], Value]


def routes(device: Device, topic: str) -> Mapping[str, Parser]:
    """For points that a property measures; never for events."""
    known = [_Known(entity, _read(entity)) for entity in measured(device)]
    return {
        topic: _told(device, known),
        f"{topic}/availability": _presence(device),
        f"{_base(device, topic)}/bridge/state": _presence(device),
    }


def orders(device: Device, topic: str) -> Orders:
    """To the property that confirms the command."""
    found = {}
    for action, entity in confirming(device, measured(device)).items():
        said = _said(entity, action)
        if said is not None:
            found[action] = partial(_order, Order(f"{topic}/set", msgspec.json.encode(said)))
    return found


def _order(order: Order, _command: Command) -> Order:
    return order


def _base(device: Device, topic: str) -> str:
    base, _, name = topic.partition("/")
    if not name:
        remedy = "write the base topic and the friendly name, such as zigbee2mqtt/front_door"
        raise BadConfig(device.id, f"topic {topic} names no device of a bridge", remedy)
    return base


def _said(entity: Entity, action: Action) -> Mapping[str, str] | None:
    if entity.name.startswith("lock_state"):
        suffix = entity.name.removeprefix("lock_state")
        return {f"state{suffix}": _SAID_TO_LOCK[action]} if action in _SAID_TO_LOCK else None
    if entity.name.startswith("position"):
        suffix = entity.name.removeprefix("position")
        return {f"state{suffix}": _SAID_TO_COVER[action]} if action in _SAID_TO_COVER else None
    on = entity.relay_for(action) if entity.name.startswith("state") else None
    return None if on is None else {entity.name: "ON" if on else "OFF"}


def measured(device: Device) -> Sequence[Entity]:
    """Its points by what measures them. Raises BadConfig."""
    return entities(device, _default, _PROPERTY, "contact")


def _default(point: Point) -> str:
    name = point.id.rpartition("/")[2].replace("-", "_")
    return {"lock": "lock_state"}.get(name, name)


def _read(entity: Entity) -> Callable[[object], Value]:
    point, name = entity.point, entity.name
    if point.kind is PointKind.EVENT:
        raise entity.unfit("events are not told")
    if point.kind is PointKind.NUMBER:
        return partial(_number, point)
    if name.startswith("lock_state"):
        return partial(_word, point, entity.fitting(_LOCK))
    if name.startswith("position"):
        entity.fitting({"closed": "closed", "open": "open"})
        return partial(_position, point)
    on_off = entity.on_off()
    if re.fullmatch(r"state(_.+)?", name):
        words = {("ON" if on else "OFF"): state for on, state in on_off.items()}
        return partial(_word, point, words)
    if name.startswith("contact"):  # true is shut
        on_off = {not on: state for on, state in on_off.items()}
    return partial(_flag, point, on_off)


def _number(point: Point, said: object) -> float | None:
    return None if said is None else checked_number(point, said)


def _word(point: Point, words: Mapping[str, str], said: object) -> str:
    if not isinstance(said, str | None):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    return UNKNOWN_STATE if said is None else words.get(said, UNKNOWN_STATE)


def _flag(point: Point, states: Mapping[bool, str], said: object) -> str:
    if not isinstance(said, bool | None):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    return UNKNOWN_STATE if said is None else states[said]


def _position(point: Point, said: object) -> str:
    if isinstance(said, bool) or not isinstance(said, int | float | None):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    return UNKNOWN_STATE if said is None else _RESTING.get(said, UNKNOWN_STATE)


def _told(device: Device, known: Sequence[_Known]) -> Parser:
    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = decoded_object(device.id, payload)
        seen = _seen(device, said.get("last_seen"), received_at)
        aged = retained or not -FAST_AT_MOST <= received_at - seen <= NEWS
        return [
            reading(
                each.entity.point,
                each.read(said[each.entity.name]),
                seen,
                received_at,
                aged or _contradicted(each.entity.name, said),
            )
            for each in known
            if each.entity.name in said
        ]

    return parse


def _seen(device: Device, said: object, received_at: Micros) -> Micros:
    """When the device was last heard: text as RFC 3339, or milliseconds since 1970."""
    if said is None:
        return received_at
    if isinstance(said, str):
        return rfc3339_as_told(device.id, said)
    return unix_time_as_told(device.id, said, MILLISECOND)


def _contradicted(name: str, said: Mapping[str, object]) -> bool:
    """Whether somebody just did to the lock what the remembered state does not know of yet."""
    action, state = said.get("action"), said.get(name)
    if not name.startswith("lock_state") or not isinstance(action, str):
        return False
    if action.endswith("unlock"):
        return state == "locked"
    return action.endswith("lock") and state == "unlocked"


def _presence(device: Device) -> Parser:
    def parse(payload: bytes, _retained: bool, received_at: Micros) -> Sequence[Reading]:
        said: object = word(device, payload)
        if payload.startswith(b"{"):
            said = decoded_object(device.id, payload).get("state")
        if said == "online":
            return ()
        if said == "offline":
            return offline(device, received_at)
        raise Malformed(device.id, Reason.UNKNOWN_WORD)

    return parse
