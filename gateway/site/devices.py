"""Device and connection entries → devices with their points and addresses."""

from dataclasses import replace

from gateway.model.point import Point, PointKind
from gateway.site import bundled
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.model import (
    Address,
    CameraAddress,
    Connection,
    Device,
    ModbusAddress,
    ModbusTcp,
    MqttAddress,
    MqttBroker,
    RegisterPoint,
    RtspCameras,
    Tripwire,
)
from gateway.site.problems import suggestion
from gateway.site.schema import (
    ConnectionEntry,
    DeviceEntry,
    KindEntry,
    ModbusTcpEntry,
    MqttEntry,
    PointEntry,
)

_NEEDED = {"modbus-tcp": ("profile", "unit"), "mqtt": ("profile", "topic"), "rtsp": ("url",)}
_ALLOWED = {"modbus-tcp": ("period",), "mqtt": (), "rtsp": ("tripwires",)}
_ADDRESS_KEYS = ("profile", "unit", "period", "topic", "url", "tripwires")

CAMERA_POINTS = {"picture": PointKind.STATE, "crossing": PointKind.EVENT}
"""What a camera can say."""

MISSED_POLLS = 3
"""So many polls without an answer are still a normal silence."""


def connections(draft: Draft) -> tuple[Connection, ...]:
    """Every connection; two to the same host and port are a problem."""
    taken: dict[tuple[str, int], str] = {}
    for name, entry in draft.entries.connections.items():
        if not isinstance(entry, ModbusTcpEntry | MqttEntry):
            continue
        other = taken.setdefault((entry.host.lower(), entry.port), name)
        if other != name:
            at = draft.nodes.get("connections", name).key
            what = f"'{name}' goes where '{other}' goes: {entry.host}:{entry.port}"
            draft.add(at, what, f"expected one connection; put the devices of both on '{other}'")
    return tuple(_connection(name, entry) for name, entry in draft.entries.connections.items())


def devices(draft: Draft) -> dict[int, Device]:
    """Every sound device, by its index in the file's list, templates spread out."""
    built: dict[int, Device] = {}
    ids: dict[str, Node] = {}
    addresses: dict[object, str] = {}
    for index, entry in enumerate(draft.entries.devices):
        node = draft.nodes.get("devices", index)
        first = ids.setdefault(entry.id, node)
        if first is not node:
            line = first.get("id").at.line
            expected = f"expected each id once; the first is on line {line}"
            draft.add(node.get("id").at, f"device '{entry.id}' is there twice", expected)
        device = _device(draft, entry, node)
        if device is not None:
            built[index] = device
            _check_address(draft, device, node, addresses)
    return built


def point(device: str, name: str, entry: PointEntry) -> Point:
    """That point of that device."""
    return Point(
        id=f"{device}/{name}",
        kind=entry.kind,
        name=entry.name.text(),
        unit=entry.unit,
        states=entry.states,
        low=entry.low,
        high=entry.high,
        period=entry.period,
    )


def _connection(name: str, entry: ConnectionEntry) -> Connection:
    if isinstance(entry, ModbusTcpEntry):
        return ModbusTcp(name, entry.host, entry.port, entry.timeout)
    if isinstance(entry, MqttEntry):
        return MqttBroker(
            name, entry.host, entry.port, entry.client_id, entry.username, entry.password
        )
    return RtspCameras(name, entry.timeout)


def _device(draft: Draft, entry: DeviceEntry, node: Node) -> Device | None:
    connection = draft.connection(entry.connection, node.get("connection").at)
    kind = draft.kind(entry.kind, node.get("kind").at)
    if connection is None or not _has_its_keys(draft, entry, connection, node) or kind is None:
        return None
    points = {name: point(entry.id, name, found) for name, found in kind.points.items()}
    address: Address | None
    if connection.type == "modbus-tcp":
        address = _modbus(draft, entry, node, points)
    elif connection.type == "mqtt":
        address = _mqtt(draft, entry, node)
    else:
        address = _camera(draft, entry, node, kind)
    if address is None:
        return None
    measured = tuple(points.values())
    if isinstance(address, ModbusAddress):
        measured = tuple(register.point for register in address.registers)
    return Device(
        id=entry.id,
        kind=entry.kind,
        name=entry.name.text(),
        place=entry.place.text(),
        connection=entry.connection,
        address=address,
        points=measured,
        position=entry.position,
    )


