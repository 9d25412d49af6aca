"""Modbus connections by pymodbus: its transports, framers and messages, one request at a time."""

import asyncio
import os
import termios
from collections.abc import Mapping
from ssl import SSLCertVerificationError, SSLContext, SSLError
from typing import Final, cast

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerBase
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import ModbusPDU
from pymodbus.transaction import TransactionManager
from pymodbus.transport import CommParams, CommType
from serial.rs485 import RS485Settings

from drivers.modbus.answers import foreign, misfit, wrong_length
from drivers.modbus.framing import AsciiFramer, RtuFramer
from drivers.modbus.messages import answers_decoder
from gateway.errors import Unreachable
from gateway.model.clock import SECOND
from gateway.site import tls
from gateway.site.connection_model import (
    Framing,
    ModbusLine,
    Parity,
    Rs485,
    Serial,
    Tcp,
    Transport,
    Udp,
)

_FRAMERS: Final[Mapping[Framing, type[FramerBase]]] = {
    Framing.TCP: FramerSocket,
    Framing.RTU: RtuFramer,
    Framing.ASCII: AsciiFramer,
}
_PARITIES: Final = {Parity.EVEN: "E", Parity.ODD: "O", Parity.NONE: "N"}
_LONGEST_INPUT: Final = 2048
"""Bytes: noise before a frame must not push the frame out."""
_BETWEEN_BYTES: Final = 0.05
"""Seconds: an answer whose bytes are that close is still coming in, however slow the line is."""


async def connect(line: ModbusLine) -> "Carrier":
    """A new connection. Raises Unreachable when there is none to be had, and BadConfig for
    certificates that cannot be used."""
    trusted = None
    if isinstance(line.transport, Tcp) and line.transport.tls is not None:
        trusted = await asyncio.to_thread(tls.context, line.id, line.transport.tls)
    carrier = Carrier(line, trusted)
    try:
        async with asyncio.timeout(line.timeout / SECOND):
            await carrier.open()
    except (OSError, ValueError, termios.error) as error:  # settings that the port cannot have
        carrier.close()
        raise _unreachable(line, error) from error
    except BaseException:
        carrier.close()
        raise
    return carrier


class Carrier(TransactionManager):
    """pymodbus's transaction manager without its repeating, reconnecting, and waiting, which turns
    cancellation into errors. Used once: nothing half received outlives it.

    What comes while nothing is asked is dropped. Where answers bear no transaction number, what is
    no answer to the request is passed over: the right one may come behind it.
    """

    def __init__(self, line: ModbusLine, trusted: SSLContext | None) -> None:
        framer = _FRAMERS[line.framing](answers_decoder())
        params = _params(line.transport, trusted)
        super().__init__(params, framer, 0, False, None, None, None)
        self.max_buffer_size = _LONGEST_INPUT
        self.heard_at = 0.0
        """When the last byte came, by the loop's clock."""
        self._rs485 = line.transport.rs485 if isinstance(line.transport, Serial) else None
        self._numbered = line.framing is Framing.TCP
        self._request: ModbusPDU | None = None
        self._ill_sized: ModbusPDU | None = None
        self._at_last = 0.0
        self._timer: asyncio.TimerHandle

    async def open(self) -> None:
        """Raises OSError, and ValueError for settings the port cannot have."""
        self.transport, _ = await self.call_create()
        await asyncio.sleep(0)  # a serial port is listened to from the loop's next turn on
        if self._rs485 is not None:
            try:
                self.transport.sync_serial.rs485_mode = _rs485(self._rs485)  # type: ignore[attr-defined]
            except (ValueError, OSError) as error:
                raise _NoRs485(str(error)) from error

    async def ask(self, request: ModbusPDU, patience: float) -> ModbusPDU:
        """The answer, or the unit's one of a wrong length when none comes right behind it. Raises
        TimeoutError after `patience` seconds, or up to twice that while bytes are coming in, and
        OSError or ModbusException when the connection ends."""
        self._request, self._ill_sized = request, None
        self.response_future = answer = self.loop.create_future()
        self._at_last = self.loop.time() + 2 * patience
        self._timer = self.loop.call_later(patience, self._expire, answer)
        try:
            self.tell(request)
            return cast(ModbusPDU, await answer)
        finally:
            self._timer.cancel()

    def _expire(self, answer: "asyncio.Future[ModbusPDU]") -> None:
        now = self.loop.time()
        if now < self._at_last and now - self.heard_at < _BETWEEN_BYTES:
            self._timer = self.loop.call_later(_BETWEEN_BYTES, self._expire, answer)
        elif not answer.done():
            if self._ill_sized is None:
                answer.set_exception(TimeoutError())
            else:
                answer.set_result(self._ill_sized)

    def tell(self, request: ModbusPDU) -> None:
        """Sends what nobody answers."""
        request.transaction_id = self.getNextTID()
        self.pdu_send(request)

    def discard_input(self) -> None:
        """Forgets what has come so far, also in the serial port's buffer."""
        self.recv_buffer = b""
        self._request = None
        self.transport.sync_serial.reset_input_buffer()  # type: ignore[attr-defined]

    def datagram_received(self, data: bytes, addr: tuple[str, int] | None) -> None:
        """By UDP an answer with a number is whole (a converter may cut RTU and ASCII frames where
        it likes): what was cut off is not made whole by the next one. What comes by TCP, in pieces,
        has no address here."""
        if self._numbered and addr is not None:
            self.recv_buffer = b""
        super().datagram_received(data, addr)

    def callback_data(self, data: bytes, addr: object = None) -> int:  # noqa: ARG002
        """Bytes have come; how many of them are done with."""
        self.heard_at = self.loop.time()
        request = self._request
        if request is None or self.response_future.done():
            return len(data)
        used = 0
        try:
            while True:
                length, answer = self.framer.handleFrame(
                    data[used:], request.dev_id, request.transaction_id
                )
                used += length
                if answer is None:
                    return used
                if self._numbered or not misfit(request, answer):
                    self.response_future.set_result(answer)
                    return used
                self._note_ill_sized(request, answer)
        except ModbusException as error:
            if self._numbered:
                self.response_future.set_exception(error)
            return len(data)

    def _note_ill_sized(self, request: ModbusPDU, answer: ModbusPDU) -> None:
        """It may be a late one to another request, with the right one right behind it."""
        if self._ill_sized or foreign(request, answer) or not wrong_length(request, answer):
            return
        self._ill_sized = answer
        self._timer.cancel()
        self._timer = self.loop.call_later(_BETWEEN_BYTES, self._expire, self.response_future)

    def callback_disconnected(self, exc: Exception | None) -> None:
        """The other side has ended the connection."""
        if not self.response_future.done():
            self.response_future.set_exception(exc or ConnectionError("the connection broke off"))

    def error_received(self, exc: Exception) -> None:
        """ICMP says that nobody takes what was sent by UDP."""
        if not self.response_future.done():
            self.response_future.set_exception(exc)


