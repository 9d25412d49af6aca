"""Device and connection entries → devices and connections."""

from collections.abc import Mapping

from gateway.model.command import Action
from gateway.model.point import Point
from gateway.site.addresses import address, check_section
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.kind_points import commands, derived_points, held_points, told_points
from gateway.site.kind_schema import KindEntry
from gateway.site.modbus_model import ModbusAddress
from gateway.site.model import (
    SET_WITHIN,
    Address,
    Confirmation,
    Device,
    HeldAddress,
    MqttAddress,
    Setpoint,
)
from gateway.site.problems import NOWHERE
from gateway.site.register_commands import confirmed_by, rights
from gateway.site.register_writes import setpoints
from gateway.site.schema import DeviceEntry


def devices(draft: Draft) -> dict[int, Device]:
    """Every sound device, by its index in the file's list, templates spread out."""
    built: dict[int, Device] = {}
    ids: dict[str, Node] = {}
    addresses: dict[object, str] = {}
    for index, entry in enumerate(draft.entries.devices):
        node = draft.nodes.get("devices", index)
        first = ids.setdefault(entry.id, node)
        is_there_twice = first is not node and node.get("id").at != NOWHERE
        if is_there_twice:
            line = first.get("id").at.line
            expected = f"expected each id once; the first is on line {line}"
            draft.add(node.get("id").at, f"device '{entry.id}' is there twice", expected)
        device = _device(draft, entry, node)
        if device is not None:
            _check_address(draft, device, node, addresses)
        if device is not None and not is_there_twice:
            built[index] = device
    return built


def _device(draft: Draft, entry: DeviceEntry, node: Node) -> Device | None:
    connection = draft.connection(entry.connection, node.get("connection").at)
    kind = draft.kind(entry.kind, node.get("kind").at)
    if connection is None:
        return None
    check_section(draft, entry, node, connection)
    reached = address(draft, entry, node, connection, kind)
    if reached is None or kind is None:
        return None
    if entry.barrier is not None and entry.kind != "barrier":
        what = f"'{entry.id}' is no barrier"
        draft.add(node.get("barrier").key, what, "expected barrier: with a kind: barrier")
    points = _points(draft, entry, node, kind, reached)
    found = draft.entries.registers.get(entry.profile or "") if _is_modbus(reached) else None
    named = {point.id.rpartition("/")[2]: point for point in points}
    settable = {} if found is None else setpoints(found, named)
    known = kind.commands if found is None else confirmed_by(found, kind)
    return Device(
        id=entry.id,
        kind=entry.kind,
        name=entry.name.text(),
        place=entry.place.text(),
        connection=entry.connection,
        address=reached,
        points=points,
        position=entry.position,
        area=entry.area,
        commands=_commands(commands(points, known), points, reached, settable),
        rights={} if found is None else rights(found),
        barrier=None if entry.barrier is None else entry.barrier.settings(),
        cameras=entry.cameras,
        zone=None if entry.zone is None else entry.zone.settings(),
        fire=None if entry.fire is None else entry.fire.settings(),
        passback=None if entry.passback is None else entry.passback.settings(),
        door=None if entry.door is None else entry.door.settings(),
        setpoints=settable,
        pump=None if entry.pump is None else entry.pump.settings(),
        group=None if entry.group is None else entry.group.settings(),
        lighting=None if entry.lighting is None else entry.lighting.settings(),
        generator=None if entry.generator is None else entry.generator.settings(),
        transfer_switch=(
            None if entry.transfer_switch is None else entry.transfer_switch.settings()
        ),
    )


def _is_modbus(reached: Address) -> bool:
    return isinstance(reached, ModbusAddress)


def _commands(
    known: Mapping[Action, Confirmation],
    points: tuple[Point, ...],
    reached: Address,
    settable: Mapping[str, Setpoint],
) -> Mapping[Action, Confirmation]:
    """By Modbus only what its register map writes, and what the gateway itself holds."""
    if not isinstance(reached, ModbusAddress):
        return known
    derived = {point.id for point in points if point.derived}
    written = {writing.action for writing in reached.writings}
    kept = {a: shows for a, shows in known.items() if a in written or shows.point in derived}
    by_value = {Action.SET: Confirmation("", frozenset(), SET_WITHIN)} if settable else {}
    return kept | by_value


def _points(
    draft: Draft, entry: DeviceEntry, node: Node, kind: KindEntry, reached: Address
) -> tuple[Point, ...]:
    match reached:
        case HeldAddress():
            return held_points(entry.id, kind)
        case ModbusAddress(registers=registers):
            told = tuple(register.point for register in registers)
        case _:
            told = told_points(draft, entry, node, kind)
    return told + derived_points(entry, told, kind)


def _check_address(draft: Draft, device: Device, node: Node, taken: dict[object, str]) -> None:
    """Two devices at one address are one device, or a slip of the pen."""
    where: object
    if isinstance(device.address, HeldAddress):
        return
    if isinstance(device.address, ModbusAddress):
        key, where = "unit", (device.address.unit, node.get("profile").plain())
    elif isinstance(device.address, MqttAddress):
        key, where = "topic", (device.address.topic, *sorted(device.address.entities.items()))
    else:
        key, where = "url", device.address.url
    if NOWHERE in (node.get(key).at, node.get("profile").at):
        return
    other = taken.setdefault((device.connection, where), device.id)
    if other != device.id:
        what = f"'{device.id}' has the same {key} as '{other}'"
        expected = f"expected a {key} of its own"
        if isinstance(device.address, ModbusAddress):
            expected += ", or another profile: one unit may be several devices"
        draft.add(node.get(key).at, what, expected)
