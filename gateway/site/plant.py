"""What a site file says of pumps, supplies and lighting, looked at together with all devices."""

from collections.abc import Collection, Mapping

from gateway.model.command import Action
from gateway.model.point import PointKind
from gateway.site.desk_schema import DeskEntry
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.model import Device
from gateway.site.plant_model import Control
from gateway.site.plant_schema import GroupEntry, PumpEntry
from gateway.site.problems import Place
from gateway.site.schema import DeviceEntry
from gateway.site.timing_model import BROUGHT_CALENDARS

LEVEL = "level"


def check_plant(draft: Draft, desk: DeskEntry, devices: Mapping[int, Device]) -> None:
    """Adds what is wrong with the sections and with what they name."""
    by_id = {device.id: device for device in devices.values()}
    calendars = {**BROUGHT_CALENDARS, **desk.calendars}
    for index, entry in enumerate(draft.entries.devices):
        node = draft.nodes.get("devices", index)
        if entry.group is not None:
            _check_group(draft, node.get("group"), entry.group, by_id)
        if entry.pump is not None:
            _check_pump(draft, node.get("pump"), entry, by_id, calendars)
        if entry.generator is not None:
            _check_generator(draft, node.get("generator"), entry, by_id)
        if entry.lighting is not None:
            _check_lighting(draft, node.get("lighting"), entry, by_id, calendars)
        if entry.transfer_switch is not None:
            _check_transfer(draft, node.get("transfer_switch"), entry, draft.device_ids)


def _check_pump(
    draft: Draft,
    node: Node,
    entry: DeviceEntry,
    devices: Mapping[str, Device],
    calendars: Collection[str],
) -> None:
    pump = entry.pump
    assert pump is not None
    if entry.kind != "pump":
        draft.add(node.key, f"'{entry.id}' is no pump", "expected pump: with a kind: pump")
    hours = pump.runs_during
    if hours is not None and hours not in calendars:
        draft.unknown(node.get("runs_during").at, "calendar", hours, calendars)
    _check_tanks(draft, node, pump, devices)


def _check_group(
    draft: Draft, node: Node, group: GroupEntry, devices: Mapping[str, Device]
) -> None:
    for index, name in enumerate(group.pumps):
        at, pump = node.get("pumps", index).at, devices.get(name)
        if name not in draft.device_ids:
            draft.unknown(at, "device", name, draft.device_ids)
        elif pump is not None and not {Action.START, Action.STOP} <= pump.commands.keys():
            expected = "expected a pump whose profile says how it is started and stopped"
            draft.add(at, f"'{name}' cannot be asked to start and stop", expected)
        elif pump is not None and pump.pump is not None and pump.pump.fire:
            draft.add(at, f"'{name}' is a fire pump", "expected pumps that may be stopped")
    points = {point.id: point for device in devices.values() for point in device.points}
    at = node.get("by").at
    if group.by.partition("/")[0] not in draft.device_ids or group.by not in points:
        draft.unknown(at, "point", group.by, points)
    elif points[group.by].kind is not PointKind.NUMBER:
        draft.add(at, f"'{group.by}' is no number", "expected a level or a pressure")


def _check_generator(
    draft: Draft, node: Node, entry: DeviceEntry, devices: Mapping[str, Device]
) -> None:
    generator = entry.generator
    assert generator is not None
    if entry.kind != "generator":
        draft.add(node.key, f"'{entry.id}' is no generator", "expected it with kind: generator")
        return
    if generator.transfer is not None and generator.transfer not in draft.device_ids:
        draft.unknown(node.get("transfer").at, "device", generator.transfer, draft.device_ids)
    points = {point.id: point for device in devices.values() for point in device.points}
    mains = generator.mains or f"{entry.id}/mains"
    own = devices.get(entry.id)
    if mains not in points:
        if generator.mains is not None:
            draft.unknown(node.get("mains").at, "point", mains, points)
        elif own is not None:
            expected = "expected mains: the point of another device with present and lost"
            draft.add(node.at, f"'{entry.id}' does not tell of the mains", expected)
    elif not {"present", "lost"} <= {*points[mains].states}:
        expected = "expected a point with the states present and lost"
        draft.add(node.get("mains").at, f"'{mains}' does not tell of the mains", expected)
    asked = {Action.START, Action.STOP}
    if generator.control == Control.GATEWAY and own is not None and not asked <= {*own.commands}:
        expected = "expected control: own, or a profile that says how it is started and stopped"
        draft.add(node.get("control").at, f"'{entry.id}' cannot be asked to start", expected)


