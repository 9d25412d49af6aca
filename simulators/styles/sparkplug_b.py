"""A Sparkplug B edge node, `GROUP/NODE`, that is born anew with each thing it says.

Its protobuf is written by hand: field numbers and wire types of the published sparkplug_b.proto.
"""

from collections.abc import Iterator, Mapping, Sequence

from gateway.model.clock import MILLISECOND, Micros
from simulators.styles.speech import Obeying, Presence, Said, Speech

_UINT64, _STRING = 8, 12
"""Data types."""


def _says(topic: str, values: Mapping[str, object], _message: str, now: Micros) -> Sequence[Said]:
    sent = now // MILLISECOND
    metrics = [_metric(name, _STRING, _text(15, str(value))) for name, value in values.items()]
    birth = [_number(1, sent), _bd_seq(), *(_bytes(2, metric) for metric in metrics), _number(3, 0)]
    return [Said(_topic(topic, "NBIRTH"), b"".join(birth))]


_BOOLEANS: Mapping[str, tuple[str, str]] = {"lock": ("locked", "unlocked"), "state": ("off", "on")}
"""What false and true are to it."""


def _hears(topic: str) -> Mapping[str, Obeying]:
    return {_topic(topic, "NCMD"): _asked}


def _asked(payload: bytes) -> Mapping[str, object]:
    values: dict[str, object] = {}
    for field, content in _read(payload):
        if field == 2 and isinstance(content, bytes):
            metric = dict(_read(content))
            name, word, flag = metric.get(1), metric.get(15), metric.get(14)
            if isinstance(name, bytes) and isinstance(word, bytes):
                values[name.decode()] = word.decode()
            elif isinstance(name, bytes) and isinstance(flag, int) and name.decode() in _BOOLEANS:
                values[name.decode()] = _BOOLEANS[name.decode()][flag]
    return values


def _read(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Each field's number and content; of wire types 0 and 2 alone."""
    while content:
        key, content = _taken(content)
        number, content = _taken(content)
        if key & 7 == 2:
            yield key >> 3, content[:number]
            content = content[number:]
        else:
            yield key >> 3, number


def _taken(content: bytes) -> tuple[int, bytes]:
    """A varint, and what comes after it."""
    length = next(place for place, byte in enumerate(content, 1) if byte < 128)
    number = sum((byte & 127) << 7 * place for place, byte in enumerate(content[:length]))
    return number, content[length:]


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


SPEECH = Speech(lambda topic: Presence(_topic(topic, "NDEATH"), None, _bd_seq()), _says, _hears)
