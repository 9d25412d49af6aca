"""Tasmota. A device's `topic` is its Topic, or its FullTopic with `%prefix%` in place: `gate` is
`%prefix%/gate`, Tasmota's default; `estate/gate/%prefix%` the other usual order.

`tele/…/LWT`                       Online | Offline, retained; `Offline` is the device's last will
`stat/…/RESULT`, `tele/…/RESULT`   JSON: what changed, or what a command did
`tele/…/STATE`, `tele/…/SENSOR`    JSON, every TelePeriod: relays; inputs, shutters and sensors
`stat/…/POWER1`                    ON | OFF
`cmnd/…/POWER1`                    ON, OFF; `ShutterOpen1`, `ShutterClose1`, `ShutterStop1`

Entities are the JSON's own keys: `POWER` (`POWER1` and so on where there are several relays),
`Switch1`, `Shutter1`, or `SENSOR/KEY` for a number. An input says {"Switch1":"ON"} in SENSOR and
{"Switch1":{"Action":"ON"}} in RESULT. `Time` is the estate's own, without an offset: the gateway's
is taken. There are no message ids.

Source: Tasmota's documentation, MQTT, Switches (SetOption114, SwitchMode), Shutters; its issues
7471 (no Target before 8.1), 9906, 10112 (positions beyond 100), 19085.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from drivers.mqtt.profiles.entities import Entity, confirming, entities
from drivers.mqtt.profiles.json_message import checked_number, decoded_object
from drivers.mqtt.profiles.order import Order, Orders
from drivers.mqtt.profiles.parser import Parser, Reason, presence, reading, word
from gateway.errors import Malformed
from gateway.model.clock import Micros
from gateway.model.command import Action, Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Reading, Value
from gateway.site.model import Device

_ENTITY = re.compile(r"POWER\d{0,2}|Switch\d{1,2}|Shutter\d{1,2}|[A-Za-z0-9_-]+/[A-Za-z0-9_-]+")
_MOVING = {-1: "closing", 1: "opening"}
_SHUTTER = {Action.OPEN: "ShutterOpen", Action.CLOSE: "ShutterClose", Action.STOP: "ShutterStop"}

Read = Callable[[object], Value]
"""What the JSON has under the entity's key → the point's value."""


def routes(device: Device, topic: str) -> Mapping[str, Parser]:
    """For points that an entity measures; never for events."""
    known = [(entity, _read(entity)) for entity in measured(device)]
    told = _told(device, known)
    relays = {
        _full(topic, "stat", entity.name): _relay(entity, read)
        for entity, read in known
        if entity.name.startswith("POWER")
    }
    return {
        **relays,
        _full(topic, "stat", "RESULT"): told,
        _full(topic, "tele", "RESULT"): told,
        _full(topic, "tele", "STATE"): told,
        _full(topic, "tele", "SENSOR"): told,
        _full(topic, "tele", "LWT"): presence(device, "Online", "Offline"),
    }


def orders(device: Device, topic: str) -> Orders:
    """To the relay or shutter that confirms the command."""
    found = {}
    for action, entity in confirming(device, measured(device)).items():
        said = _said(entity, action)
        if said is not None:
            command, payload = said
            found[action] = partial(_order, Order(_full(topic, "cmnd", command), payload))
    return found


def _order(order: Order, _command: Command) -> Order:
    return order


def _said(entity: Entity, action: Action) -> tuple[str, bytes] | None:
    if entity.name.startswith("Shutter") and action in _SHUTTER:
        return _SHUTTER[action] + entity.name.removeprefix("Shutter"), b""
    on = entity.relay_for(action) if entity.name.startswith("POWER") else None
    return None if on is None else (entity.name, b"ON" if on else b"OFF")


def _full(topic: str, prefix: str, what: str) -> str:
    full = topic if "%prefix%" in topic else f"%prefix%/{topic}"
    return f"{full.replace('%prefix%', prefix)}/{what}"


def measured(device: Device) -> Sequence[Entity]:
    """Its points by what measures them. Raises BadConfig."""
    return entities(device, _default, _ENTITY, "Switch1")


def _default(point: Point) -> str | None:
    states = set(point.states)
    if "opening" in states:
        return "Shutter1"
    if states & {"locked", "off"}:
        return "POWER"
    return "Switch1" if states >= {"closed", "open"} else None


def _read(entity: Entity) -> Read:
    if (entity.point.kind is PointKind.NUMBER) is not ("/" in entity.name):
        raise entity.unfit("numbers are SENSOR/KEY, and SENSOR/KEY are numbers")
    if "/" in entity.name:
        return partial(checked_number, entity.point)
    if entity.name.startswith("Shutter"):
        entity.fitting({"closed": "closed", "open": "open"})
        return partial(_shutter, entity.point)
    words = {("ON" if on else "OFF"): state for on, state in entity.on_off().items()}
    return partial(_on_off, entity.point, words)


def _on_off(point: Point, words: Mapping[str, str], said: object) -> str:
    if isinstance(said, dict):
        said = said.get("Action")
    if not isinstance(said, str):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    return words.get(said, UNKNOWN_STATE)


def _shutter(point: Point, said: object) -> str:
    if not isinstance(said, dict):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    position, direction = said.get("Position"), said.get("Direction")
    if type(position) is not int or type(direction) is not int:
        raise Malformed(point.id, Reason.WRONG_TYPE)
    resting = {0: "closed", 100: "open"}.get(position, "stopped" if 0 < position < 100 else "")
    state = resting if direction == 0 else _MOVING.get(direction, "")
    return state if state in point.states else UNKNOWN_STATE


def _relay(entity: Entity, read: Read) -> Parser:
    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        value = read(word(entity.device, payload))
        return [reading(entity.point, value, received_at, received_at, retained)]

    return parse


def _told(device: Device, known: Sequence[tuple[Entity, Read]]) -> Parser:
    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = decoded_object(device.id, payload)
        return [
            reading(entity.point, read(value), received_at, received_at, retained)
            for entity, read in known
            for value in _found(said, entity.name)
        ]

    return parse


def _found(said: Mapping[str, object], name: str) -> Sequence[object]:
    """What stands under that name: one value, or none."""
    sensor, _, key = name.partition("/")
    if sensor not in said:
        return ()
    if not key:
        return (said[sensor],)
    inner = said[sensor]
    return (inner[key],) if isinstance(inner, dict) and key in inner else ()
