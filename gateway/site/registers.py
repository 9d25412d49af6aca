"""Register maps: what they must keep to, and the units that are polled by them."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from gateway.model.clock import MINUTE, Micros
from gateway.model.point import Point
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.kind_points import point
from gateway.site.kind_schema import KindEntry
from gateway.site.modbus_model import (
    BIT_TABLES,
    MISSED_POLLS,
    UTC,
    WIDTHS,
    ModbusAddress,
    Order,
    RegisterPoint,
    RegisterType,
    Report,
    RequestLimits,
    TimeLayout,
)
from gateway.site.modbus_schema import DeadbandEntry, RegisterEntry, RegisterMapEntry, UnitEntry
from gateway.site.problems import nearest
from gateway.site.register_checks import Check
from gateway.site.register_commands import check_commands, writings
from gateway.site.register_places import check_places, lies, place
from gateway.site.register_writes import check_write, writable
from gateway.site.schema import DeviceEntry

HEARTBEAT: Micros = MINUTE
"""Of a point with a deadband alone."""


def check_registers(draft: Draft) -> None:
    """Adds what is wrong with any register map, used or not."""
    for name, registers in draft.entries.registers.items():
        node = draft.nodes.get("registers", name)
        kind_of = draft.kind(registers.kind, node.get("kind").at)
        if kind_of is not None:
            check_places(draft, node, registers)
            points = {}
            for key in registers.points:
                checked = _check_register(draft, node.get("points", key), registers, key, kind_of)
                if checked is not None:
                    points[key] = checked.point
            check_commands(draft, node, registers, kind_of, points)


def modbus_address(
    draft: Draft, entry: DeviceEntry, node: Node, found: RegisterMapEntry, kind: KindEntry
) -> ModbusAddress:
    """The unit of that device, which has a `unit`, as that register map reads it."""
    assert entry.unit is not None
    period = entry.period or found.period
    own = entry.modbus or UnitEntry()
    limits = own.limits.limits(found.limits.limits(RequestLimits()))
    by_name = {
        name: _polled(
            _register(
                point(entry.id, name, kind.points[name]),
                register,
                found,
                own.zone or found.zone or UTC,
            ),
            period,
        )
        for name, register in found.points.items()
        if name in kind.points and not kind.points[name].derived
    }
    registers = tuple(by_name.values())
    for register in registers if own.limits.registers else ():
        if register.table not in BIT_TABLES and register.width > limits.registers:
            what = f"'{register.point.id}' takes {register.width} registers"
            at = node.get("modbus", "limits", "registers").at
            draft.add(at, what, "expected limits that one request can read it with")
    pause = found.pause if own.pause is None else own.pause
    if pause >= period:
        at = node.at if own.pause is None else node.get("modbus", "pause").at
        what = f"'{entry.id}' cannot be asked so often and be left alone for so long"
        draft.add(at, what, "expected a pause shorter than its period")
    return ModbusAddress(
        entry.unit,
        period,
        registers,
        limits,
        pause,
        writable(found, by_name),
        writings(found, entry.id),
    )


def _register(
    point: Point, entry: RegisterEntry, found: RegisterMapEntry, zone: ZoneInfo
) -> RegisterPoint:
    table, address = place(found, entry)
    return RegisterPoint(
        point=point,
        table=table,
        address=address,
        type=entry.type,
        word_order=entry.word_order or _word_order(entry, found),
        scale=entry.scale,
        offset=entry.offset,
        states=entry.states,
        byte_order=entry.byte_order or found.byte_order,
        mask=entry.mask if entry.bit is None else 1 << entry.bit,
        high_byte=entry.byte == "high",
        not_available=frozenset(_not_available(entry, found)),
        length=entry.length or 1,
        encoding=entry.encoding,
        layout=entry.layout or TimeLayout.UNIX32,
        zone=zone,
        period=entry.period,
        report=_report(point, entry, found),
    )


def _report(point: Point, entry: RegisterEntry, found: RegisterMapEntry) -> Report | None:
    heartbeat = entry.heartbeat or found.heartbeat or (HEARTBEAT if entry.deadband else None)
    return None if heartbeat is None else Report(heartbeat, _deadband(point, entry.deadband))


def _deadband(point: Point, entry: DeadbandEntry | None) -> float:
    if entry is None:
        return 0.0
    if entry.absolute is not None:
        return entry.absolute
    assert entry.percent is not None
    return (entry.percent / 100) * ((point.high or 0.0) - (point.low or 0.0))


def _word_order(entry: RegisterEntry, found: RegisterMapEntry) -> Order:
    """The map's is that of numbers; a text's registers come one after the other."""
    counts = entry.layout in (TimeLayout.UNIX32, TimeLayout.UNIX64)
    return found.word_order if entry.type in WIDTHS or counts else Order.BIG


def _not_available(entry: RegisterEntry, found: RegisterMapEntry) -> tuple[int, ...]:
    """The map's are each for values of as many registers as they are written with."""
    if entry.not_available is not None:
        return entry.not_available
    of_a_byte = entry.type in (RegisterType.INT8, RegisterType.UINT8)
    of_a_coil = entry.type is RegisterType.BIT and entry.bit is None
    if of_a_byte or of_a_coil or entry.type not in WIDTHS:
        return ()
    return tuple(raw for raw in found.not_available if _registers(raw) == WIDTHS[entry.type])


def _registers(raw: int) -> int:
    return 1 if raw <= 0xFFFF else 2 if raw <= 0xFFFF_FFFF else 4


def _check_register(
    draft: Draft, node: Node, registers: RegisterMapEntry, name: str, kind: KindEntry
) -> RegisterPoint | None:
    """The register where it is sound."""
    of_kind = kind.points.get(name)
    if of_kind is None:
        told = [each for each, entry in kind.points.items() if not entry.derived]
        what = f"kind '{registers.kind}' has no point '{name}'"
        draft.add(node.key, what, nearest(name, told))
        return None
    if of_kind.derived:
        what = f"'{name}' is said by the gateway, and by no device"
        draft.add(node.key, what, "expected it to be left out")
        return None
    entry = registers.points[name]
    if not lies(registers, entry):
        return None
    register = _register(point("any", name, of_kind), entry, registers, UTC)
    most = registers.limits.limits(RequestLimits()).registers
    misfits = list(Check(entry, register, of_kind, most).misfits())
    if not misfits and entry.write is not None:
        misfits += check_write(register, entry.write, register.point)
    for key, what, expected in misfits:
        draft.add(node.get(key).at, f"'{name}' {what}", expected)
    return None if misfits else register


def _polled(register: RegisterPoint, period: Micros) -> RegisterPoint:
    """A point that is polled or reported rarely may be silent for longer than its kind says."""
    heard_every = max(
        register.period or period, register.report.heartbeat if register.report else 0
    )
    silence = max(register.point.period or 0, MISSED_POLLS * heard_every)
    return replace(register, point=replace(register.point, period=silence))