class _NoRs485(ValueError):
    """The port's driver does not know TIOCSRS485, or not these settings."""


def _params(transport: Transport, trusted: SSLContext | None) -> CommParams:
    match transport:
        case Serial():
            return CommParams(
                comm_type=CommType.SERIAL,
                host=transport.port,
                baudrate=transport.baud,
                bytesize=transport.data_bits,
                parity=_PARITIES[transport.parity],
                stopbits=transport.stop_bits,
            )
        case Tcp():
            carried = CommType.TLS if trusted else CommType.TCP
        case Udp():
            carried = CommType.UDP
    return CommParams(comm_type=carried, host=transport.host, port=transport.port, sslctx=trusted)


def _rs485(given: Rs485) -> RS485Settings:
    return RS485Settings(
        rts_level_for_tx=given.rts_high_to_send,
        rts_level_for_rx=not given.rts_high_to_send,
        delay_before_tx=given.delay_before_send / SECOND,
        delay_before_rx=given.delay_after_send / SECOND,
    )


def _unreachable(line: ModbusLine, error: Exception) -> Unreachable:
    subject = f"{line.id} ({line.transport})"
    said = _said(error)
    encrypted = isinstance(line.transport, Tcp) and line.transport.tls is not None
    if isinstance(error, SSLError) or (encrypted and _broke_off(error)):
        return Unreachable(
            subject,
            f"shows nothing that can be trusted ({said})",
            f"check the port, connections.{line.id}.tls, and the names in the server's certificate",
        )
    if isinstance(error, _NoRs485):
        return Unreachable(
            subject,
            f"the port cannot switch to sending by itself ({said})",
            f"leave out connections.{line.id}.rs485 where the adapter does it, or use another port",
        )
    if isinstance(line.transport, Serial):
        return Unreachable(
            subject,
            f"the serial port cannot be used: {said}",
            "check that the adapter is plugged in, that the gateway may use it (group dialout),"
            " that nothing else does, and its settings",
        )
    return Unreachable(
        subject,
        f"no Modbus server takes the connection ({said})",
        "check that the device is switched on, and its address and port",
    )


def _broke_off(error: Exception) -> bool:
    """Connected, and then not answered: as a server does that has none of the versions of TLS."""
    return isinstance(error, ConnectionError) and error.errno is None


def _said(error: Exception) -> str:
    match error:
        case SSLCertVerificationError():
            return error.verify_message
        case SSLError():
            return tls.said(error)
        case TimeoutError():
            return "no answer in time"
        case ConnectionError(errno=int(number)):
            return os.strerror(number)
        case termios.error():
            return f"it has not these settings ({error.args[-1]})"
    return str(error) or "it broke off what had begun"
