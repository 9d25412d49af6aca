"""Connection entries → connections."""

from pathlib import Path

from gateway.site.connection_model import (
    Connection,
    Held,
    ModbusTcp,
    MqttBroker,
    RtspCameras,
    Tls,
)
from gateway.site.connection_schema import (
    ConnectionEntry,
    HeldEntry,
    ModbusTcpEntry,
    MqttEntry,
    TlsEntry,
)
from gateway.site.draft import Draft


def connections(draft: Draft, folder: Path, site: str) -> tuple[Connection, ...]:
    """Every connection of the site with that id; two to the same host and port are a problem. Files
    they name are relative to `folder`."""
    taken: dict[tuple[str, int], str] = {}
    for name, entry in draft.entries.connections.items():
        if not isinstance(entry, ModbusTcpEntry | MqttEntry):
            continue
        other = taken.setdefault((entry.host.lower(), entry.port), name)
        if other != name:
            at = draft.nodes.get("connections", name).key
            what = f"'{name}' goes where '{other}' goes: {entry.host}:{entry.port}"
            draft.add(at, what, f"expected one connection; put the devices of both on '{other}'")
        if isinstance(entry, MqttEntry):
            _check_credentials(draft, name, entry)
    return tuple(
        _connection(name, entry, folder, site) for name, entry in draft.entries.connections.items()
    )


def _check_credentials(draft: Draft, name: str, entry: MqttEntry) -> None:
    node, tls = draft.nodes.get("connections", name), entry.tls
    if tls is not None and (tls.certificate is None) != (tls.key is None):
        what = "certificate and key belong together"
        draft.add(node.get("tls").key, what, "expected both or neither")
    if entry.password is not None and entry.password_file is not None:
        what = "both password and password_file are given"
        draft.add(node.get("password_file").key, what, "expected one of them")
    if entry.username is None and (entry.password or entry.password_file) is not None:
        draft.add(node.key, "a password without a user", "expected username beside it")


def _connection(name: str, entry: ConnectionEntry, folder: Path, site: str) -> Connection:
    if isinstance(entry, ModbusTcpEntry):
        return ModbusTcp(name, entry.host, entry.port, entry.timeout)
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
