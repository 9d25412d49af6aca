"""Any firmware, by a mapping in the site file: where each point's value stands, and its words.

A message that says nothing of a point gives no reading of it. What a message says of a point is
one of the mapped words, or `unknown`; a number, or nothing (BAD).

Source: RFC 6901 (JSON pointers), RFC 3339 (times).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from drivers.mqtt.profiles.json_message import (
    UNIQUE_ID,
    checked_event,
    checked_id,
    checked_number,
    decoded,
    rfc3339,
    unix_time,
)
from drivers.mqtt.profiles.order import Order, Orders
from drivers.mqtt.profiles.parser import (
    Parser,
    Reason,
    offline,
    quality,
    word,
)
from gateway.errors import Malformed
from gateway.model.clock import MILLISECOND, SECOND, Micros, to_datetime
from gateway.model.command import Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Delivery, Quality, Reading, Value, message_number
from gateway.site.mapping_model import (
    DeviceMapping,
    MappedField,
    MappedOrder,
    MappedPoint,
    MappedPresence,
    Pointer,
    UnixUnit,
)
from gateway.site.model import Device

_UNIT: Mapping[UnixUnit, Micros] = {UnixUnit.SECONDS: SECOND, UnixUnit.MILLISECONDS: MILLISECOND}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
"""RFC 8259, 6."""


def routes(device: Device, topic: str, mapping: DeviceMapping) -> Mapping[str, Parser]:
    """The topics the mapping names, each with what it says of the device's points."""
    by_topic: dict[str, list[_Mapped]] = defaultdict(list)
    for point in device.told:
        mapped = mapping.points[point.id.rpartition("/")[2]]
        by_topic[_below(topic, mapped.topic)].append(_Mapped(point, mapped))
    parsers = {where: _state(device, points) for where, points in by_topic.items()}
    if mapping.presence is not None:
        parsers[_below(topic, mapping.presence.topic)] = _presence(device, mapping.presence)
    return parsers


def orders(device: Device, topic: str, mapping: DeviceMapping) -> Orders:
    """Those the mapping has of what can be asked of the device."""
    return {
        action: _order(_below(topic, order.topic), order)
        for action, order in mapping.orders.items()
        if action in device.commands
    }


def _below(topic: str, suffix: str | None) -> str:
    return topic if suffix is None else f"{topic}/{suffix}"


def _order(topic: str, order: MappedOrder) -> Callable[[Command], Order]:
    def said(command: Command) -> Order:
        until = to_datetime(command.expires_at).isoformat().replace("+00:00", "Z")
        payload = order.payload.replace("{id}", command.id).replace("{expires_at}", until)
        return Order(topic, payload.encode())

    return said


def _presence(device: Device, mapped: MappedPresence) -> Parser:
    def parse(payload: bytes, _retained: bool, received_at: Micros) -> Sequence[Reading]:
        said: object = word(device, payload)
        if mapped.pointer is not None:
            said = _as_word(_found(decoded(device.id, payload), mapped.pointer))
        if said == mapped.online:
            return ()
        if said == mapped.offline:
            return offline(device, received_at)
        raise Malformed(device.id, Reason.UNKNOWN_WORD)

    return parse


def _state(device: Device, points: Sequence["_Mapped"]) -> Parser:
    in_json = any(each.mapped.pointer is not None for each in points)
    choosing = any(each.mapped.where for each in points)

    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        document = decoded(device.id, payload) if in_json else _NOTHING
        text = word(device, payload)
        told = [each.told(text, document, retained, received_at) for each in points]
        readings = [reading for reading in told if reading is not None]
        if not readings and not choosing:
            raise Malformed(device.id, Reason.NO_VALUES)
        return readings

    return parse


class _Nothing:
    """Stands at a pointer where a document has nothing; JSON's null is something."""


_NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class _Mapped:
    point: Point
    mapped: MappedPoint

    def told(
        self, text: str, document: object, retained: bool, received_at: Micros
    ) -> Reading | None:
        """None where the message is not about this point. Raises Malformed."""
        if any(_as_word(_found(document, at)) != said for at, said in self.mapped.where.items()):
            return None
        said = text if self.mapped.pointer is None else _found(document, self.mapped.pointer)
        if isinstance(said, _Nothing):
            return None
        at = received_at if retained else self._taken_at(document, received_at)
        value = _VALUES[self.point.kind](self.point, self.mapped, said)
        known = Quality.BAD if value is None else quality(retained)
        id_ = self._message_id(document)
        delivery = None
        if id_ is not None and not retained and at == received_at:
            delivery = Delivery(message_number(self.point.device.encode(), id_), again=False)
        return Reading(self.point.id, value, at, received_at, known, None, delivery)

    def _taken_at(self, document: object, received_at: Micros) -> Micros:
        if self.mapped.at is None:
            return received_at
        said = _found(document, self.mapped.at)
        if isinstance(said, str):
            return rfc3339(self.point.id, said, received_at)
        return unix_time(self.point.id, said, received_at, _UNIT[self.mapped.at_unit])

    def _message_id(self, document: object) -> bytes | None:
        """What names the message; None where that may be a counter that begins again."""
        if self.mapped.id is None:
            return None
        said = checked_id(self.point.id, _as_word(_found(document, self.mapped.id)))
        return said.encode() if len(said) >= UNIQUE_ID else None


def _found(document: object, pointer: Pointer) -> object:
    """What stands there (RFC 6901, 4); _NOTHING where nothing does."""
    for token in pointer:
        if isinstance(document, dict):
            document = document.get(token, _NOTHING)
        elif isinstance(document, list) and re.fullmatch("0|[1-9][0-9]{0,5}", token):
            index = int(token)
            document = document[index] if index < len(document) else _NOTHING
        else:
            return _NOTHING
    return document


def _as_word(said: object) -> str | None:
    """A scalar as JSON writes it; None for anything else."""
    if isinstance(said, str):
        return said
    if said is None or isinstance(said, bool | int | float):
        return msgspec.json.encode(said).decode()
    return None


def _state_of(point: Point, mapped: MappedPoint, said: object) -> str:
    spoken = _as_word(said)
    if spoken is None:
        raise Malformed(point.id, Reason.WRONG_TYPE)
    return mapped.states.get(spoken, UNKNOWN_STATE)


def _text_of(point: Point, _: MappedPoint, said: object) -> str:
    spoken = _as_word(said)
    if spoken is None or not spoken.isprintable():
        raise Malformed(point.id, Reason.WRONG_TYPE)
    return spoken


def _number_of(point: Point, mapped: MappedPoint, said: object) -> float | None:
    if isinstance(said, str) and _NUMBER.fullmatch(said):
        said = float(said)
    return checked_number(point, said, mapped.scale, mapped.offset)


def _event_of(point: Point, mapped: MappedPoint, said: object) -> Mapping[str, object]:
    event = checked_event(point.id, said)
    if not mapped.fields:
        return event
    found = {name: _field(point, event, field) for name, field in mapped.fields.items()}
    return {name: value for name, value in found.items() if value is not _NOTHING}


def _field(point: Point, said: object, field: MappedField) -> object:
    value = _found(said, field.pointer)
    if value is _NOTHING or (field.states is None and _as_word(value) is not None):
        return value
    spoken = _as_word(value)
    if spoken is None or field.states is None:
        raise Malformed(point.id, Reason.WRONG_TYPE)
    return field.states.get(spoken, UNKNOWN_STATE)


_VALUES: Mapping[PointKind, Callable[[Point, MappedPoint, object], Value]] = {
    PointKind.STATE: _state_of,
    PointKind.TEXT: _text_of,
    PointKind.NUMBER: _number_of,
    PointKind.EVENT: _event_of,
}
