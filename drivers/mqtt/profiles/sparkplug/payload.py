"""A Sparkplug B payload: metrics out of protobuf's bytes, and the request for a rebirth into them.

Only what a host needs is declared; protobuf passes over the rest (templates, data sets, metadata).

Source: Eclipse Sparkplug 3.0.0, 6.4 (payload: field numbers, data types, quality codes), 6.4.6
(how integers are carried).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from types import ModuleType
from typing import Any, Final

from drivers.mqtt.profiles.parser import Reason
from gateway.errors import Malformed
from gateway.model.clock import MILLISECOND, Micros
from gateway.model.reading import Quality

REBIRTH: Final = "Node Control/Rebirth"
"""The metric that, written true, has an edge node say everything anew. It moves nothing."""


class DataType(IntEnum):
    """Of the ones that a point can be."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    TEXT = 14
    UUID = 15


_SIGNED_BITS: Mapping[int, int] = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
}
_QUALITY: Mapping[int, Quality] = {192: Quality.GOOD, 500: Quality.STALE}
"""Any other is bad."""


Scalar = int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class Metric:
    """`name` is empty where `alias` stands for it. `datatype` is 0 where the birth has told it;
    `value` is not `typed` by that yet. It is None for null, and for what is no scalar."""

    name: str
    alias: int | None
    datatype: int
    value: Scalar
    at: Micros | None
    historical: bool
    quality: Quality


@dataclass(frozen=True, slots=True)
class Payload:
    """`seq` is None in an NDEATH."""

    seq: int | None
    metrics: tuple[Metric, ...]


def typed(value: Scalar, datatype: int) -> Scalar:
    """A signed integer is carried as an unsigned one; all else is what it is."""
    bits = _SIGNED_BITS.get(datatype)
    if bits is None or not isinstance(value, int):
        return value
    low = value & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def decoded(payload: bytes) -> Payload:
    """Raises Malformed, of no subject."""
    messages = _messages()
    message = messages.PayloadMessage()
    try:
        message.ParseFromString(payload)
        return _payload(message)
    except (messages.DecodeError, UnicodeDecodeError) as error:
        raise Malformed("sparkplug-b", Reason.BAD_PROTOBUF) from error


def rebirth_request(at: Micros) -> bytes:
    """What is published as NCMD."""
    return written(REBIRTH, True, at)


def written(name: str, value: bool | str, at: Micros) -> bytes:
    """What has a metric written: the payload of NCMD or DCMD, which has no sequence number."""
    message = _messages().PayloadMessage(timestamp=at // MILLISECOND)
    metric = message.metrics.add(name=name, timestamp=at // MILLISECOND)
    if isinstance(value, bool):
        metric.datatype, metric.boolean_value = DataType.BOOLEAN, value
    else:
        metric.datatype, metric.string_value = DataType.STRING, value
    said: bytes = message.SerializeToString()
    return said


@cache
def _messages() -> ModuleType:
    """Protobuf takes 12 MB: only where somebody speaks Sparkplug."""
    from drivers.mqtt.profiles.sparkplug import messages  # noqa: PLC0415

    return messages


def _payload(message: Any) -> Payload:
    sent = message.timestamp if message.HasField("timestamp") else None
    seq = message.seq if message.HasField("seq") else None
    return Payload(seq, tuple(_metric(metric, sent) for metric in message.metrics))


def _metric(metric: Any, sent: int | None) -> Metric:
    at = metric.timestamp if metric.HasField("timestamp") else sent
    return Metric(
        name=metric.name,
        alias=metric.alias if metric.HasField("alias") else None,
        datatype=metric.datatype,
        value=typed(_value(metric), metric.datatype),
        at=None if at is None else at * MILLISECOND,
        historical=metric.is_historical,
        quality=_quality(metric.properties),
    )


def _value(metric: Any) -> Scalar:
    field = metric.WhichOneof("value")
    if metric.is_null or field is None:
        return None
    value: Scalar = getattr(metric, field)
    return value if isinstance(value, float | int | str) else None


def _quality(properties: Any) -> Quality:
    for key, value in zip(properties.keys, properties.values, strict=False):
        if key == "Quality" and not value.is_null:
            return _QUALITY.get(value.int_value, Quality.BAD)
    return Quality.GOOD
