"""Registers and bits to values.

A block is decoded in one piece: its bytes are put into the order in which every value has its most
significant byte first (Modbus Application Protocol V1.1b3, 4.2, says so of one register only), and
one struct takes them apart. `encoding.py` goes the other way.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from sys import float_info
from typing import Any, Final

from drivers.modbus.times import moment
from gateway.model.point import UNKNOWN_STATE, PointKind
from gateway.model.reading import Quality, Value
from gateway.site.modbus_model import BIT_TABLES, Order, RegisterPoint, RegisterType

Decoded = tuple[Value, Quality]
_Raw = Any
"""What struct makes of a register: int, float or bytes."""
_Step = Callable[[_Raw], _Raw | None]

NOTHING: Final[Decoded] = (None, Quality.BAD)
"""What is no value."""
FORMATS: Final[Mapping[RegisterType, str]] = {
    RegisterType.BIT: "H",
    RegisterType.INT8: "b",
    RegisterType.UINT8: "B",
    RegisterType.INT16: "h",
    RegisterType.UINT16: "H",
    RegisterType.INT32: "i",
    RegisterType.UINT32: "I",
    RegisterType.INT64: "q",
    RegisterType.UINT64: "Q",
    RegisterType.FLOAT16: "e",
    RegisterType.FLOAT32: "f",
    RegisterType.FLOAT64: "d",
    RegisterType.BCD16: "H",
    RegisterType.BCD32: "I",
    RegisterType.BCD64: "Q",
}
_UNSIGNED: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}
_BCD: Final = frozenset({RegisterType.BCD16, RegisterType.BCD32, RegisterType.BCD64})
_FLOATS: Final = frozenset({RegisterType.FLOAT16, RegisterType.FLOAT32, RegisterType.FLOAT64})


class Decoder:
    """Decodes the words that answer one request for registers (or bits) from address `start`.

    BAD and None for what a working sensor cannot say: not a number, infinite, beyond the point's
    limits, a value the map calls not available, digits that are none, text that is none, a date
    that is none. A raw value without a state is UNKNOWN_STATE.
    """

    def __init__(self, registers: Sequence[RegisterPoint], start: int) -> None:
        self._finish = [_finisher(register) for register in registers]
        self._count = 0
        if registers[0].table in BIT_TABLES:
            self._bits = [register.address - start for register in registers]
            return
        order = [
            2 * (register.address - start) + position
            for register in registers
            for position in positions(register)
        ]
        self._count = max(register.end for register in registers) - start
        self._words = struct.Struct(f">{self._count}H")
        self._in_order = order == list(range(2 * self._count))
        self._gather = itemgetter(*order) if len(order) > 1 else lambda data: (data[order[0]],)
        self._values = struct.Struct(">" + "".join(map(_format, registers)))

    def __call__(self, words: Sequence[int]) -> list[Decoded]:
        """Value and quality of each register, in their order."""
        return [finish(raw) for finish, raw in zip(self._finish, self._raws(words), strict=True)]

    def _raws(self, words: Sequence[int]) -> Sequence[_Raw]:
        if not self._count:
            return [words[bit] for bit in self._bits]
        data = self._words.pack(*words[: self._count])
        return self._values.unpack(data if self._in_order else bytes(self._gather(data)))


def decode(register: RegisterPoint, words: Sequence[int]) -> Decoded:
    """One value out of exactly `register.width` words."""
    return Decoder((register,), register.address)(words)[0]


def positions(register: RegisterPoint) -> Sequence[int]:
    """Where its bytes lie, the most significant first, counted from its first register's first."""
    words = range(register.width)
    pairs = [
        (2 * word, 2 * word + 1) if register.byte_order is Order.BIG else (2 * word + 1, 2 * word)
        for word in (words if register.word_order is Order.BIG else reversed(words))
    ]
    if register.type in (RegisterType.INT8, RegisterType.UINT8):
        return pairs[0][:1] if register.high_byte else pairs[0][1:]
    return list(chain.from_iterable(pairs))


