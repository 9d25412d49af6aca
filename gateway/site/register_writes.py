"""What of a register map's points may be written: by its commands, or by people who `set` one."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from gateway.model.point import Point, PointKind
from gateway.site.modbus_model import (
    BIT_TABLES,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    Writable,
)
from gateway.site.modbus_schema import RegisterMapEntry, WriteEntry
from gateway.site.model import Setpoint
from gateway.site.problems import suggestion
from gateway.site.register_checks import Misfit, raw_bits

_WORDS: Final = frozenset({RegisterType.STRING, RegisterType.TIME})
_SHARED: Final = frozenset({RegisterType.BIT, RegisterType.INT8, RegisterType.UINT8})
"""Types that leave some of their register's bits to others."""
_PRECISIONS: Final[Mapping[RegisterType, float]] = {
    RegisterType.FLOAT16: 2**-11,
    RegisterType.FLOAT32: 2**-24,
    RegisterType.FLOAT64: 2**-53,
}

_MOST: Final[Mapping[RegisterType, float]] = {
    RegisterType.FLOAT16: 65504.0,
    RegisterType.FLOAT32: 3.4e38,
    RegisterType.FLOAT64: sys.float_info.max,
}


def writable(
    found: RegisterMapEntry, registers: Mapping[str, RegisterPoint]
) -> tuple[Writable, ...]:
    """The registers, given by the points' names, that may be written."""
    return tuple(
        Writable(_as_written(register, write), write.function)
        for name, register in registers.items()
        if (write := found.points[name].write) is not None
    )


def setpoints(found: RegisterMapEntry, points: Mapping[str, Point]) -> dict[str, Setpoint]:
    """What people may set. What a command writes is none: its interlocks must have no way round."""
    of_commands = commanded(found)
    return {
        name: setpoint(point, found, name)
        for name, point in points.items()
        if name in found.points and name not in of_commands and found.points[name].write is not None
    }


def commanded(found: RegisterMapEntry) -> frozenset[str]:
    """What the map's commands write, by name."""
    return frozenset(
        name
        for entry in found.commands.values()
        for name in (*entry.write, *(entry.release.write if entry.release else ()))
    )


def check_write(register: RegisterPoint, write: WriteEntry, point: Point) -> Iterator[Misfit]:
    """What is wrong with the `write` of one point."""
    if register.table not in (RegisterTable.COIL, RegisterTable.HOLDING_REGISTER):
        yield "table", f"has write in {register.table.one}", "expected a coil or holding register"
        return
    if register.type in _WORDS:
        yield "type", f"has write and type {register.type}", "expected a type of numbers"
    fitting = _functions(register)
    if not fitting:
        yield "mask", "cannot be written", "expected write for a mask in one register only"
    elif write.function is not None and write.function not in fitting:
        told = f"cannot be written by function {write.function}"
        yield "write", told, f"expected {' or '.join(map(str, fitting))}"
    if point.kind is PointKind.NUMBER:
        yield from _check_range(register, write, point)
    elif write.low is not None or write.high is not None:
        yield "write", "is no number", "expected low and high for a number point only"
    for state in write.states:
        known = set((register.states or {}).values())
        if state not in known:
            yield "write", f"has no raw value for '{state}'", suggestion(state, known)
    for state, raw in write.raw.items():
        if not any(raw in raws and each == state for raws, each in (register.states or {}).items()):
            expected = "expected one of those that `states` gives it"
            yield "write", f"is not '{state}' where it reads {raw}", expected


def setpoint(point: Point, found: RegisterMapEntry, name: str) -> Setpoint:
    """To what that point may be set."""
    entry = found.points[name]
    write = entry.write or WriteEntry()
    if point.kind is PointKind.STATE:
        named = dict.fromkeys((entry.states or {}).values())
        return Setpoint(point, states=write.states or tuple(named), right=write.right)
    low, high = _range(write, point)
    precision = _PRECISIONS.get(entry.type)
    return Setpoint(
        point,
        low if low is not None else 0.0,
        high if high is not None else 0.0,
        step=abs(entry.scale) * 0.500_001 if precision is None else abs(entry.offset) * precision,
        precision=precision or 0.0,
        right=write.right,
    )


def allowed(of: Setpoint) -> str:
    """In words."""
    return " or ".join(of.states) if of.states else f"{of.low:g} to {of.high:g}"


def _as_written(register: RegisterPoint, write: WriteEntry) -> RegisterPoint:
    """With the raw value first that is written for a state."""
    if not write.raw:
        return register
    first = {range(raw, raw + 1): state for state, raw in write.raw.items()}
    return replace(register, states={**first, **(register.states or {})})


def _functions(register: RegisterPoint) -> tuple[int, ...]:
    """Those that write this place and nothing beside it; none for a mask over several registers:
    reading, changing and writing them could undo what the device does meanwhile."""
    if register.table in BIT_TABLES:
        return 5, 15
    if register.mask is not None or register.type in _SHARED:
        return (22,) if register.width == 1 else ()
    return (6, 16, 23) if register.width == 1 else (16, 23)


def _range(write: WriteEntry, point: Point) -> tuple[float | None, float | None]:
    low = point.low if write.low is None else write.low
    return low, point.high if write.high is None else write.high


def _limits(point: Point) -> str:
    ends = (("low", point.low), ("high", point.high))
    return (
        " and ".join(f"{name}: {end:g}" for name, end in ends if end is not None) + " at the utmost"
    )


def _check_range(register: RegisterPoint, write: WriteEntry, point: Point) -> Iterator[Misfit]:
    low, high = _range(write, point)
    if write.states:
        yield "write", "is a number", "expected low and high, and no states"
    if low is None or high is None or low > high:
        yield "write", "has no limits", "expected write: {low: …, high: …}, low below high"
        return
    if not register.scale:
        yield "scale", "is 0 and can be set to nothing", "expected another scale"
        return
    if (point.low is not None and low < point.low) or (
        point.high is not None and high > point.high
    ):
        told = f"could be set to {low:g} to {high:g}, and is BAD beyond its kind's limits"
        yield "write", told, f"expected {_limits(point)}"
    least, most = raw_range(register)
    raws = sorted((value - register.offset) / register.scale for value in (low, high))
    if raws[0] < least or raws[1] > most:
        told = f"cannot hold {low:g} to {high:g} as {register.type}"
        yield "write", told, "expected low and high that fit its type"


def raw_range(register: RegisterPoint) -> tuple[float, float]:
    """The least and the most that a register of numbers can hold."""
    most = _MOST.get(register.type)
    if most is not None:
        return -most, most
    bits = raw_bits(register.type)
    if register.mask is not None:
        return 0, register.mask // (register.mask & -register.mask)
    if register.type.startswith("bcd"):
        return 0, 10 ** (bits // 4) - 1
    return (
        (-(1 << bits - 1), (1 << bits - 1) - 1)
        if register.type.startswith("int")
        else (0, (1 << bits) - 1)
    )
