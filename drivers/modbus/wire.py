"""One physical line, whoever uses it: one request at a time, no answer ever taken for another's.

Where answers bear no transaction number (RTU, ASCII), unit, function, length and what a write
echoes must fit; a unit that did not answer in time is left alone for as long again, and what it
says meanwhile is dropped.
"""

import asyncio
import termios
from collections.abc import Awaitable, Callable
from typing import Final

from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from drivers.modbus.answers import NoAnswer, WrongLength, misfit, wrong_length
from drivers.modbus.meter import LineMeter
from drivers.modbus.transport import Carrier, connect
from drivers.modbus.turns import Turns
from gateway.errors import Malformed, Unreachable
from gateway.model.clock import MILLISECOND, SECOND, Clock, Micros, gateway_clock
from gateway.site.connection_model import Framing, ModbusLine, Serial

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds; asyncio.sleep outside tests."""

_TURNAROUND: Final[Micros] = 100 * MILLISECOND
"""What units get to obey a broadcast in (Modbus over Serial Line V1.02, 2.4.1)."""
_LEAST_SILENCE: Final[Micros] = 1750
"""3.5 characters at more than 19,200 baud (2.5.1.1)."""

_TO_SPARE: Final[Micros] = 100 * MILLISECOND
"""What is not sent so long before it expires is given up, lest it be taken for sent."""


class Wire:
    """Connects when first asked, and again when needed. `users` hold it; the last one to leave
    closes it."""

    def __init__(self, line: ModbusLine, clock: Clock, sleep: Sleep) -> None:
        self._line = line
        self._is_serial = isinstance(line.transport, Serial)
        self._clock = clock
        self._sleep = sleep
        self._turns = Turns()
        self._carrier: Carrier | None = None
        self._last_transaction = 0
        self._free_at: Micros = 0
        self._unit_free_at: dict[int, Micros] = {}
        self._users = 0
        self.meter = LineMeter()

    def hold(self) -> None:
        """One more uses it."""
        self._users += 1

    def let_go(self) -> None:
        """One fewer uses it."""
        self._users -= 1
        if not self._users:
            self._disconnect()

    def free_at(self, unit: int) -> Micros:
        """Until when that unit is left alone; in the past where it is not."""
        return self._unit_free_at.get(unit, 0)

    def end_cycle(self) -> None:
        """Nothing is due for now: closes the connection of a line that is to be closed then."""
        if self._line.close_after_cycle and not self._turns.taken:
            self._disconnect()

    async def ask(
        self,
        request: ModbusPDU,
        subject: str,
        *,
        urgent: bool = False,
        pause: Micros = 0,
        before_sending: Callable[[], None] | None = None,
    ) -> ModbusPDU | None:
        """The answer, which may be an exception response; None to a broadcast. `pause`: the least
        before this unit is asked again.

        Raises NoAnswer for silence, Malformed for an answer that is not one to this request, and
        Unreachable when nothing was sent.
        """
        unit = request.dev_id
        if self._turns.taken or self.free_at(unit):
            await self._take_turn(unit, urgent)
        else:
            self._turns.taken = True
        try:
            carrier = self._carrier
            if carrier is None or not carrier.is_active():
                carrier = await self._connect()
            if self._free_at or self._is_serial:
                await self._rest(carrier)
            if before_sending is not None:
                before_sending()
            return await self._metered(carrier, request, subject)
        finally:
            self._pause(unit, pause)
            self._turns.release()

    async def order(
        self, request: ModbusPDU, subject: str, *, pause: Micros, expires_at: Micros | None
    ) -> ModbusPDU | None:
        """`ask` before all polls; not sent any more when it would be too late: Unreachable then."""
        last = None if expires_at is None else expires_at - _TO_SPARE
        wait = None if last is None else max(0, last - self._clock()) / SECOND

        def in_time() -> None:
            if last is not None and self._clock() >= last:
                raise TimeoutError
            limit.reschedule(None)

        try:
            async with asyncio.timeout(wait) as limit:
                return await self.ask(
                    request, subject, urgent=True, pause=pause, before_sending=in_time
                )
        except TimeoutError as error:
            raise Unreachable(subject, "expired before it could be sent") from error

    async def _metered(
        self, carrier: Carrier, request: ModbusPDU, subject: str
    ) -> ModbusPDU | None:
        begun = self._clock()
        try:
            answer = await self._exchange(carrier, request, subject)
        except (NoAnswer, Malformed) as error:
            now = self._clock()
            self.meter.failed(request.dev_id, error, now - begun, now)
            raise
        if answer is not None:
            now = self._clock()
            self.meter.answered(request, answer, now - begun, now)
        return answer

    async def _take_turn(self, unit: int, urgent: bool) -> None:
        """A unit that must not be asked yet is waited for without holding up the others."""
        while True:
            await self._turns.acquire(urgent=urgent)
            free_at = self.free_at(unit)
            if not free_at or (wait := free_at - self._clock()) <= 0:
                return
            self._turns.release()
            await self._sleep(wait / SECOND)

    def _pause(self, unit: int, pause: Micros) -> None:
        if between := self._line.pause_between_requests:
            self._free_at = max(self._free_at, self._clock() + between)
        if pause:
            self._unit_free_at[unit] = max(self._unit_free_at.get(unit, 0), self._clock() + pause)

    async def _rest(self, carrier: Carrier) -> None:
        if self._free_at:
            if (wait := self._free_at - self._clock()) > 0:
                await self._sleep(wait / SECOND)
            self._free_at = 0
        if isinstance(self._line.transport, Serial):
            await self._until_quiet(carrier, self._line.transport)
            self._discard_input(carrier)

    async def _until_quiet(self, carrier: Carrier, serial: Serial) -> None:
        """No frame before 3.5 characters of silence (Modbus over Serial Line V1.02, 2.5.1.1)."""
        silence = max(serial.character * 7 // 2, _LEAST_SILENCE) / SECOND
        given_up = carrier.loop.time() + self._line.timeout / SECOND
        while (wait := carrier.heard_at + silence - carrier.loop.time()) > 0:
            if carrier.loop.time() > given_up:
                self._disconnect()
                raise Unreachable(
                    f"{self._line.id} ({serial})",
                    "the line is never quiet",
                    "look for a second master, wrong settings, a missing termination or bias",
                )
            await asyncio.sleep(wait)

    async def _exchange(
        self, carrier: Carrier, request: ModbusPDU, subject: str
    ) -> ModbusPDU | None:
        try:
            if request.dev_id == 0 and self._line.framing is not Framing.TCP:
                carrier.tell(request)
                self._free_at = self._clock() + _TURNAROUND
                return None
            answer = await carrier.ask(request, self._line.timeout / SECOND)
            _check(request, answer, subject)
        except BaseException as error:
            self._resynchronise(carrier, request.dev_id, error)
            if isinstance(error, OSError | ModbusException):
                raise NoAnswer(subject, self._silence(error)) from error
            raise
        finally:
            self._last_transaction = carrier.next_tid
        return answer

    def _silence(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._line.timeout // MILLISECOND} ms"
        if isinstance(error, ModbusException):
            return f"the answer cannot be read ({error})"
        return "the connection broke off"

    def _resynchronise(self, carrier: Carrier, unit: int, error: BaseException) -> None:
        """An answer may still be on its way. A serial port is drained before the next request; any
        other connection is made anew, but a converter's when a whole frame has come."""
        if isinstance(self._line.transport, Serial) and carrier.is_active():
            self._discard_input(carrier)
        elif self._line.framing is Framing.TCP or not isinstance(error, WrongLength):
            self._disconnect()
        if self._line.framing is not Framing.TCP:
            self._unit_free_at[unit] = self._clock() + self._line.timeout

    def _discard_input(self, carrier: Carrier) -> None:
        try:
            carrier.discard_input()
        except (OSError, termios.error):  # unplugged
            self._disconnect()

    async def _connect(self) -> Carrier:
        self._disconnect()
        self._carrier = carrier = await connect(self._line)
        # Numbered on across connections: an answer that a serial gateway brings late, and on the
        # new connection, must not bear the number of a request made there.
        carrier.next_tid = self._last_transaction
        self._free_at = self._clock() + self._line.pause_after_connect
        return carrier

    def _disconnect(self) -> None:
        if self._carrier:
            self._carrier.close()
            self._carrier = None


def _check(request: ModbusPDU, answer: ModbusPDU, subject: str) -> None:
    if problem := misfit(request, answer):
        raise (WrongLength if problem == wrong_length(request, answer) else Malformed)(
            subject, problem
        )


class Wires:
    """The physical lines there are, so that connections to one and the same share it."""

    def __init__(self, clock: Clock | None = None, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock or gateway_clock()
        self._sleep = sleep
        self._wires: dict[tuple[str, str], Wire] = {}

    def to(self, line: ModbusLine) -> Wire:
        """Where that connection leads."""
        return self._wires.setdefault(line.place, Wire(line, self._clock, self._sleep))
