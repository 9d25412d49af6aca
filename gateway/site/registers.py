"""Register maps: what they must keep to, and the units that are polled by them."""

from dataclasses import replace

from gateway.model.clock import Micros
from gateway.model.point import Point, PointKind
from gateway.site.draft import Draft
from gateway.site.kind_points import point
from gateway.site.kind_schema import KindEntry, PointEntry
from gateway.site.modbus_model import ModbusAddress, RegisterPoint, RegisterTable, RegisterType
from gateway.site.modbus_schema import RegisterEntry, RegisterMapEntry
from gateway.site.problems import suggestion
from gateway.site.schema import DeviceEntry

_BITS = {RegisterTable.COIL, RegisterTable.DISCRETE_INPUT}
_TWO_REGISTERS = {RegisterType.INT32, RegisterType.UINT32, RegisterType.FLOAT32}

MISSED_POLLS = 3
"""So many polls without an answer are still a normal silence."""


def check_registers(draft: Draft) -> None:
    """Adds what is wrong with any register map, used or not."""
    for name, registers in draft.entries.registers.items():
        node = draft.nodes.get("registers", name)
        kind_of = draft.kind(registers.kind, node.get("kind").at)
        if kind_of is not None:
            for key, register in registers.points.items():
                _check_register(draft, (name, key), register, registers.kind, kind_of)


def modbus_address(entry: DeviceEntry, found: RegisterMapEntry, kind: KindEntry) -> ModbusAddress:
    """The unit of that device, which has a `unit`, as that register map reads it."""
    assert entry.unit is not None
    period = entry.period or found.period
    registers = tuple(
        RegisterPoint(
            point=_polled(point(entry.id, name, kind.points[name]), period),
            table=register.table,
            address=register.address,
            type=register.type,
            word_order=register.word_order,
            scale=register.scale,
            offset=register.offset,
            states=register.states,
        )
        for name, register in found.points.items()
        if name in kind.points and not kind.points[name].derived
    )
    return ModbusAddress(entry.unit, period, registers)


def _check_register(
    draft: Draft, where: tuple[str, str], register: RegisterEntry, kind: str, entry: KindEntry
) -> None:
    profile, name = where
    node = draft.nodes.get("registers", profile, "points", name)
    if name not in entry.points:
        what = f"kind '{kind}' has no point '{name}'"
        draft.add(node.key, what, suggestion(name, entry.points))
        return
    for key, what, expected in _misfits(register, entry.points[name]):
        at = node.get(key).at
        draft.add(at, f"'{name}' {what}", expected)


def _misfits(register: RegisterEntry, point: PointEntry) -> list[tuple[str, str, str]]:
    """Key, what is wrong with it, what was expected."""
    found = []
    if (register.table in _BITS) != (register.type is RegisterType.BIT):
        expected = "expected bit for a coil or discrete_input, and for no other table"
        found.append(("type", f"has type {register.type} in a {register.table}", expected))
    if register.type in _TWO_REGISTERS and register.address == 65535:
        found.append(("address", "does not fit into one register", "expected at most 65534"))
    if point.kind is PointKind.EVENT:
        found.append(("kind", "is an event", "expected a number or a state in a register"))
    if (point.kind is PointKind.STATE) != bool(register.states):
        expected = "expected {raw: state} for a state point, and for no other"
        found.append(("states", "has its raw values wrong", expected))
    for raw, state in (register.states or {}).items():
        if state not in point.states:
            told = f"has no state '{state}' for {raw}"
            found.append(("states", told, suggestion(state, point.states)))
    return found


def _polled(polled: Point, period: Micros) -> Point:
    """A point polled rarely may be silent for longer than its kind says."""
    return replace(polled, period=max(polled.period or 0, MISSED_POLLS * period))
