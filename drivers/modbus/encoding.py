"""Values to registers and bits: the way back of `codec.py`."""

import struct
from datetime import datetime

from drivers.modbus.codec import FORMATS, positions, shift
from drivers.modbus.times import written
from gateway.errors import Refused
from gateway.model.point import PointKind
from gateway.site.modbus_model import BIT_TABLES, RegisterPoint, RegisterType


def encode(register: RegisterPoint, value: float | str) -> tuple[int, ...]:
    """The registers (or the one bit) that say `value`, rounded to what the type can hold.

    Bits that `taken` leaves out are 0. Raises Refused for a state the map does not name, for what
    the type cannot hold, and for what would say that there is no value.
    """
    raw = _raw(register, value)
    if register.table in BIT_TABLES:
        if not isinstance(raw, str) and round(raw, 6) in (0, 1):
            return (round(raw),)
        raise Refused(register.point.id, f"a bit cannot hold {value}")
    try:
        packed = _packed(register, raw)
    except (struct.error, OverflowError, ValueError) as error:
        raise Refused(register.point.id, f"{register.type} cannot hold {value}") from error
    if int.from_bytes(packed, "big") in register.not_available:
        raise Refused(register.point.id, f"{value} would say that there is no value")
    return _words(register, packed)


def taken(register: RegisterPoint) -> tuple[int, ...]:
    """Which bits of each of its registers the value takes; the others are somebody else's."""
    if register.table in BIT_TABLES:
        return (1,)
    size = len(positions(register))
    mask = (1 << 8 * size) - 1 if register.mask is None else register.mask
    return _words(register, mask.to_bytes(size, "big"))


def _raw(register: RegisterPoint, value: float | str) -> float | str:
    kind = register.point.kind
    if kind is PointKind.STATE:
        for raws, state in (register.states or {}).items():
            if state == value:
                return raws.start
        raise Refused(register.point.id, f"the register map has no state {value!r}")
    if isinstance(value, str) is not (kind is PointKind.TEXT):
        raise Refused(register.point.id, f"a {kind} cannot be {value!r}")
    return value if isinstance(value, str) else (value - register.offset) / register.scale


def _packed(register: RegisterPoint, raw: float | str) -> bytes:
    """The value's bytes, the most significant first."""
    if isinstance(raw, str) and register.type is RegisterType.STRING:
        return _text(register, raw)
    if register.type is RegisterType.TIME:
        at = datetime.fromisoformat(raw) if isinstance(raw, str) else _instant(register, raw)
        return written(register.layout, at.astimezone(register.zone))
    assert not isinstance(raw, str)
    form = ">" + FORMATS[register.type]
    if "float" in register.type:
        return struct.pack(form, raw)
    whole = round(raw)
    if "bcd" in register.type:
        whole = int(str(whole), 16)
    if register.mask is not None:
        if not 0 <= whole <= register.mask >> shift(register.mask):
            raise ValueError("beyond its bits")
        whole <<= shift(register.mask)
    return struct.pack(form, whole)


def _text(register: RegisterPoint, text: str) -> bytes:
    said = text.encode(register.encoding)
    room = 2 * register.length
    if len(said) > room or not text.isprintable():
        raise ValueError(f"expected at most {room} bytes of text")
    return said.ljust(room, b"\0")


def _instant(register: RegisterPoint, seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, register.zone)


def _words(register: RegisterPoint, packed: bytes) -> tuple[int, ...]:
    placed = bytearray(2 * register.width)
    for position, byte in zip(positions(register), packed, strict=True):
        placed[position] = byte
    return struct.unpack(f">{register.width}H", placed)
