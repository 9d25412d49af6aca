"""Shelly devices of the second generation and later (Plus, Pro, Gen3, Gen4), by their own RPC.
Below the device's `topic_prefix` (its id, unless set):

`events/rpc`          NotifyStatus (what changed, and nothing else), NotifyFullStatus, NotifyEvent
`status/COMPONENT`    a component's whole status, where `status_ntf` is on
`online`              true | false, retained; `false` is the device's last will
`rpc`                 requests

Entities are components, `TYPE:ID` as in `input:0`. A notification that says nothing of a
component's state gives no reading: what was known stays as old as it is, and nothing is remembered
here that a later message could make look new. A Bluetooth sensor's value is as old as
`last_updated_ts`, however often the device that hears it repeats it. There are no message ids; `ts`
is the device's time once it has one (before that it counts from its start).

Source: Shelly's API documentation, Gen2: Notifications, RPC Protocol, Mqtt, Input, Switch, Cover,
DevicePower, BTHomeSensor.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from drivers.mqtt.profiles.entities import Entity, confirming, entities
from drivers.mqtt.profiles.json_message import checked_number, decoded_object, unix_time
from drivers.mqtt.profiles.order import Order, Orders
from drivers.mqtt.profiles.parser import Parser, Reason, presence, reading
from gateway.errors import Malformed
from gateway.model.clock import SECOND, Micros
from gateway.model.command import Action, Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Reading, Value
from gateway.site.model import Device

RELEASED_S = 5
"""How long a door's relay is released to let somebody through."""
NEWS_S = 60
"""A Bluetooth sensor's value that is older is no news."""

_FLAGS = {
    "input": "state",
    "switch": "output",
    "bthomesensor": "value",
    "smoke": "alarm",
    "flood": "alarm",
}
"""By type of component, the key of its status that is true or false."""
_ENTITY = re.compile(rf"({'|'.join(_FLAGS)}|cover|devicepower):\d{{1,3}}")
_COVER = (
    {
        "open": "open",
        "closed": "closed",
        "opening": "opening",
        "closing": "closing",
        "stopped": "stopped",
    },
    {"open": "open", "closed": "closed"},
)
_OBSTRUCTED = {"obstruction", "safety_switch"}
_BUTTON = {"btn_down": True, "btn_up": False}
_SAID_TO_COVER = {
    Action.OPEN: "Cover.Open",
    Action.CLOSE: "Cover.Close",
    Action.STOP: "Cover.Stop",
}

Read = Callable[[Mapping[str, object]], Sequence[Value]]
"""A component's status, or a part of it → the point's value, or nothing. Raises Malformed."""


def routes(device: Device, topic: str) -> Mapping[str, Parser]:
    """For points that a component measures; never for events."""
    known = [_Known(entity, _read(entity)) for entity in measured(device)]
    statuses = {
        f"{topic}/status/{name}": _status(device, [each for each in known if each.name == name])
        for name in {each.name for each in known}
    }
    return {
        **statuses,
        f"{topic}/events/rpc": _notified(device, known),
        f"{topic}/online": presence(device, "true", "false"),
    }


def orders(device: Device, topic: str) -> Orders:
    """To the relay or cover that confirms the command."""
    found = {}
    for action, entity in confirming(device, measured(device)).items():
        call = _call(entity, action)
        if call is not None:
            found[action] = partial(_order, f"{topic}/rpc", call)
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    entity: Entity
    read: Read

    @property
    def name(self) -> str:
        return self.entity.name


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    params: Mapping[str, object]


def _order(topic: str, call: _Call, command: Command) -> Order:
    frame = {"id": command.id, "src": "gatehouse", "method": call.method, "params": call.params}
    return Order(topic, msgspec.json.encode(frame))


def _call(entity: Entity, action: Action) -> _Call | None:
    kind, _, number = entity.name.partition(":")
    params: dict[str, object] = {"id": int(number)}
    if kind == "cover" and action in _SAID_TO_COVER:
        return _Call(_SAID_TO_COVER[action], params)
    if kind != "switch":
        return None
    if action is Action.OPEN:
        on = entity.relay_for(action if entity.pulsed else Action.UNLOCK)
        params["toggle_after"] = RELEASED_S
    else:
        on = entity.relay_for(action)
    return None if on is None else _Call("Switch.Set", {**params, "on": on})


def measured(device: Device) -> Sequence[Entity]:
    """Its points by what measures them. Raises BadConfig."""
    return entities(device, _default, _ENTITY, "input:0")


