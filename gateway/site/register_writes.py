"""What of a register map may be written: by its commands, or by people who `set` a point."""

from collections.abc import Iterator, Mapping
from typing import Final

from gateway.model.command import Action
from gateway.model.point import Point, PointKind
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.kind_schema import KindEntry
from gateway.site.modbus_model import (
    BIT_TABLES,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    Writable,
    Writing,
)
from gateway.site.modbus_schema import RegisterMapEntry, WriteEntry
from gateway.site.model import Setpoint
from gateway.site.problems import suggestion
from gateway.site.register_checks import Misfit, raw_bits

_ORDER: Final = "run-order"
"""The point that starts and stops a pump."""
_WORDS: Final = frozenset({RegisterType.STRING, RegisterType.TIME})
_SHARED: Final = frozenset({RegisterType.BIT, RegisterType.INT8, RegisterType.UINT8})
"""Types that leave some of their register's bits to others."""
_PRECISIONS: Final[Mapping[RegisterType, float]] = {
    RegisterType.FLOAT16: 2**-11,
    RegisterType.FLOAT32: 2**-24,
    RegisterType.FLOAT64: 2**-53,
}


def writable(
    found: RegisterMapEntry, registers: Mapping[str, RegisterPoint]
) -> tuple[Writable, ...]:
    """The registers, given by the points' names, that may be written."""
    return tuple(
        Writable(register, write.function)
        for name, register in registers.items()
        if (write := found.points[name].write) is not None
    )


def writings(found: RegisterMapEntry, device: str) -> tuple[Writing, ...]:
    """What the map's commands write to that device."""
    return tuple(
        Writing(action, tuple((f"{device}/{name}", value) for name, value in entry.write.items()))
        for action, entry in found.commands.items()
    )


def setpoints(found: RegisterMapEntry, points: Mapping[str, Point]) -> dict[str, Setpoint]:
    """What people may set. What a command writes is none: its interlocks must have no way round."""
    commanded = {name for entry in found.commands.values() for name in entry.write}
    return {
        name: _setpoint(point, found, name)
        for name, point in points.items()
        if name in found.points and name not in commanded and found.points[name].write is not None
    }


def check_write(register: RegisterPoint, write: WriteEntry, point: Point) -> Iterator[Misfit]:
    """What is wrong with the `write` of one point."""
    if register.table not in (RegisterTable.COIL, RegisterTable.HOLDING_REGISTER):
        yield "table", f"has write in a {register.table}", "expected a coil or holding register"
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


def check_commands(
    draft: Draft,
    node: Node,
    found: RegisterMapEntry,
    kind: KindEntry,
    points: Mapping[str, Point],
) -> None:
    """Adds what is wrong with the commands of a map. `points`: those it writes rightly, by name."""
    if _ORDER in setpoints(found, points):
        what = f"'{_ORDER}' could be set past every interlock"
        draft.add(node.get("points", _ORDER).key, what, "expected commands that write it")
    shown = {name for name, entry in kind.points.items() if entry.derived} | found.points.keys()
    for action, entry in found.commands.items():
        at = node.get("commands", action)
        command = kind.commands.get(action)
        if action is Action.SET:
            expected = "expected write at the points that people may set"
            draft.add(at.key, "'set' is no command of a map", expected)
        elif command is None:
            what = f"kind '{found.kind}' knows no '{action}'"
            draft.add(at.key, what, suggestion(action, kind.commands))
        elif shown.isdisjoint(confirmed := [shows.point for shows in command.confirmed_by]):
            what = f"nothing would show that '{action}' was done"
            draft.add(at.key, what, f"expected a register for one of: {', '.join(confirmed)}")
        for name, value in entry.write.items():
            where = at.get("write", name)
            of_map = found.points.get(name)
            if of_map is None or of_map.write is None:
                known = [each for each, point in found.points.items() if point.write is not None]
                what = f"'{action}' writes '{name}', which has no write"
                draft.add(where.key, what, suggestion(name, known))
            elif name in points and not _setpoint(points[name], found, name).allows(value):
                draft.add(
                    where.at,
                    f"'{name}' cannot be set to {value}",
                    _allowed(points[name], found, name),
                )


def _setpoint(point: Point, found: RegisterMapEntry, name: str) -> Setpoint:
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


def _allowed(point: Point, found: RegisterMapEntry, name: str) -> str:
    setpoint = _setpoint(point, found, name)
    if setpoint.states:
        return f"expected {' or '.join(setpoint.states)}"
    return f"expected {setpoint.low:g} to {setpoint.high:g}"


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
    least, most = _raw_range(register)
    raws = sorted((value - register.offset) / register.scale for value in (low, high))
    if raws[0] < least or raws[1] > most:
        told = f"cannot hold {low:g} to {high:g} as {register.type}"
        yield "write", told, "expected low and high that fit its type"


def _raw_range(register: RegisterPoint) -> tuple[float, float]:
    if register.type in _PRECISIONS:
        most = 65504.0 if register.type is RegisterType.FLOAT16 else 3.4e38
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
