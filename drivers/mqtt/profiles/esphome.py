"""ESPHome's MQTT client. Below the node's `topic_prefix`:

`binary_sensor/NAME/state`, `switch/NAME/state`   ON | OFF
`lock/NAME/state`             LOCKED | UNLOCKED | JAMMED | LOCKING | UNLOCKING | UNKNOWN
`cover/NAME/state`            open | closed | opening | closing | unknown
`cover/NAME/position/state`   0 (closed) to 100 (open); once all that covers with a position said
`sensor/NAME/state`           a number; nan or None where there is none
`status`                      online | offline, retained; `offline` is the node's last will
`COMPONENT/NAME/command`      ON, OFF | LOCK, UNLOCK, OPEN | OPEN, CLOSE, STOP

An entity is `COMPONENT/NAME` (`cover/NAME/position` for the second form), NAME being the entity's
name in small letters with _ for what is none. There is neither time nor message id.

Source: esphome/components/mqtt, mqtt_component.cpp, mqtt_binary_sensor.cpp, mqtt_lock.cpp,
mqtt_cover.cpp (which says the position alone, or both), mqtt_sensor.cpp; lock.cpp.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from drivers.mqtt.profiles.entities import Entity, confirming, entities
from drivers.mqtt.profiles.json_message import checked_number
from drivers.mqtt.profiles.order import Order, Orders
from drivers.mqtt.profiles.parser import Parser, Reason, presence, reading, word
from gateway.errors import Malformed
from gateway.model.clock import Micros
from gateway.model.command import Action, Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Reading, Value
from gateway.site.model import Device

_NAME = "[a-z0-9_-]+"
_ENTITY = re.compile(f"(binary_sensor|switch|lock|sensor)/{_NAME}|cover/{_NAME}(/position)?")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NO_NUMBER = {"nan", "None"}
_LOCK = (
    {"LOCKED": "locked", "UNLOCKED": "unlocked"},
    {"LOCKED": "ok", "UNLOCKED": "ok", "JAMMED": "fault"},
)
_COVER = (
    {"closed": "closed", "opening": "opening", "open": "open", "closing": "closing"},
    {"closed": "closed", "open": "open"},
)
_POSITION = {"0": "closed", "100": "open"}
_SAID_TO_LOCK = {
    Action.OPEN: b"OPEN",
    Action.LOCK: b"LOCK",
    Action.UNLOCK: b"UNLOCK",
    Action.LOCK_OPEN: b"UNLOCK",
}
_SAID_TO_COVER = {Action.OPEN: b"OPEN", Action.CLOSE: b"CLOSE", Action.STOP: b"STOP"}


def routes(device: Device, topic: str) -> Mapping[str, Parser]:
    """For points that an entity measures; never for events."""
    spoken: dict[str, list[tuple[Point, Callable[[str], Value]]]] = {}
    for entity in measured(device):
        spoken.setdefault(f"{topic}/{entity.name}/state", []).append((entity.point, _read(entity)))
    said = {state: _state(device, points) for state, points in spoken.items()}
    return {**said, f"{topic}/status": presence(device)}


def orders(device: Device, topic: str) -> Orders:
    """To the entity that confirms the command: a lock, a cover, or a relay."""
    found = {}
    for action, entity in confirming(device, measured(device)).items():
        payload = _said(entity, action)
        if payload is not None:
            component, name, *_ = entity.name.split("/")
            found[action] = partial(_order, Order(f"{topic}/{component}/{name}/command", payload))
    return found


def _order(order: Order, _command: Command) -> Order:
    return order


def _said(entity: Entity, action: Action) -> bytes | None:
    match entity.name.partition("/")[0]:
        case "lock":
            return _SAID_TO_LOCK.get(action)
        case "cover":
            return _SAID_TO_COVER.get(action)
        case "switch":
            return {True: b"ON", False: b"OFF", None: None}[entity.relay_for(action)]
    return None


def measured(device: Device) -> Sequence[Entity]:
    """Its points by what measures them. Raises BadConfig."""
    return entities(device, _default, _ENTITY, "binary_sensor/front_door")


def _default(point: Point) -> str | None:
    name = point.id.rpartition("/")[2].replace("-", "_")
    if point.kind is not PointKind.STATE:
        return f"sensor/{name}" if point.kind is PointKind.NUMBER else None
    for component, states in _USUAL.items():
        if states <= set(point.states):
            return f"{component}/{name}"
    return f"binary_sensor/{name}"


_USUAL = {"lock": {"locked"}, "cover": {"opening"}, "switch": {"off", "on"}}


def _read(entity: Entity) -> Callable[[str], Value]:
    component = entity.name.partition("/")[0]
    if (component == "sensor") is not (entity.point.kind is PointKind.NUMBER):
        raise entity.unfit("numbers are sensors, and sensors are numbers")
    if component == "sensor":
        return partial(_number, entity.point)
    words = _words(entity, component)
    return lambda said: words.get(said, UNKNOWN_STATE)


def _words(entity: Entity, component: str) -> Mapping[str, str]:
    if component == "lock":
        return entity.fitting(*_LOCK)
    if component == "cover":
        return entity.fitting(*([_POSITION] if entity.name.count("/") == 2 else _COVER))
    return {("ON" if on else "OFF"): state for on, state in entity.on_off().items()}


def _number(point: Point, said: str) -> float | None:
    if said in _NO_NUMBER:
        return None
    if not _NUMBER.fullmatch(said):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    return checked_number(point, float(said))


def _state(device: Device, points: Sequence[tuple[Point, Callable[[str], Value]]]) -> Parser:
    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = word(device, payload)
        return [
            reading(point, read(said), received_at, received_at, retained) for point, read in points
        ]

    return parse
