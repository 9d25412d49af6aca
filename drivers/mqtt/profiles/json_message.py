"""Payloads in JSON, and the time devices tell in them."""

import math
from datetime import datetime

import msgspec

from drivers.mqtt.profiles.parser import Reason
from gateway.errors import Malformed
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros, from_datetime
from gateway.model.point import Point

FAST_AT_MOST: Micros = 5 * MINUTE
"""A device's clock further ahead is wrong."""
OLD_AT_MOST: Micros = 7 * 24 * HOUR
"""A controller cut off over a long weekend sends what it buffered; anything older comes from a
clock that lost its battery and counts from its epoch."""

LONGEST_ID = 64
UNIQUE_ID = 16
"""Characters from which on an id is taken to be given only once: no firmware counts so far from 1
after each boot."""
DEEPEST_EVENT = 8

_any: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)


def decoded(subject: str, payload: bytes) -> object:
    """Any JSON value. Raises Malformed of `subject`."""
    try:
        return _any.decode(payload)
    except UnicodeDecodeError as error:
        raise Malformed(subject, Reason.BAD_UTF8) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed(subject, Reason.BAD_JSON) from error


def decoded_object(subject: str, payload: bytes) -> dict[str, object]:
    """A JSON object. Raises Malformed of `subject`."""
    said = decoded(subject, payload)
    if not isinstance(said, dict):
        raise Malformed(subject, Reason.BAD_JSON)
    return said


def checked_id(subject: str, said: object) -> str:
    """What names a message. Raises Malformed."""
    if not isinstance(said, str) or not 0 < len(said) <= LONGEST_ID:
        raise Malformed(subject, Reason.BAD_MESSAGE_ID)
    return said


def checked_event(subject: str, said: object) -> dict[str, object]:
    """An event's value. Raises Malformed."""
    if not isinstance(said, dict) or _is_deeper(said, DEEPEST_EVENT):
        raise Malformed(subject, Reason.WRONG_TYPE)
    return said


def _is_deeper(value: object, levels: int) -> bool:
    """Whether lists and objects stand in one another more than so many times. Looks no deeper."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)


def checked_number(
    point: Point, said: object, scale: float = 1.0, offset: float = 0.0
) -> float | None:
    """The number × scale + offset; None where no working sensor of that point can say it. Raises
    Malformed where it is no number."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise Malformed(point.id, Reason.WRONG_TYPE)
    low = -math.inf if point.low is None else point.low
    high = math.inf if point.high is None else point.high
    try:
        number = said * scale + offset
    except OverflowError:  # JSON integers have no limit, floats have
        return None
    return number if math.isfinite(number) and low <= number <= high else None


def rfc3339(subject: str, said: object, received_at: Micros) -> Micros:
    """The device's time as `plausible` has it. Raises Malformed where it is none."""
    return plausible(rfc3339_as_told(subject, said), received_at)


def rfc3339_as_told(subject: str, said: object) -> Micros:
    """The device's time, however wrong. Raises Malformed where it is none."""
    try:
        return from_datetime(msgspec.convert(said, datetime))
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise Malformed(subject, Reason.BAD_TIME) from error


def unix_time(subject: str, said: object, received_at: Micros, unit: Micros = SECOND) -> Micros:
    """The device's time, counted from 1970 in `unit`, as `plausible` has it. Raises Malformed
    where it is no number."""
    return plausible(unix_time_as_told(subject, said, unit), received_at)


def unix_time_as_told(subject: str, said: object, unit: Micros = SECOND) -> Micros:
    """The device's time, however wrong; 1970 for what no clock can say. Raises Malformed where it
    is no number."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise Malformed(subject, Reason.BAD_TIME)
    return round(said * unit) if 0 <= said < _FARTHEST / unit else 0


_FARTHEST = 10_000 * 366 * 24 * HOUR


def plausible(told: Micros, received_at: Micros) -> Micros:
    """The device's time, or the gateway's where the device's clock is wrong: the event is real, and
    a wrong time would put it in the wrong place of the record."""
    return told if -OLD_AT_MOST <= told - received_at <= FAST_AT_MOST else received_at
