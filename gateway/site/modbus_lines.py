"""Modbus connections → lines. Several connections may be one physical line, if they agree on it."""

from collections.abc import Mapping

from gateway.site.connection_model import (
    Framing,
    ModbusLine,
    Rs485,
    Serial,
    Tcp,
    Tls,
    Transport,
    Udp,
)
from gateway.site.connection_schema import (
    ConnectionEntry,
    ModbusEntry,
    ModbusSerialEntry,
    ModbusTcpEntry,
    ModbusUdpEntry,
    Rs485Entry,
)
from gateway.site.draft import Draft

_SAME_BY_PLACE = frozenset({"host", "port"})


def modbus_line(name: str, entry: ModbusEntry, tls: Tls | None) -> ModbusLine:
    """The connection of that name."""
    assert isinstance(entry, ModbusTcpEntry | ModbusUdpEntry | ModbusSerialEntry)
    return ModbusLine(
        name,
        _transport(entry, tls),
        entry.framing,
        entry.timeout,
        entry.pause_after_connect,
        entry.pause_between_requests,
        entry.close_after_cycle,
    )


def check_lines(
    draft: Draft, lines: list[ModbusLine], entries: Mapping[str, ConnectionEntry]
) -> None:
    """Adds a problem for connections that are one line and set it differently, and for settings
    that no line can have."""
    first: dict[tuple[str, str], str] = {}
    for line in lines:
        _check_characters(draft, line)
        other = first.setdefault(line.place, line.id)
        if other != line.id:
            _check_equal(draft, line, other, entries)


def _check_equal(
    draft: Draft, line: ModbusLine, other: str, entries: Mapping[str, ConnectionEntry]
) -> None:
    here, there = (entries[name].model_dump(mode="json") for name in (line.id, other))
    node = draft.nodes.get("connections", line.id)
    for key in here.keys() - _SAME_BY_PLACE:
        if here[key] != there[key]:
            what = (
                f"'{line.id}' and '{other}' are one line, {line.transport}, but differ in '{key}'"
            )
            draft.add(node.get(key).key, what, f"expected the same '{key}' in both")


def _check_characters(draft: Draft, line: ModbusLine) -> None:
    """RTU needs all eight bits (Modbus over Serial Line V1.02, 2.5.1)."""
    serial = line.transport
    if isinstance(serial, Serial) and line.framing is Framing.RTU and serial.data_bits != 8:
        at = draft.nodes.get("connections", line.id, "data_bits").at
        draft.add(at, f"framing rtu with {serial.data_bits} data bits", "expected 8 data bits")


def _transport(
    entry: ModbusTcpEntry | ModbusUdpEntry | ModbusSerialEntry, tls: Tls | None
) -> Transport:
    match entry:
        case ModbusTcpEntry():
            return Tcp(entry.host, entry.port, tls)
        case ModbusUdpEntry():
            return Udp(entry.host, entry.port)
        case ModbusSerialEntry():
            rs485 = _rs485(entry.rs485)
            return Serial(
                entry.port, entry.baud, entry.parity, entry.data_bits, entry.stop_bits, rs485
            )


def _rs485(entry: Rs485Entry | None) -> Rs485 | None:
    if entry is None:
        return None
    high = entry.rts_to_send == "high"
    return Rs485(high, entry.delay_before_send, entry.delay_after_send)
