"""What may happen to an alarm, as tables (ISA-18.2, alarm state diagram; OPC UA Part 9, 5.8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import Refused
from gateway.model.alarm import Alarm, Attention
from gateway.security.roles import Right


class Move(StrEnum):
    """What happens to an alarm."""

    RAISE = "raise"
    """Its condition has come; a suppressed alarm is only recorded."""
    RETURN = "return"
    """Its condition has gone."""
    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"
    SUPPRESS = "suppress"
    """One more reason keeps it from the operator."""
    UNSUPPRESS = "unsuppress"
    """One less does; with the last gone, an alarm is announced that is still active, or waits."""
    REALARM = "realarm"
    """Acknowledged, and still active after so long."""
    QUALITY = "quality"
    """More or less is known of its condition."""


MOVES: Mapping[tuple[Attention, Move], Attention] = {
    (Attention.NORMAL, Move.RAISE): Attention.UNACK,
    (Attention.UNACK, Move.RAISE): Attention.UNACK,
    (Attention.UNACK, Move.ACKNOWLEDGE): Attention.ACKED,
    (Attention.UNACK, Move.RETURN): Attention.RTN_UNACK,
    (Attention.ACKED, Move.RAISE): Attention.UNACK,
    (Attention.ACKED, Move.RETURN): Attention.NORMAL,
    (Attention.ACKED, Move.REALARM): Attention.UNACK,
    (Attention.RTN_UNACK, Move.RAISE): Attention.UNACK,
    (Attention.RTN_UNACK, Move.RETURN): Attention.RTN_UNACK,
    (Attention.RTN_UNACK, Move.ACKNOWLEDGE): Attention.NORMAL,
    (Attention.LATCHED, Move.RAISE): Attention.UNACK,
    (Attention.LATCHED, Move.RETURN): Attention.LATCHED,
    (Attention.LATCHED, Move.RESET): Attention.NORMAL,
    (Attention.NORMAL, Move.RETURN): Attention.NORMAL,
} | {
    (attention, move): attention
    for attention in Attention
    for move in (Move.SUPPRESS, Move.UNSUPPRESS, Move.QUALITY)
}
"""How the operator's attention moves. For a latching alarm NORMAL is LATCHED, unless a person
resets it. RAISE stands for being announced: a condition that comes and goes unannounced leaves the
attention where it was, which is why an alarm may return while NORMAL, RTN_UNACK or LATCHED; but one
that latches is RTN_UNACK when it returns shelved (suppression.latches_untold)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may do something, and whether they must say why."""

    right: Right
    reason: bool


BY_PERSONS: Mapping[Move, Terms] = {
    Move.ACKNOWLEDGE: Terms(Right.WORK, reason=False),
    Move.RESET: Terms(Right.WORK, reason=False),
}
"""The others are the gateway's own, and suppression's by persons: see suppression.TERMS."""


def after(attention: Attention, move: Move, *, latching: bool, subject: str) -> Attention:
    """Where the alarm stands after the move; Refused when it cannot be made from there."""
    target = MOVES.get((attention, move))
    if target is None:
        problem = f"cannot {move} an alarm that is {attention}"
        raise Refused(subject, problem, _remedy(attention, move))
    ends = target is Attention.NORMAL and attention is not Attention.NORMAL
    if latching and ends and move is not Move.RESET:
        return Attention.LATCHED
    return target


def check_seen(alarm: Alarm, *, occurrence: int, sequence: int) -> None:
    """Refused when the alarm has moved on since a person has seen it like that: what they decided
    was about something else."""
    subject = f"alarm {alarm.id}"
    if alarm.occurrences != occurrence:
        problem = f"was raised again since occurrence {occurrence} (now {alarm.occurrences})"
        raise Refused(subject, problem, "look at it again")
    if alarm.sequence != sequence:
        problem = f"has changed since sequence {sequence} (now {alarm.sequence})"
        raise Refused(subject, problem, "look at it again")


def _remedy(attention: Attention, move: Move) -> str:
    if move is Move.ACKNOWLEDGE and attention is not Attention.NORMAL:
        return "it is acknowledged already"
    if attention is Attention.NORMAL:
        return "it has ended, or is suppressed; look at the lists of both"
    return "acknowledge it first, and see that its condition is normal"