def shift(mask: int) -> int:
    """How far the value behind a mask is shifted."""
    return (mask & -mask).bit_length() - 1


def _format(register: RegisterPoint) -> str:
    form = FORMATS.get(register.type, f"{2 * register.width}s")
    # What a float is not available as may be no number, or -0.0, which equals 0.0.
    as_bits = register.type in _FLOATS and register.not_available
    return _UNSIGNED[struct.calcsize(f">{form}")] if as_bits else form


def _finisher(register: RegisterPoint) -> Callable[[_Raw], Decoded]:
    """From what struct gives to value and quality."""
    finish = _FINISHERS[register.point.kind](register)
    steps = tuple(_steps(register))
    if not steps:
        return finish

    def through_steps(raw: _Raw) -> Decoded:
        for step in steps:
            raw = step(raw)
            if raw is None:
                return NOTHING
        return finish(raw)

    return through_steps


def _steps(register: RegisterPoint) -> list[_Step]:
    """What must happen to the raw value first; each gives None for what is no value."""
    steps: list[_Step] = []
    if register.not_available:
        steps.append(_available(register))
    if register.type is RegisterType.STRING:
        steps.append(_text(register))
    elif register.type is RegisterType.TIME:
        steps.append(_time(register))
    elif register.type in _BCD:
        steps.append(_digits)
    elif register.mask is not None:
        mask, by = register.mask, shift(register.mask)
        steps.append(lambda raw: (raw & mask) >> by)
    return steps


def _available(register: RegisterPoint) -> _Step:
    form = ">" + FORMATS[register.type]
    size = struct.calcsize(form)
    patterns = [raw.to_bytes(size, "big") for raw in register.not_available]
    if register.type in _FLOATS:
        unsigned = {int.from_bytes(pattern, "big") for pattern in patterns}
        return lambda raw: (
            None if raw in unsigned else struct.unpack(form, raw.to_bytes(size, "big"))[0]
        )
    missing = {struct.unpack(form, pattern)[0] for pattern in patterns}
    return lambda raw: None if raw in missing else raw


def _digits(raw: int) -> int | None:
    """The decimal digits that are a number's hexadecimal ones."""
    digits = f"{raw:x}"
    return int(digits) if digits.isdecimal() else None


def _text(register: RegisterPoint) -> _Step:
    def text(data: bytes) -> str | None:
        try:
            said = data.partition(b"\0")[0].decode(register.encoding).strip(" ")
        except UnicodeDecodeError:
            return None
        return said if said.isprintable() else None

    return text


def _time(register: RegisterPoint) -> _Step:
    as_text = register.point.kind is PointKind.TEXT

    def time(data: bytes) -> str | float | None:
        at = moment(register.layout, data, register.zone)
        if at is None:
            return None
        return at.isoformat() if as_text else at.timestamp()

    return time


def _number(register: RegisterPoint) -> Callable[[_Raw], Decoded]:
    point, scale, offset = register.point, register.scale, register.offset
    low = -float_info.max if point.low is None else point.low
    high = float_info.max if point.high is None else point.high

    def number(raw: _Raw) -> Decoded:
        value = raw * scale + offset
        return (value, Quality.GOOD) if low <= value <= high else NOTHING

    return number


def _state(register: RegisterPoint) -> Callable[[_Raw], Decoded]:
    states = register.states or {}
    short = {raws.start: state for raws, state in states.items() if len(raws) == 1}
    long = [(raws, state) for raws, state in states.items() if len(raws) > 1]

    def named(raw: _Raw) -> Decoded:
        state = short.get(raw) or next((state for raws, state in long if raw in raws), None)
        return state or UNKNOWN_STATE, Quality.GOOD

    return named


def _said(_: RegisterPoint) -> Callable[[_Raw], Decoded]:
    return lambda raw: (raw, Quality.GOOD)


_FINISHERS: Final[Mapping[PointKind, Callable[[RegisterPoint], Callable[[_Raw], Decoded]]]] = {
    PointKind.NUMBER: _number,
    PointKind.STATE: _state,
    PointKind.TEXT: _said,
}
