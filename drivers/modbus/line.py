"""What a connection is asked and told: reads and writes, and what came of them."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final, Self

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.mei_message import (
    ReadDeviceInformationRequest,
    ReadDeviceInformationResponse,
)
from pymodbus.pdu.register_message import (
    MaskWriteRegisterRequest,
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    ReadWriteMultipleRegistersRequest,
)

from drivers.modbus.answers import (
    IllegalAddress,
    NoAnswer,
    refusal,
    write_refusal,
)
from drivers.modbus.meter import LineMeter
from drivers.modbus.wire import Wires
from drivers.modbus.writes import write_request
from gateway.errors import Malformed, Refused, Unanswered
from gateway.model.clock import Micros
from gateway.site.connection_model import Framing, ModbusLine
from gateway.site.modbus_model import BIT_TABLES, RegisterTable

__all__ = ["IllegalAddress", "Line", "NoAnswer"]

# pymodbus logs every failure every time, with frames. What matters of it is raised below and told
# once, on the edge, by whoever asked.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

_READS: Final[Mapping[RegisterTable, type[ModbusPDU]]] = {
    RegisterTable.COIL: ReadCoilsRequest,
    RegisterTable.DISCRETE_INPUT: ReadDiscreteInputsRequest,
    RegisterTable.HOLDING_REGISTER: ReadHoldingRegistersRequest,
    RegisterTable.INPUT_REGISTER: ReadInputRegistersRequest,
}


class Line:
    """`async with Line(connection, wires) as line`; connects when first asked, and again when
    needed. Commands (writes, and reads that are `urgent`) go before polls."""

    def __init__(self, connection: ModbusLine, wires: Wires | None = None) -> None:
        self._id = connection.id
        self._broadcasts = connection.framing is not Framing.TCP
        self._wire = (wires or Wires()).to(connection)

    async def __aenter__(self) -> Self:
        self._wire.hold()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._wire.let_go()

    @property
    def meter(self) -> LineMeter:
        """What the physical line does, whoever uses it."""
        return self._wire.meter

    def free_at(self, unit: int) -> Micros:
        """Until when that unit is left alone; in the past where it is not."""
        return self._wire.free_at(unit)

    def end_cycle(self) -> None:
        """Nothing is due for now: a connection that is to be closed after each cycle is closed."""
        self._wire.end_cycle()

    async def read(
        self,
        unit: int,
        table: RegisterTable,
        start: int,
        count: int,
        *,
        urgent: bool = False,
        pause: Micros = 0,
    ) -> Sequence[int]:
        """`count` registers, or bits as 0 and 1. `pause`: the least before this unit is asked
        again.

        Raises IllegalAddress or Refused for an exception response, Malformed for an answer that is
        not one to this request, NoAnswer for silence and Unreachable when the server cannot be
        connected to.
        """
        subject = f"{self._id} unit {unit}"
        self._refuse_broadcast(unit, subject)
        request = _READS[table](dev_id=unit, address=start, count=count)
        answer = await self._wire.ask(request, subject, urgent=urgent, pause=pause)
        assert answer is not None
        if answer.isError():
            raise refusal(answer.exception_code, f"{subject} {table} {start}+{count}")
        return answer.bits[:count] if table in BIT_TABLES else answer.registers

    async def identify(self, unit: int) -> Sequence[str]:
        """Maker, product and revision as the unit tells them (function 43/14, 6.21). Raises what
        `read` does."""
        subject = f"{self._id} unit {unit}"
        self._refuse_broadcast(unit, subject)
        answer = await self._wire.ask(ReadDeviceInformationRequest(dev_id=unit), subject)
        assert answer is not None
        if answer.isError():
            raise refusal(answer.exception_code, f"{subject} identification")
        if not isinstance(answer, ReadDeviceInformationResponse):
            raise Malformed(subject, "answered with something else than who made it")
        told = answer.information
        texts = [told[each].decode("utf-8", "replace").strip("\0 ") for each in sorted(told)]
        return [text for text in texts if text and text.isprintable()]

    async def write(
        self,
        unit: int,
        table: RegisterTable,
        address: int,
        values: Sequence[int],
        *,
        function: int | None = None,
        pause: Micros = 0,
        expires_at: Micros | None = None,
    ) -> None:
        """Writes coils (0 and 1) or holding registers, by function 5 or 6 for one value and 15 or
        16 for several, or by the one given. Sent once, before `expires_at`, and never again. Unit 0
        on a serial line is all of them, and nobody answers.

        Raises Unanswered when it may have been done; Refused or Unreachable when it was not.
        """
        subject = f"{self._id} unit {unit}"
        request = write_request(unit, table, address, values, function, subject)
        place = f"{subject} {table} {address}+{len(values)}"
        await self._order(request, place, pause, expires_at)

    async def mask_write(
        self,
        unit: int,
        address: int,
        and_mask: int,
        or_mask: int,
        *,
        pause: Micros = 0,
        expires_at: Micros | None = None,
    ) -> None:
        """Sets a holding register to (old AND `and_mask`) OR (`or_mask` AND NOT `and_mask`), by
        function 22. Raises what `write` does."""
        request = MaskWriteRegisterRequest(address, and_mask, or_mask, dev_id=unit)
        subject = f"{self._id} unit {unit} {RegisterTable.HOLDING_REGISTER} {address}"
        await self._order(request, subject, pause, expires_at)

    async def read_write(
        self,
        unit: int,
        start: int,
        count: int,
        address: int,
        values: Sequence[int],
        *,
        pause: Micros = 0,
        expires_at: Micros | None = None,
    ) -> Sequence[int]:
        """Writes `values` to holding registers from `address` on, then reads `count` from `start`
        on, in one request (function 23). Raises what `write` does."""
        subject = f"{self._id} unit {unit} {RegisterTable.HOLDING_REGISTER} {address}"
        self._refuse_broadcast(unit, subject)
        request = ReadWriteMultipleRegistersRequest(start, count, address, values, dev_id=unit)
        answer = await self._order(request, subject, pause, expires_at)
        assert answer is not None
        return answer.registers

    async def _order(
        self, request: ModbusPDU, subject: str, pause: Micros, expires_at: Micros | None
    ) -> ModbusPDU | None:
        try:
            answer = await self._wire.order(request, subject, pause=pause, expires_at=expires_at)
        except (NoAnswer, Malformed) as error:
            raise Unanswered(subject, error.problem) from error
        if answer is not None and answer.isError():
            raise write_refusal(answer.exception_code, subject)
        return answer

    def _refuse_broadcast(self, unit: int, subject: str) -> None:
        if unit == 0 and self._broadcasts:
            raise Refused(subject, "nobody answers a broadcast", "name a unit from 1 to 247")
