"""What a site file says of pumps, supplies and lighting, looked at together with all devices."""

from collections.abc import Collection, Mapping

from gateway.model.command import Action
from gateway.model.point import PointKind
from gateway.site.desk_schema import DeskEntry
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.model import Device
from gateway.site.plant_schema import GroupEntry, PumpEntry
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
