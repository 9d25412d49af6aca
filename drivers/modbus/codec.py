"""Registers and bits to values, and back.

Bytes within a register are big-endian (Modbus Application Protocol V1.1b3, 4.2); the order of the
registers of a 32-bit value is the vendor's choice.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.errors import Refused
from gateway.model.point import UNKNOWN_STATE, PointKind
from gateway.model.reading import Quality, Value
from gateway.site.modbus_model import RegisterPoint, RegisterType, WordOrder

_FORMATS: Final[Mapping[RegisterType, str]] = {
    RegisterType.INT16: ">h",
    RegisterType.UINT16: ">H",
    RegisterType.INT32: ">i",
    RegisterType.UINT32: ">I",
    RegisterType.FLOAT32: ">f",
}
_WIDTHS: Final[Mapping[RegisterType, int]] = {RegisterType.BIT: 1} | {
    kind: struct.calcsize(layout) // 2 for kind, layout in _FORMATS.items()
}


def width(kind: RegisterType) -> int:
    """How many registers (for BIT: bits) a value takes."""
    return _WIDTHS[kind]


def decode(register: RegisterPoint, words: Sequence[int]) -> tuple[Value, Quality]:
    """The value in `words`: exactly `width(register.type)` registers, or one bit as 0 or 1.

    BAD and None for what a working sensor cannot say: not a number, infinite, or beyond the
    point's limits. A raw value the map does not name is UNKNOWN_STATE.
    """
    raw = _raw(register, words)
    if register.point.kind is PointKind.STATE:
        named = (register.states or {}).get(int(raw)) if raw.is_integer() else None
        return named or UNKNOWN_STATE, Quality.GOOD
    value = raw * register.scale + register.offset
    return (value, Quality.GOOD) if _possible(register, value) else (None, Quality.BAD)


def encode(register: RegisterPoint, value: float | str) -> tuple[int, ...]:
    """The registers (or the one bit) that say `value`, rounded to what the type can hold.

    Raises Refused for a state the map does not name and for a number the type cannot hold.
    """
    raw = _unscaled(register, value)
    if register.type is RegisterType.BIT:
        if raw in (0, 1):
            return (int(raw),)
        raise Refused(register.point.id, f"a bit cannot hold {value}")
    try:
        packed = struct.pack(
            _FORMATS[register.type], raw if register.type is RegisterType.FLOAT32 else round(raw)
        )
    except (struct.error, OverflowError, ValueError) as error:
        raise Refused(register.point.id, f"{register.type} cannot hold {value}") from error
    return _in_order(register, struct.unpack(f">{len(packed) // 2}H", packed))


def _raw(register: RegisterPoint, words: Sequence[int]) -> float:
    if register.type in (RegisterType.BIT, RegisterType.UINT16):
        return float(words[0])
    packed = struct.pack(f">{len(words)}H", *_in_order(register, words))
    return float(struct.unpack(_FORMATS[register.type], packed)[0])


def _in_order(register: RegisterPoint, words: Sequence[int]) -> tuple[int, ...]:
    """Wire order to most significant first, or back: both are the same turn."""
    return tuple(reversed(words) if register.word_order is WordOrder.LITTLE else words)


def _possible(register: RegisterPoint, value: float) -> bool:
    low, high = register.point.low, register.point.high
    return (
        math.isfinite(value) and (low is None or value >= low) and (high is None or value <= high)
    )


def _unscaled(register: RegisterPoint, value: float | str) -> float:
    if not isinstance(value, str):
        return (value - register.offset) / register.scale
    for raw, state in (register.states or {}).items():
        if state == value:
            return raw
    raise Refused(register.point.id, f"the register map has no state {value!r}")
