"""One Modbus TCP connection: one request at a time, and no answer ever taken for another's."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Self

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from drivers.modbus.plan import BIT_TABLES
from gateway.errors import Malformed, Refused, Unreachable
from gateway.model.clock import MILLISECOND, SECOND
from gateway.site.connection_model import ModbusTcp
from gateway.site.modbus_model import RegisterTable

# pymodbus logs every failure every time, with frames. What matters of it is raised below and told
# once, on the edge, by whoever asked.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

_REQUESTS: Final[Mapping[RegisterTable, type[ModbusPDU]]] = {
    RegisterTable.COIL: ReadCoilsRequest,
    RegisterTable.DISCRETE_INPUT: ReadDiscreteInputsRequest,
    RegisterTable.HOLDING_REGISTER: ReadHoldingRegistersRequest,
    RegisterTable.INPUT_REGISTER: ReadInputRegistersRequest,
}

_ILLEGAL_ADDRESS: Final = 2
_EXCEPTIONS: Final[Mapping[int, str]] = {
    1: "illegal function",
    _ILLEGAL_ADDRESS: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target does not respond",
}
"""Modbus Application Protocol V1.1b3, 7."""
_SILENT_BEHIND_GATEWAY: Final = frozenset({10, 11})


class NoAnswer(Unreachable):
    """One unit is silent; the line itself may be well."""


class IllegalAddress(Refused):
    """The unit has not all of the addresses asked for."""


class Line:
    """`async with Line(connection) as line`; connects when first asked, and again when needed."""

    def __init__(self, connection: ModbusTcp) -> None:
        self._connection = connection
        self._client: AsyncModbusTcpClient | None = None
        self._turn = asyncio.Lock()
        self._patience: asyncio.Timeout | None = None
        self._last_transaction = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._disconnect()

    async def read(self, unit: int, table: RegisterTable, start: int, count: int) -> Sequence[int]:
        """`count` registers, or bits as 0 and 1.

        Raises IllegalAddress or Refused for an exception response, Malformed for an answer that is
        not one to this request, NoAnswer for silence and Unreachable when the server cannot be
        connected to.
        """
        request = _REQUESTS[table](dev_id=unit, address=start, count=count)
        subject = f"{self._connection.id} unit {unit}"
        async with self._turn:
            client = await self._connected()
            try:
                answer = await self._ask(client, request, subject)
                _check_identity(request, answer, subject)
                words = None if answer.isError() else _words(request, table, answer, subject)
            except BaseException:
                # An answer may still be on its way: it must find the connection closed.
                self._disconnect()
                raise
        if words is None:
            raise _refusal(answer.exception_code, f"{subject} {table} {start}+{count}")
        return words

    async def _ask(
        self, client: AsyncModbusTcpClient, request: ModbusPDU, subject: str
    ) -> ModbusPDU:
        patience = asyncio.timeout(self._connection.timeout / SECOND)
        self._patience = patience
        try:
            with _cancellable():
                async with patience:
                    answer: ModbusPDU = await client.execute(False, request)
        except TimeoutError as error:
            silent = f"no answer within {self._connection.timeout // MILLISECOND} ms"
            problem = silent if client.connected else "the connection broke off"
            raise NoAnswer(subject, problem) from error
        except ModbusException as error:
            raise NoAnswer(subject, str(error)) from error
        finally:
            self._patience = None
            self._last_transaction = client.ctx.next_tid
        return answer

    async def _connected(self) -> AsyncModbusTcpClient:
        if self._client and self._client.connected:
            return self._client
        self._disconnect()
        host, port = self._connection.host, self._connection.port
        timeout = self._connection.timeout / SECOND
        # Each connection has a client of its own: nothing half received outlives it. pymodbus
        # never reconnects by itself, nor repeats a request; its own time-out lies behind ours.
        self._client = client = AsyncModbusTcpClient(
            host,
            port=port,
            timeout=2 * timeout,
            retries=0,
            reconnect_delay=0,
            trace_connect=self._on_connection,
        )
        try:
            with _cancellable():
                async with asyncio.timeout(timeout):
                    connected = await client.connect()
        except (TimeoutError, ModbusException):
            connected = False
        if not connected:
            raise Unreachable(
                f"{self._connection.id} ({host}:{port})",
                "no Modbus server takes the connection",
                "check that the device is switched on, and its address and port",
            )
        # Numbered on across connections: an answer that a serial gateway brings late, and on the
        # new connection, must not bear the number of a request made there.
        client.ctx.next_tid = self._last_transaction
        return client

    def _on_connection(self, made: bool) -> None:
        """pymodbus lets a request on a broken connection run into its time-out: end it now."""
        if not made and self._patience and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time())

    def _disconnect(self) -> None:
        if self._client:
            self._client.close()
            self._client = None


def _check_identity(request: ModbusPDU, answer: ModbusPDU, subject: str) -> None:
    """pymodbus passes over most foreign answers, but takes transaction 0, any unit when asked for
    unit 0, and any function."""
    asked = (request.transaction_id, request.dev_id, request.function_code)
    got = (answer.transaction_id, answer.dev_id, answer.function_code & 0x7F)
    if asked != got:
        raise Malformed(subject, f"asked (transaction, unit, function) {asked}, answered {got}")


def _words(
    request: ModbusPDU, table: RegisterTable, answer: ModbusPDU, subject: str
) -> Sequence[int]:
    in_bits = table in BIT_TABLES
    words = answer.bits if in_bits else answer.registers
    expected = -(-request.count // 8) * 8 if in_bits else request.count
    if len(words) != expected:
        raise Malformed(subject, f"asked for {request.count} of {table}, answered {len(words)}")
    return words[: request.count]


def _refusal(code: int, subject: str) -> Refused | NoAnswer:
    problem = f"exception {code} ({_EXCEPTIONS.get(code, 'unknown')})"
    if code in _SILENT_BEHIND_GATEWAY:
        return NoAnswer(subject, problem)
    return (IllegalAddress if code == _ILLEGAL_ADDRESS else Refused)(subject, problem)


@contextmanager
def _cancellable() -> Iterator[None]:
    """Around every call of pymodbus: some of its releases turn a cancellation into an error, and
    the asyncio.wait_for it uses loses one that meets the answer (CPython gh-86296, until 3.12)."""
    try:
        yield
    finally:
        task = asyncio.current_task()
        if task and task.cancelling():
            raise asyncio.CancelledError
