"""Gatehouse's own JSON: what a device made for this gateway speaks.

`<topic>/state`   {"id": "4711", "at": "2026-03-01T08:30:00.250000Z", "contact": "open"}
`<topic>/status`  online | offline, retained; `offline` is the device's last will

`id` names the message (1 to 64 characters). `at` is the device's clock (RFC 3339), left out by a
device that has none. Every other key is a point of the device: one of its states, a number in its
unit, or an object for an event.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from drivers.mqtt.profiles.parser import Parser, Reason, presence, quality
from gateway.errors import Malformed
from gateway.model.clock import HOUR, MINUTE, Micros, from_datetime
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading, Value
from gateway.site.model import Device

FAST_AT_MOST: Micros = 5 * MINUTE
"""A device's clock further ahead is wrong."""
OLD_AT_MOST: Micros = 7 * 24 * HOUR
"""A controller cut off over a long weekend sends what it buffered; anything older comes from a
clock that lost its battery and counts from its epoch."""
LONGEST_ID = 64
DEEPEST_EVENT = 8

_message = msgspec.json.Decoder(dict[str, object])


def routes(device: Device, topic: str) -> Mapping[str, Parser]:
    """Every kind of device and point speaks this."""
    return {f"{topic}/state": _state(device), f"{topic}/status": presence(device)}


def _state(device: Device) -> Parser:
    points = {point.id.rpartition("/")[2]: point for point in device.points}

    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = _decoded(device, payload)
        _check_id(device, said.pop("id", None))
        taken_at = _taken_at(device, said.pop("at", None), received_at)
        if not said:
            raise Malformed(device.id, Reason.NO_VALUES)
        if not said.keys() <= points.keys():
            raise Malformed(device.id, Reason.UNKNOWN_KEY)
        values = [(points[name], _value(points[name], value)) for name, value in said.items()]
        return [
            Reading(
                point.id,
                value,
                taken_at,
                received_at,
                Quality.BAD if value is None else quality(retained),
            )
            for point, value in values
        ]

    return parse


def _decoded(device: Device, payload: bytes) -> dict[str, object]:
    try:
        return _message.decode(payload)
    except UnicodeDecodeError as error:
        raise Malformed(device.id, Reason.BAD_UTF8) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed(device.id, Reason.BAD_JSON) from error


def _check_id(device: Device, said: object) -> None:
    if not isinstance(said, str) or not 0 < len(said) <= LONGEST_ID:
        raise Malformed(device.id, Reason.BAD_MESSAGE_ID)


def _taken_at(device: Device, said: object, received_at: Micros) -> Micros:
    """The device's time, or the gateway's where the device has none or its clock is wrong: the
    event is real, and a wrong time would put it in the wrong place of the record."""
    if said is None:
        return received_at
    try:
        told = from_datetime(msgspec.convert(said, datetime))
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise Malformed(device.id, Reason.BAD_TIME) from error
    return told if -OLD_AT_MOST <= told - received_at <= FAST_AT_MOST else received_at


def _value(point: Point, said: object) -> Value:
    """The value said, None for a number no working sensor of this point can say."""
    match point.kind, said:
        case PointKind.STATE, str():
            return said if said in point.states else UNKNOWN_STATE
        case PointKind.NUMBER, (int() | float()) if not isinstance(said, bool):
            return _number(point, said)
        case PointKind.EVENT, dict() if _depth(said) <= DEEPEST_EVENT:
            return said
    raise Malformed(point.id, Reason.WRONG_TYPE)


def _number(point: Point, said: float) -> float | None:
    try:
        number = float(said)
    except OverflowError:  # JSON integers have no limit, floats have
        return None
    low = -math.inf if point.low is None else point.low
    high = math.inf if point.high is None else point.high
    return number if low <= number <= high else None


def _depth(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
        case list():
            return 1 + max(map(_depth, value), default=0)
    return 0