def _default(point: Point) -> str | None:
    states = set(point.states)
    if point.kind is PointKind.NUMBER:
        return "devicepower:0"
    if "opening" in states:
        return "cover:0"
    if states & {"locked", "off"}:
        return "switch:0"
    return "input:0" if states >= {"closed", "open"} else None


def _read(entity: Entity) -> Read:
    kind = entity.name.partition(":")[0]
    if (kind == "devicepower") is not (entity.point.kind is PointKind.NUMBER):
        raise entity.unfit("numbers are devicepower, and devicepower is a number")
    if kind == "devicepower":
        return partial(_battery, entity.point)
    if kind == "cover":
        return partial(_cover, entity.point, entity.fitting(*_COVER))
    return partial(_flag, entity.point, _FLAGS[kind], entity.on_off())


def _flag(
    point: Point, key: str, states: Mapping[bool, str], status: Mapping[str, object]
) -> Sequence[Value]:
    if key not in status:
        return ()
    said = status[key]
    if said is None:  # an input that is a button, or was not read yet
        return (UNKNOWN_STATE,)
    if not isinstance(said, bool):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    return (states[said],)


def _cover(
    point: Point, states: Mapping[str, str], status: Mapping[str, object]
) -> Sequence[Value]:
    said, errors = status.get("state"), status.get("errors")
    if not isinstance(said, str | None) or not isinstance(errors, list | None):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    blocked = any(error in _OBSTRUCTED for error in errors or () if isinstance(error, str))
    if blocked and said in (None, "stopped") and "obstructed" in point.states:
        return ("obstructed",)
    if "state" not in status:
        return ()
    return (UNKNOWN_STATE if said is None else states.get(said, UNKNOWN_STATE),)


def _battery(point: Point, status: Mapping[str, object]) -> Sequence[Value]:
    battery = status.get("battery")
    if battery is None:
        return ()
    if not isinstance(battery, dict):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    if battery.get("percent") is None:
        return ()
    return (checked_number(point, battery["percent"]),)


def _status(device: Device, known: Sequence[_Known]) -> Parser:
    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        status = decoded_object(device.id, payload)
        return [told for each in known for told in _told(each, status, None, retained, received_at)]

    return parse


def _notified(device: Device, known: Sequence[_Known]) -> Parser:
    by_name: dict[str, list[_Known]] = {}
    for each in known:
        by_name.setdefault(each.name, []).append(each)

    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        frame = decoded_object(device.id, payload)
        params = _object(device, frame.get("params"))
        match frame.get("method"):
            case "NotifyStatus" | "NotifyFullStatus":
                found = [
                    (name, params[name], params.get("ts")) for name in by_name if name in params
                ]
            case "NotifyEvent":
                found = _pressed(device, params)
            case _:
                raise Malformed(device.id, Reason.UNKNOWN_WORD)
        return [
            told
            for name, status, ts in found
            for each in by_name.get(name, ())
            for told in _told(each, _object(device, status), ts, retained, received_at)
        ]

    return parse


def _pressed(device: Device, params: Mapping[str, object]) -> list[tuple[str, object, object]]:
    """Inputs that are buttons have events only: these are what their status would be."""
    events = params.get("events")
    if not isinstance(events, list):
        raise Malformed(device.id, Reason.WRONG_TYPE)
    found: list[tuple[str, object, object]] = []
    for event in (_object(device, each) for each in events):
        name, happened = event.get("component"), event.get("event")
        if isinstance(name, str) and isinstance(happened, str) and happened in _BUTTON:
            found.append((name, {"state": _BUTTON[happened]}, event.get("ts")))
    return found


def _object(device: Device, said: object) -> Mapping[str, object]:
    if not isinstance(said, dict):
        raise Malformed(device.id, Reason.WRONG_TYPE)
    return said


def _told(
    known: _Known, status: Mapping[str, object], ts: object, retained: bool, received_at: Micros
) -> Sequence[Reading]:
    point = known.entity.point
    at = received_at if ts is None else unix_time(point.id, ts, received_at)
    now = ts if isinstance(ts, int | float) else received_at / SECOND
    doubtful = retained or _aged(point, status.get("last_updated_ts"), now)
    values = known.read(status)
    return [reading(point, value, at, received_at, doubtful) for value in values]


def _aged(point: Point, updated: object, now: float) -> bool:
    """Whether a Bluetooth sensor's value is no news."""
    if updated is None:
        return False
    if isinstance(updated, bool) or not isinstance(updated, int | float):
        raise Malformed(point.id, Reason.BAD_TIME)
    return updated < now - NEWS_S
