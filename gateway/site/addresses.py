"""How a device's points are found on its connection: the address keys of its entry, checked."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.point import PointKind
from gateway.site import bundled
from gateway.site.connection_model import Framing
from gateway.site.connection_schema import (
    ConnectionEntry,
    ModbusSerialEntry,
    ModbusTcpEntry,
    ModbusUdpEntry,
)
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.kind_schema import KindEntry
from gateway.site.mapping_schema import MappingEntry
from gateway.site.modbus_model import ModbusAddress
from gateway.site.modbus_schema import RegisterMapEntry
from gateway.site.model import Address, CameraAddress, HeldAddress, MqttAddress, Tripwire
from gateway.site.problems import NOWHERE, suggestion
from gateway.site.registers import modbus_address
from gateway.site.schema import DeviceEntry

MODBUS_TYPES = ("modbus-tcp", "modbus-udp", "modbus-serial")

_NEEDED = {
    **dict.fromkeys(MODBUS_TYPES, ("profile", "unit")),
    "mqtt": ("profile", "topic"),
    "rtsp": ("url",),
    "gateway": (),
}
_ALLOWED = {
    **dict.fromkeys(MODBUS_TYPES, ("period", "modbus")),
    "mqtt": ("points", "entities", "period"),
    "rtsp": ("tripwires",),
    "gateway": (),
}
_ADDRESS_KEYS = {
    "profile",
    "unit",
    "period",
    "modbus",
    "topic",
    "points",
    "entities",
    "url",
    "tripwires",
}

HELD_KINDS = {"zone": "zone", "fire": "fire", "passback": "passback", "pump-group": "group"}
"""What the gateway itself can hold, and the section each has."""

CAMERA_POINTS = {"picture": PointKind.STATE, "crossing": PointKind.EVENT}
"""What a camera can say."""


def address(
    draft: Draft,
    entry: DeviceEntry,
    node: Node,
    connection: ConnectionEntry,
    kind: KindEntry | None,
) -> Address | None:
    """The device's address on that connection; None, and a problem, where it cannot be.

    `kind` is None where the kind itself is wrong.
    """
    needed, allowed = _NEEDED[connection.type], _ALLOWED[connection.type]
    where = f"a device on '{entry.connection}' ({connection.type})"
    surplus = (entry.model_fields_set & _ADDRESS_KEYS) - {*needed, *allowed}
    for key in surplus:
        expected = (
            f"expected only {', '.join(needed + allowed) or 'keys of no address'} for {where}"
        )
        draft.add(node.get(key).key, f"key '{key}' does not belong here", expected)
    missing = [key for key in needed if getattr(entry, key) is None]
    for key in missing:
        draft.add(node.at, f"key '{key}' is missing", f"expected it for {where}")
    reach = _Reach(draft, entry, node, kind)
    if missing:
        return None
    if isinstance(connection, ModbusTcpEntry | ModbusUdpEntry | ModbusSerialEntry):
        if entry.unit in (0, 255) and connection.framing != Framing.TCP:
            at, what = node.get("unit").at, f"'{entry.id}' has unit {entry.unit}"
            draft.add(at, what, f"expected 1 to 247 with framing {connection.framing}")
        return reach.modbus()
    if connection.type == "gateway":
        return reach.held()
    return reach.mqtt() if connection.type == "mqtt" else reach.camera()


def check_section(
    draft: Draft, entry: DeviceEntry, node: Node, connection: ConnectionEntry
) -> None:
    """What the gateway itself holds has the section of its kind, and nothing else has one."""
    for kind, key in HELD_KINDS.items():
        section = getattr(entry, key)
        expected = f"expected it for kind {kind} on a connection of type gateway"
        wanted = connection.type == "gateway" and kind == entry.kind
        if section is not None and not wanted:
            draft.add(node.get(key).key, f"key '{key}' does not belong here", expected)
        elif section is None and wanted and node.get(key).at != NOWHERE:
            draft.add(node.at, f"key '{key}' is missing", expected)


@dataclass(frozen=True, slots=True)
class _Reach:
    """One device's address in the making; its connection's keys are all there."""

    draft: Draft
    entry: DeviceEntry
    node: Node
    kind: KindEntry | None

    def modbus(self) -> ModbusAddress | None:
        assert self.entry.profile is not None
        found = self.draft.registers(self.entry.profile, self.node.get("profile").at)
        if found is None or self.kind is None:
            return None
        if not self._is_for(self.entry.profile, found.kind, self.draft.entries.registers):
            return None
        return modbus_address(self.draft, self.entry, self.node, found, self.kind)

    def mqtt(self) -> MqttAddress | None:
        profile, topic = self.entry.profile, self.entry.topic
        assert profile is not None
        assert topic is not None
        brought = bundled.mqtt_profiles()
        if profile in brought:
            return MqttAddress(profile, topic, self.entry.entities)
        known = self.draft.profiles(brought)
        if profile not in known:
            self.draft.unknown(self.node.get("profile").at, "profile", profile, known)
            return None
        found = self.draft.mapping(profile)
        if found is None or not self._is_for(profile, found.kind, self.draft.entries.mappings):
            return None
        for key in self.entry.model_fields_set & {"points", "entities"}:
            expected = f"expected the points that mapping '{profile}' has"
            what = f"key '{key}' does not belong here"
            self.draft.add(self.node.get(key).key, what, expected)
        return MqttAddress(profile, topic, mapping=found.mapping())

    def held(self) -> HeldAddress | None:
        if self.entry.kind in HELD_KINDS:
            return HeldAddress()
        what = f"the gateway cannot hold a '{self.entry.kind}' itself"
        expected = f"expected kind {' or '.join(HELD_KINDS)} on a connection of type gateway"
        self.draft.add(self.node.get("kind").at, what, expected)
        return None

    def _is_for(
        self, profile: str, kind: str, profiles: Mapping[str, RegisterMapEntry | MappingEntry]
    ) -> bool:
        """Whether that profile is for devices of this kind; a problem where it is for another."""
        if self.kind is None or kind not in self.draft.entries.kinds:
            return False
        if kind != self.entry.kind:
            what = f"profile '{profile}' is for kind '{kind}', not '{self.entry.kind}'"
            fitting = [name for name in profiles if profiles[name].kind == self.entry.kind]
            self.draft.add(self.node.get("profile").at, what, suggestion(profile, fitting))
        return kind == self.entry.kind

    def camera(self) -> CameraAddress | None:
        assert self.entry.url is not None
        points = self.kind.points if self.kind is not None else {}
        told = {name: entry.kind for name, entry in points.items() if not entry.derived}
        beyond = [name for name in told if CAMERA_POINTS.get(name) is not told[name]]
        if beyond:
            what = f"kind '{self.entry.kind}' has points no camera can say: {', '.join(beyond)}"
            self.draft.add(self.node.get("kind").at, what, "expected kind camera")
            return None
        wires = tuple(Tripwire(name, *ends) for name, ends in self.entry.tripwires.items())
        for wire in wires:
            if wire.start == wire.end:
                at = self.node.get("tripwires", wire.name).at
                what = f"tripwire '{wire.name}' has no length"
                self.draft.add(at, what, "expected two different ends")
        return CameraAddress(self.entry.url, wires)
