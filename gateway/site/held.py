"""What a site file says of zones, fire linkages and areas, looked at together with all devices."""

from collections.abc import Mapping
from typing import Final

from gateway.model.command import Action
from gateway.model.point import Point, PointKind
from gateway.site.desk_schema import DeskEntry
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.held_model import FireSettings, PassbackMode, PassbackSettings, ZoneSettings
from gateway.site.model import CameraAddress, Device
from gateway.site.problems import NOWHERE
from gateway.site.timing_model import BROUGHT_CALENDARS

LINE_STATES: Final = ("normal", "alarm", "open", "short")
"""What a line says; the first two are needed."""


def check_held(draft: Draft, devices: Mapping[int, Device], desk: DeskEntry | None) -> None:
    """Adds what is wrong with the devices, points and calendars they name."""
    _Names(draft, devices, desk).check()


class _Names:
    def __init__(self, draft: Draft, devices: Mapping[int, Device], desk: DeskEntry | None) -> None:
        self._draft = draft
        self._devices = devices
        self._by_id = {device.id: device for device in devices.values()}
        self._points = {point.id: point for d in devices.values() for point in d.points}
        own = {} if desk is None else desk.calendars
        self._area_doors: set[str] = set()
        self._calendars = None if desk is None else {*BROUGHT_CALENDARS, *own}

    def check(self) -> None:
        watched: set[str] = set()
        zones_wrong = False
        for index, device in self._devices.items():
            node = self._draft.nodes.get("devices", index)
            for place, camera in enumerate(device.cameras):
                self._camera(camera, node.get("cameras", place))
            zones_wrong |= device.kind == "zone" and node.get("zone").at == NOWHERE
            if device.zone is not None:
                self._zone(device.zone, node.get("zone"))
                watched |= {line.point.rpartition("/")[0] for line in device.zone.lines}
            if device.fire is not None:
                self._fire(device.fire, node.get("fire"))
            if device.passback is not None:
                self._passback(device.passback, node.get("passback"))
        for index, device in self._devices.items():
            if device.kind == "line" and device.id not in watched and not zones_wrong:
                at = self._draft.nodes.get("devices", index).get("id").at
                what = f"no zone watches line '{device.id}'"
                self._draft.add(at, what, "expected it in the `lines` of a zone")

    def _zone(self, zone: ZoneSettings, node: Node) -> None:
        for index, line in enumerate(zone.lines):
            point = self._point(line.point, node.get("lines", index, "point"))
            if point is not None and not _is_line(point):
                what = f"'{line.point}' is no line"
                expected = f"expected an event, or states {' and '.join(LINE_STATES[:2])} and"
                at = node.get("lines", index, "point").at
                self._draft.add(at, what, f"{expected} at most {' and '.join(LINE_STATES[2:])}")
        for key, names in (("lamps", zone.lamps), ("sirens", zone.sirens)):
            for index, name in enumerate(names):
                self._commanded(name, Action.SWITCH_ON, node.get(key, index))
        for key in ("disarmed_during", "part_armed_during"):
            name = getattr(zone, key)
            if name is not None and self._calendars is not None and name not in self._calendars:
                self._draft.unknown(node.get(key).at, "calendar", name, self._calendars)

    def _fire(self, fire: FireSettings, node: Node) -> None:
        for index, name in enumerate(fire.inputs):
            at = node.get("inputs", index)
            point = self._point(name, at)
            if point is not None and "normal" not in point.states:
                self._draft.add(at.at, f"'{name}' has no state 'normal'", "expected one that has")
        wanted = (("doors", fire.doors, Action.LOCK_OPEN), ("barriers", fire.barriers, Action.OPEN))
        for key, names, action in wanted:
            for index, name in enumerate(names):
                self._commanded(name, action, node.get(key, index))

    def _passback(self, area: PassbackSettings, node: Node) -> None:
        """A reader that asks must have one answer, so a door is in one area alone."""
        for index, name in enumerate(each.door for each in area.doors):
            at = node.get("doors", index, "door")
            door = self._device(name, at)
            if door is None:
                continue
            told = {point.id.rpartition("/")[2] for point in door.told}
            if door.kind != "door" or "access" not in told:
                what = f"'{name}' tells of no credentials"
                self._draft.add(at.at, what, "expected a door that has the point access")
            elif area.mode is PassbackMode.HARD:
                self._commanded(name, Action.OPEN, at)
            if name in self._area_doors:
                what = f"'{name}' is in an anti-passback area already"
                self._draft.add(at.at, what, "expected each door once")
            self._area_doors.add(name)

    def _camera(self, name: str, node: Node) -> None:
        camera = self._device(name, node)
        if camera is not None and not isinstance(camera.address, CameraAddress):
            self._draft.add(node.at, f"'{name}' is no camera", "expected a camera")

    def _commanded(self, name: str, action: Action, node: Node) -> None:
        device = self._device(name, node)
        if device is not None and action not in device.commands:
            what = f"'{name}' cannot be asked to {action}"
            expected = f"expected a device whose kind has the command {action}"
            self._draft.add(node.at, what, f"{expected} and a point that confirms it")

    def _point(self, name: str, node: Node) -> Point | None:
        device = name.rpartition("/")[0]
        if self._device(device, node) is None:
            return None
        if name not in self._points:
            near = (point for point in self._points if point.rpartition("/")[0] == device)
            self._draft.unknown(node.at, "point", name, near)
        return self._points.get(name)

    def _device(self, name: str, node: Node) -> Device | None:
        """None where the device is wrong, which has been told."""
        if name not in self._draft.device_ids:
            self._draft.unknown(node.at, "device", name, self._draft.device_ids)
        return self._by_id.get(name)


def _is_line(point: Point) -> bool:
    words = set(point.states)
    return point.kind is PointKind.EVENT or set(LINE_STATES[:2]) <= words <= set(LINE_STATES)
