"""A Sparkplug B edge node, `GROUP/NODE`, that is born anew with each thing it says.

Its protobuf is written by hand: field numbers and wire types of the published sparkplug_b.proto.
"""

from collections.abc import Mapping, Sequence

from gateway.model.clock import MILLISECOND, Micros
from simulators.styles.speech import Presence, Said, Speech

_UINT64, _STRING = 8, 12
"""Data types."""


def _says(topic: str, values: Mapping[str, object], _message: str, now: Micros) -> Sequence[Said]:
    sent = now // MILLISECOND
    metrics = [_metric(name, _STRING, _text(15, str(value))) for name, value in values.items()]
    birth = [_number(1, sent), _bd_seq(), *(_bytes(2, metric) for metric in metrics), _number(3, 0)]
    return [Said(_topic(topic, "NBIRTH"), b"".join(birth))]


def _topic(topic: str, verb: str) -> str:
    group, _, node = topic.partition("/")
    return f"spBv1.0/{group}/{verb}/{node}"


def _bd_seq() -> bytes:
    return _bytes(2, _metric("bdSeq", _UINT64, _number(11, 0)))


def _metric(name: str, datatype: int, value: bytes) -> bytes:
    return _text(1, name) + _number(4, datatype) + value


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _varint(number: int) -> bytes:
    *more, last = (number >> shift & 127 for shift in range(0, max(number.bit_length(), 1), 7))
    return bytes([*(part | 128 for part in more), last])


SPEECH = Speech(lambda topic: Presence(_topic(topic, "NDEATH"), None, _bd_seq()), _says)
