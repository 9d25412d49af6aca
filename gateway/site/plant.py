"""What a site file says of pumps, supplies and lighting, looked at together with all devices."""

from collections.abc import Mapping

from gateway.site.desk_schema import DeskEntry
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.model import Device
from gateway.site.plant_schema import PumpEntry
from gateway.site.timing_model import BROUGHT_CALENDARS

LEVEL = "level"


def check_plant(draft: Draft, desk: DeskEntry, devices: Mapping[int, Device]) -> None:
    """Adds what is wrong with the sections and with what they name."""
    by_id = {device.id: device for device in devices.values()}
    calendars = {**BROUGHT_CALENDARS, **desk.calendars}
    for index, entry in enumerate(draft.entries.devices):
        node = draft.nodes.get("devices", index, "pump")
        if entry.pump is None:
            continue
        if entry.kind != "pump":
            draft.add(node.key, f"'{entry.id}' is no pump", "expected pump: with a kind: pump")
        hours = entry.pump.runs_during
        if hours is not None and hours not in calendars:
            draft.unknown(node.get("runs_during").at, "calendar", hours, calendars)
        _check_tanks(draft, node, entry.pump, by_id)


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
