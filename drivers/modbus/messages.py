"""pymodbus's messages, but for the two that most of a poll's time would go into."""

import struct

from pymodbus.exceptions import ModbusIOException
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadInputRegistersResponse,
)


class _HoldingRegisters(ReadHoldingRegistersResponse):
    """Unpacked at once, and not described for a log that nobody reads."""

    def decode(self, data: bytes) -> None:
        size = data[0]
        if size % 2 or size >= len(data):
            raise ModbusIOException(f"{size} bytes announced, {len(data) - 1} came")
        self.registers = list(struct.unpack_from(f">{size // 2}H", data, 1))

    def __str__(self) -> str:
        return type(self).__name__


class _InputRegisters(_HoldingRegisters):
    function_code = ReadInputRegistersResponse.function_code


def answers_decoder() -> DecodePDU:
    """Decodes answers."""
    decoder = DecodePDU(is_server=False)
    decoder.register(_HoldingRegisters)
    decoder.register(_InputRegisters)
    return decoder
