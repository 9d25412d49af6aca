"""Connection entries → connections."""

from collections.abc import Mapping
from pathlib import Path

from gateway.site.connection_model import (
    Connection,
    Held,
    ModbusLine,
    MqttBroker,
    RtspCameras,
    Tls,
)
from gateway.site.connection_schema import (
    ConnectionEntry,
    HeldEntry,
    ModbusEntry,
    ModbusTcpEntry,
    MqttEntry,
    TlsEntry,
)
from gateway.site.draft import Draft
from gateway.site.modbus_lines import check_lines, modbus_line


def connections(draft: Draft, folder: Path, site: str) -> tuple[Connection, ...]:
    """Every connection of the site with that id. Two to one broker are a problem, and two to one
    Modbus line unless their settings agree. Files they name are relative to `folder`."""
    entries = draft.entries.connections
    _check_places(draft, entries)
    for name, entry in entries.items():
        if isinstance(entry, MqttEntry | ModbusTcpEntry):
            _check_tls(draft, name, entry.tls)
        if isinstance(entry, MqttEntry):
            _check_credentials(draft, name, entry)
    built = tuple(_connection(name, entry, folder, site) for name, entry in entries.items())
    check_lines(draft, [each for each in built if isinstance(each, ModbusLine)], entries)
    return built


def _check_places(draft: Draft, entries: Mapping[str, ConnectionEntry]) -> None:
    taken: dict[tuple[str, int], str] = {}
    for name, entry in entries.items():
        if not isinstance(entry, ModbusTcpEntry | MqttEntry):
            continue
        other = taken.setdefault((entry.host.lower(), entry.port), name)
        if other == name or entry.type == entries[other].type == "modbus-tcp":
            continue
        at = draft.nodes.get("connections", name).key
        what = f"'{name}' goes where '{other}' goes: {entry.host}:{entry.port}"
        draft.add(at, what, f"expected one connection; put the devices of both on '{other}'")


def _check_tls(draft: Draft, name: str, tls: TlsEntry | None) -> None:
    if tls is not None and (tls.certificate is None) != (tls.key is None):
        at = draft.nodes.get("connections", name, "tls").key
        draft.add(at, "certificate and key belong together", "expected both or neither")


def _check_credentials(draft: Draft, name: str, entry: MqttEntry) -> None:
    node = draft.nodes.get("connections", name)
    if entry.password is not None and entry.password_file is not None:
        what = "both password and password_file are given"
        draft.add(node.get("password_file").key, what, "expected one of them")
    if entry.username is None and (entry.password or entry.password_file) is not None:
        draft.add(node.key, "a password without a user", "expected username beside it")


def _connection(name: str, entry: ConnectionEntry, folder: Path, site: str) -> Connection:
    if isinstance(entry, ModbusEntry):
        tls = entry.tls if isinstance(entry, ModbusTcpEntry) else None
        return modbus_line(name, entry, _tls(tls, folder))
    if isinstance(entry, MqttEntry):
        return MqttBroker(
            name,
            entry.host,
            entry.port,
            entry.client_id,
            entry.username,
            entry.password,
            _tls(entry.tls, folder),
            entry.discovery,
            None if entry.password_file is None else folder / entry.password_file,
            entry.status or f"gatehouse/{site}/status",
            entry.share,
            entry.rate,
        )
    return Held(name) if isinstance(entry, HeldEntry) else RtspCameras(name, entry.timeout)


def _tls(entry: TlsEntry | None, folder: Path) -> Tls | None:
    if entry is None:
        return None
    files = (entry.ca, entry.certificate, entry.key)
    return Tls(*(None if file is None else folder / file for file in files))
