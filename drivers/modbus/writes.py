"""Requests that write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import WriteMultipleCoilsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import (
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from gateway.errors import Refused
from gateway.site.modbus_model import RegisterTable


@dataclass(frozen=True, slots=True)
class _Function:
    """A function code: what it writes, and at most how many at once (Modbus Application Protocol
    V1.1b3, 6.5, 6.6, 6.11, 6.12)."""

    table: RegisterTable
    most: int
    highest: int
    request: Callable[[int, int, Sequence[int]], ModbusPDU]


_FUNCTIONS: Final[Mapping[int, _Function]] = {
    5: _Function(
        RegisterTable.COIL,
        1,
        1,
        lambda unit, address, values: WriteSingleCoilRequest(
            dev_id=unit, address=address, bits=[bool(values[0])]
        ),
    ),
    6: _Function(
        RegisterTable.HOLDING_REGISTER,
        1,
        0xFFFF,
        lambda unit, address, values: WriteSingleRegisterRequest(
            dev_id=unit, address=address, registers=list(values)
        ),
    ),
    15: _Function(
        RegisterTable.COIL,
        1968,
        1,
        lambda unit, address, values: WriteMultipleCoilsRequest(
            dev_id=unit, address=address, bits=[bool(value) for value in values]
        ),
    ),
    16: _Function(
        RegisterTable.HOLDING_REGISTER,
        123,
        0xFFFF,
        lambda unit, address, values: WriteMultipleRegistersRequest(
            dev_id=unit, address=address, registers=list(values)
        ),
    ),
}
_SINGLE: Final[Mapping[RegisterTable, int]] = {
    RegisterTable.COIL: 5,
    RegisterTable.HOLDING_REGISTER: 6,
}
_SEVERAL: Final[Mapping[RegisterTable, int]] = {
    RegisterTable.COIL: 15,
    RegisterTable.HOLDING_REGISTER: 16,
}


def write_request(
    unit: int,
    table: RegisterTable,
    address: int,
    values: Sequence[int],
    function: int | None,
    subject: str,
) -> ModbusPDU:
    """The request; without `function` by the one that suits. Raises Refused for what cannot be
    written, or not so."""
    codes = _SINGLE if len(values) == 1 else _SEVERAL
    code = function or codes.get(table)
    chosen = _FUNCTIONS.get(code or 0)
    if chosen is None or chosen.table is not table:
        raise Refused(subject, f"function {code} does not write to {table.one}")
    if not 1 <= len(values) <= chosen.most:
        raise Refused(
            subject, f"function {code} writes 1 to {chosen.most} values, not {len(values)}"
        )
    if not 0 <= address <= 0x10000 - len(values):
        raise Refused(subject, f"address {address} is not in 0…65535")
    if any(not 0 <= value <= chosen.highest for value in values):
        raise Refused(subject, f"{table.one} holds 0 to {chosen.highest}, not {list(values)}")
    return chosen.request(unit, address, values)
