"""What a site file says of doors, looked at together."""

from collections.abc import Mapping

from gateway.model.command import Action
from gateway.site.desk_schema import DeskEntry
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.model import Device
from gateway.site.timing_model import BROUGHT_CALENDARS


def check_doors(draft: Draft, desk: DeskEntry, devices: Mapping[int, Device]) -> None:
    """Doors alone have a door's times; their calendar and their sounder must be there."""
    by_id = {device.id: device for device in devices.values()}
    calendars = {**BROUGHT_CALENDARS, **desk.calendars}
    for index, entry in enumerate(draft.entries.devices):
        if entry.door is None:
            continue
        node = draft.nodes.get("devices", index, "door")
        if entry.kind != "door":
            draft.add(node.key, f"'{entry.id}' is no door", "expected door: with a kind: door")
        office = entry.door.office
        if office is not None and office.hours not in calendars:
            draft.unknown(node.get("office", "hours").at, "calendar", office.hours, calendars)
        for place, other in enumerate(entry.door.interlock):
            _check_other(draft, node.get("interlock", place), entry.id, other, by_id)
        if entry.door.sounder is not None:
            _check_sounder(draft, node.get("sounder"), entry.door.sounder, by_id)


def _check_other(
    draft: Draft, node: Node, door: str, other: str, devices: Mapping[str, Device]
) -> None:
    device = devices.get(other)
    if other not in draft.device_ids:
        draft.unknown(node.at, "device", other, draft.device_ids)
    elif other == door or (device is not None and device.kind != "door"):
        draft.add(node.at, f"'{other}' is no other door", "expected the air lock's other doors")


def _check_sounder(draft: Draft, node: Node, sounder: str, devices: Mapping[str, Device]) -> None:
    device = devices.get(sounder)
    if sounder not in draft.device_ids:
        draft.unknown(node.at, "device", sounder, draft.device_ids)
    elif device is not None and Action.SWITCH_ON not in device.commands:
        expected = "expected a device that can be switched on, such as one of kind output"
        draft.add(node.at, f"'{sounder}' makes no sound", expected)
