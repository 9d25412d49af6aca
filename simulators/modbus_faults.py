"""What can be wrong with a simulated Modbus unit, on the wire."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pymodbus.pdu import ExceptionResponse, ModbusPDU

from gateway.model.clock import SECOND, Micros
from gateway.site.connection_model import Framing


@dataclass(frozen=True, slots=True)
class Dead:
    """Does nothing and answers nothing."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Does what it is told, and answers nothing."""


@dataclass(frozen=True, slots=True)
class Excepts:
    """Answers every request with this exception code."""

    code: int


@dataclass(frozen=True, slots=True)
class WrongUnit:
    """Answers in the name of the next unit."""


@dataclass(frozen=True, slots=True)
class WrongLength:
    """Answers with one register, or eight bits, more than it was asked for."""


@dataclass(frozen=True, slots=True)
class GivesLess:
    """Answers with `most` registers where it is asked for more."""

    most: int


@dataclass(frozen=True, slots=True)
class WrongChecksum:
    """Answers with a CRC or LRC that does not fit; by TCP framing, which has none, with a protocol
    identifier that is not Modbus's."""


@dataclass(frozen=True, slots=True)
class Late:
    """Answers `by` later than it should."""

    by: Micros


@dataclass(frozen=True, slots=True)
class Swapped:
    """Keeps every other answer back, and gives it behind the next one."""


@dataclass(frozen=True, slots=True)
class Slow:
    """Sends one byte after the other, each `each` later."""

    each: Micros


@dataclass(frozen=True, slots=True)
class Noisy:
    """Disturbances before and behind every answer."""

    before: bytes = b"\x00\xff\x55"
    behind: bytes = b"\xff\x00\xaa"


@dataclass(frozen=True, slots=True)
class Resets:
    """Breaks the connection instead of answering."""


Fault = (
    Dead
    | Mute
    | Excepts
    | WrongUnit
    | WrongLength
    | GivesLess
    | WrongChecksum
    | Late
    | Swapped
    | Slow
    | Noisy
    | Resets
)


FaultName = Literal[
    "dead",
    "mute",
    "exception",
    "wrong-unit",
    "wrong-length",
    "wrong-checksum",
    "late",
    "swapped",
    "slow",
    "noisy",
    "resets",
]


def fault_named(name: FaultName, by: Micros, code: int) -> Fault:
    """The fault of that name; `by` for the late and the slow, `code` for exceptions."""
    named: dict[FaultName, Fault] = {
        "dead": Dead(),
        "mute": Mute(),
        "exception": Excepts(code),
        "wrong-unit": WrongUnit(),
        "wrong-length": WrongLength(),
        "wrong-checksum": WrongChecksum(),
        "late": Late(by),
        "swapped": Swapped(),
        "slow": Slow(by),
        "noisy": Noisy(),
        "resets": Resets(),
    }
    return named[name]


@dataclass(frozen=True, slots=True)
class Spell:
    """A fault from one instant until another, None for ever."""

    fault: Fault
    since: Micros
    until: Micros | None = None

    def lasts(self, now: Micros) -> bool:
        """Whether it is there now."""
        return self.since <= now and (self.until is None or now < self.until)


def spoiled(answer: ModbusPDU, fault: Fault | None) -> ModbusPDU:
    """What a unit with that fault says in place of `answer`, which may be changed for it."""
    match fault:
        case Excepts(code=code):
            function = answer.function_code & 0x7F
            return ExceptionResponse(function, code, answer.dev_id, answer.transaction_id)
        case WrongUnit():
            answer.dev_id += 1
        case GivesLess(most=most):
            answer.registers = answer.registers[:most]
        case WrongLength() if answer.bits:
            answer.bits = [*answer.bits, *([False] * 8)]
        case WrongLength() if answer.registers:
            answer.registers = [*answer.registers, 0]
    return answer


class Sending:
    """How frames leave on one connection. `send` puts bytes on the wire."""

    def __init__(self, framing: Framing, send: Callable[[bytes], None]) -> None:
        self._framing = framing
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._kept = b""

    def send(self, frame: bytes, fault: Fault | None) -> None:
        """Sends what that fault leaves of it, when it leaves it."""
        match fault:
            case Late(by=by):
                self._loop.call_later(by / SECOND, self._send, frame)
            case Swapped():
                self._swap(frame)
            case Slow(each=each):
                for place, byte in enumerate(frame):
                    self._loop.call_later(place * each / SECOND, self._send, bytes([byte]))
            case Noisy(before=before, behind=behind):
                self._send(before + frame + behind)
            case WrongChecksum():
                self._send(_falsified(frame, self._framing))
            case _:
                self._send(frame)

    def _swap(self, frame: bytes) -> None:
        if self._kept:
            self._send(frame + self._kept)
            self._kept = b""
        else:
            self._kept = frame


def _falsified(frame: bytes, framing: Framing) -> bytes:
    """One bit wrong: of the protocol identifier, of the CRC, or of the LRC's last digit."""
    place = {Framing.TCP: 3, Framing.RTU: -1, Framing.ASCII: -3}[framing]
    wrong = bytearray(frame)
    wrong[place] ^= 1
    return bytes(wrong)