def _has_its_keys(
    draft: Draft, entry: DeviceEntry, connection: ConnectionEntry, node: Node
) -> bool:
    needed, allowed = _NEEDED[connection.type], _ALLOWED[connection.type]
    where = f"a device on '{entry.connection}' ({connection.type})"
    missing = [key for key in needed if getattr(entry, key) is None]
    surplus = [
        key
        for key in _ADDRESS_KEYS
        if key in entry.model_fields_set and key not in needed + allowed
    ]
    for key in missing:
        draft.add(node.at, f"key '{key}' is missing", f"expected it for {where}")
    for key in surplus:
        expected = f"expected only {', '.join(needed + allowed)} for {where}"
        draft.add(node.get(key).key, f"key '{key}' does not belong here", expected)
    return not missing and not surplus


def _modbus(
    draft: Draft, entry: DeviceEntry, node: Node, points: dict[str, Point]
) -> ModbusAddress | None:
    assert entry.profile is not None
    assert entry.unit is not None
    at = node.get("profile").at
    found = draft.registers(entry.profile, at)
    if found is None:
        return None
    if found.kind != entry.kind:
        what = f"profile '{entry.profile}' is for kind '{found.kind}', not '{entry.kind}'"
        fitting = [
            name for name, map_ in draft.entries.registers.items() if map_.kind == entry.kind
        ]
        draft.add(at, what, suggestion(entry.profile, fitting))
        return None
    period = entry.period or found.period
    registers = tuple(
        RegisterPoint(
            point=_polled(points[name], period),
            table=register.table,
            address=register.address,
            type=register.type,
            word_order=register.word_order,
            scale=register.scale,
            offset=register.offset,
            states=register.states,
        )
        for name, register in found.points.items()
        if name in points
    )
    return ModbusAddress(entry.unit, period, registers)


def _polled(polled: Point, period: int) -> Point:
    """A point polled rarely may be silent for longer than its kind says."""
    return replace(polled, period=max(polled.period or 0, MISSED_POLLS * period))


def _mqtt(draft: Draft, entry: DeviceEntry, node: Node) -> MqttAddress | None:
    assert entry.profile is not None
    assert entry.topic is not None
    known = bundled.mqtt_profiles()
    if entry.profile not in known:
        draft.unknown(node.get("profile").at, "profile", entry.profile, known)
        return None
    return MqttAddress(entry.profile, entry.topic)


def _camera(draft: Draft, entry: DeviceEntry, node: Node, kind: KindEntry) -> CameraAddress | None:
    assert entry.url is not None
    beyond = [name for name, found in kind.points.items() if CAMERA_POINTS.get(name) != found.kind]
    if beyond:
        what = f"kind '{entry.kind}' has points no camera can say: {', '.join(beyond)}"
        draft.add(node.get("kind").at, what, "expected kind camera")
        return None
    wires = tuple(Tripwire(name, *ends) for name, ends in entry.tripwires.items())
    for wire in wires:
        if wire.start == wire.end:
            at = node.get("tripwires", wire.name).at
            draft.add(at, f"tripwire '{wire.name}' has no length", "expected two different ends")
    return CameraAddress(entry.url, wires)


def _check_address(draft: Draft, device: Device, node: Node, taken: dict[object, str]) -> None:
    """Two devices at one address are one device, or a slip of the pen."""
    address = device.address
    where: object
    if isinstance(address, ModbusAddress):
        key, where = "unit", (address.unit, node.get("profile").plain())
    elif isinstance(address, MqttAddress):
        key, where = "topic", address.topic
    else:
        key, where = "url", address.url
    other = taken.setdefault((device.connection, where), device.id)
    if other != device.id:
        what = f"'{device.id}' has the same {key} as '{other}'"
        draft.add(node.get(key).at, what, "expected an address of its own")
