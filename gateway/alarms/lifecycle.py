"""What may happen to an alarm, as a table (ISA-18.2, alarm state diagram)."""

from collections.abc import Mapping
from enum import StrEnum

from gateway.errors import Refused
from gateway.model.alarm import Attention


class Move(StrEnum):
    """What happens to an alarm: RAISE and RETURN by its condition, the others by a person."""

    RAISE = "raise"
    RETURN = "return"
    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"


MOVES: Mapping[tuple[Attention, Move], Attention] = {
    (Attention.NORMAL, Move.RAISE): Attention.UNACK,
    (Attention.UNACK, Move.RAISE): Attention.UNACK,
    (Attention.UNACK, Move.ACKNOWLEDGE): Attention.ACKED,
    (Attention.UNACK, Move.RETURN): Attention.RTN_UNACK,
    (Attention.ACKED, Move.RAISE): Attention.UNACK,
    (Attention.ACKED, Move.RETURN): Attention.NORMAL,
    (Attention.RTN_UNACK, Move.RAISE): Attention.UNACK,
    (Attention.RTN_UNACK, Move.ACKNOWLEDGE): Attention.NORMAL,
    (Attention.LATCHED, Move.RAISE): Attention.UNACK,
    (Attention.LATCHED, Move.RESET): Attention.NORMAL,
}
"""For a latching alarm NORMAL is LATCHED, unless a person resets it."""


def after(attention: Attention, move: Move, *, latching: bool, subject: str) -> Attention:
    """Where the alarm stands after the move; Refused when it cannot be made from there."""
    target = MOVES.get((attention, move))
    if target is None:
        raise Refused(subject, f"cannot {move} while it is {attention}", _remedy(attention, move))
    if latching and target is Attention.NORMAL and move is not Move.RESET:
        return Attention.LATCHED
    return target


def _remedy(attention: Attention, move: Move) -> str:
    if move is Move.ACKNOWLEDGE and attention is not Attention.NORMAL:
        return "it is acknowledged already"
    if attention is Attention.NORMAL:
        return "it has ended; look at the list of open alarms"
    return "acknowledge it first, and see that its condition is normal"