def _check_transfer(draft: Draft, node: Node, entry: DeviceEntry, devices: Collection[str]) -> None:
    transfer = entry.transfer_switch
    assert transfer is not None
    if entry.kind != "transfer-switch":
        expected = "expected it with kind: transfer-switch"
        draft.add(node.key, f"'{entry.id}' is no transfer switch", expected)
    if transfer.generator is not None and transfer.generator not in devices:
        draft.unknown(node.get("generator").at, "device", transfer.generator, devices)


def _check_lighting(
    draft: Draft,
    node: Node,
    entry: DeviceEntry,
    devices: Mapping[str, Device],
    calendars: Collection[str],
) -> None:
    lighting, own = entry.lighting, devices.get(entry.id)
    assert lighting is not None
    if entry.kind != "lighting":
        expected = "expected lighting: with a kind: lighting"
        draft.add(node.key, f"'{entry.id}' is no lighting circuit", expected)
        return
    points = {point.id: point for device in devices.values() for point in device.points}
    if lighting.photocell is not None:
        at = node.get("photocell").at
        if lighting.photocell not in points:
            draft.unknown(at, "point", lighting.photocell, points)
        elif points[lighting.photocell].kind is not PointKind.NUMBER:
            what = f"'{lighting.photocell}' is no number"
            draft.add(at, what, "expected a daylight sensor in lx")
    hours = lighting.lit_during
    if hours is not None and hours not in calendars:
        draft.unknown(node.get("lit_during").at, "calendar", hours, calendars)
    asked = {Action.SWITCH_ON, Action.SWITCH_OFF}
    if lighting.control == Control.GATEWAY and own is not None and not asked <= {*own.commands}:
        expected = "expected control: own, or a profile that says how it is switched"
        draft.add(node.get("control").at, f"'{entry.id}' cannot be asked to switch", expected)


def _check_tanks(draft: Draft, node: Node, pump: PumpEntry, devices: Mapping[str, Device]) -> None:
    sides = (
        ("draws_from", pump.draws_from, "low_level", pump.low_level, "low-switch"),
        ("fills", pump.fills, "high_level", pump.high_level, "high-switch"),
    )
    for key, tank, level, limit, switch in sides:
        if tank is None:
            continue
        at = node.get(key).at
        if tank not in draft.device_ids:
            draft.unknown(at, "device", tank, draft.device_ids)
        elif (device := devices.get(tank)) is not None:
            names = {point.id.rpartition("/")[2] for point in device.points}
            if switch not in names and (LEVEL not in names or limit is None):
                expected = f"expected {level} with a point {LEVEL}, or a tank with {switch}"
                draft.add(at, f"'{tank}' does not show when it is so", expected)
            elif limit is not None:
                _check_limit(draft, node.get(level).at, limit, device)


def _check_limit(draft: Draft, at: Place, limit: float, tank: Device) -> None:
    """A level that the tank never has would keep a pump from nothing, or for ever."""
    for point in tank.points:
        if point.id.rpartition("/")[2] != LEVEL or point.low is None or point.high is None:
            continue
        if not point.low < limit < point.high:
            what = f"'{point.id}' never passes {limit:g}"
            draft.add(at, what, f"expected between {point.low:g} and {point.high:g}")
