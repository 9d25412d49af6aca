"""What counts as an answer to a request, and what an exception response means."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadWriteMultipleRegistersRequest,
)

from gateway.errors import Malformed, Refused, Unanswered, Unreachable

EXCEPTIONS: Final[Mapping[int, str]] = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    7: "negative acknowledge",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target does not respond",
}
"""Modbus Application Protocol V1.1b3, 7, and one of older editions: GenComm's for a wrong key."""
_ILLEGAL: Final = frozenset({2, 3})
SILENT_BEHIND_GATEWAY: Final = frozenset({10, 11})
"""What a gateway says for a unit that is not there."""
_MAYBE_DONE: Final = frozenset({4, 5, 11})
"""Failed on the way, accepted but not done yet, and sent on to a unit that says nothing."""


_ECHOED: Final[Mapping[int, Sequence[str]]] = {
    5: ("address", "bits"),
    6: ("address", "registers"),
    15: ("address", "count"),
    16: ("address", "count"),
    22: ("address", "and_mask", "or_mask"),
}
"""What of a write its answer repeats (6.5, 6.6, 6.11, 6.12, 6.16)."""


class NoAnswer(Unreachable):
    """One unit is silent; the line itself may be well."""


class IllegalAddress(Refused):
    """The unit has not all of the addresses asked for, or does not give so many at once."""


class WrongLength(Malformed):
    """The unit's answer, but with more or less than was asked for."""


def misfit(request: ModbusPDU, answer: ModbusPDU) -> str:
    """Why `answer` is none to `request`; empty when it is one."""
    if problem := foreign(request, answer):
        return problem
    if answer.isError():
        return ""
    return wrong_length(request, answer) or _wrong_echo(request, answer)


def foreign(request: ModbusPDU, answer: ModbusPDU) -> str:
    """Why `answer` is one to something else; empty when it is not."""
    if (
        answer.transaction_id == request.transaction_id
        and answer.dev_id == request.dev_id
        and answer.function_code & 0x7F == request.function_code
    ):
        return ""
    asked = (request.transaction_id, request.dev_id, request.function_code)
    got = (answer.transaction_id, answer.dev_id, answer.function_code & 0x7F)
    return f"asked (transaction, unit, function) {asked}, answered {got}"


def wrong_length(request: ModbusPDU, answer: ModbusPDU) -> str:
    """What was read too much or too little, in an answer to `request`; empty when nothing was."""
    if isinstance(request, ReadCoilsRequest):
        expected, got = -(-request.count // 8) * 8, len(answer.bits)
        return _wrong_count(request.count, "bits", expected, got)
    if isinstance(request, ReadHoldingRegistersRequest):
        return _wrong_count(request.count, "registers", request.count, len(answer.registers))
    if isinstance(request, ReadWriteMultipleRegistersRequest):
        count = request.read_count
        return _wrong_count(count, "registers", count, len(answer.registers))
    return ""


def _wrong_echo(request: ModbusPDU, answer: ModbusPDU) -> str:
    asked, got = (
        [getattr(pdu, name) for name in _ECHOED.get(request.function_code, ())]
        for pdu in (request, answer)
    )
    return "" if asked == got else f"wrote {asked}, answered {got}"


def _wrong_count(asked: int, what: str, expected: int, got: int) -> str:
    return "" if got == expected else f"asked for {asked} {what}, answered {got}"


def refusal(code: int, subject: str) -> Refused | NoAnswer:
    """The error that an exception response to a reading request is."""
    problem = named(code)
    if code in SILENT_BEHIND_GATEWAY:
        return NoAnswer(subject, problem)
    return (IllegalAddress if code in _ILLEGAL else Refused)(subject, problem)


def write_refusal(code: int, subject: str) -> Refused | Unreachable:
    """The same for a writing request: Unanswered where it may have been done all the same."""
    return Unanswered(subject, named(code)) if code in _MAYBE_DONE else refusal(code, subject)


def named(code: int) -> str:
    """An exception code with what it means."""
    return f"exception {code} ({EXCEPTIONS.get(code, 'unknown')})"
