import pytest

from gateway.alarms.lifecycle import MOVES, Move, after
from gateway.errors import Refused
from gateway.model.alarm import Attention


@pytest.mark.parametrize("attention", Attention)
@pytest.mark.parametrize("move", Move)
def test_every_pair_is_in_the_table_or_refused_with_a_reason(
    attention: Attention, move: Move
) -> None:
    if (attention, move) in MOVES:
        assert after(attention, move, latching=False, subject="alarm 1") is MOVES[attention, move]
    else:
        with pytest.raises(Refused, match=f"alarm 1: cannot {move} an alarm that is {attention}; "):
            after(attention, move, latching=False, subject="alarm 1")


def test_an_acknowledged_alarm_that_is_raised_again_asks_for_attention_again() -> None:
    assert after(Attention.ACKED, Move.RAISE, latching=False, subject="") is Attention.UNACK


@pytest.mark.parametrize(
    ("attention", "move"),
    [(Attention.ACKED, Move.RETURN), (Attention.RTN_UNACK, Move.ACKNOWLEDGE)],
)
def test_a_latching_alarm_waits_for_a_reset(attention: Attention, move: Move) -> None:
    latched = after(attention, move, latching=True, subject="")
    assert latched is Attention.LATCHED
    assert after(latched, Move.RESET, latching=True, subject="") is Attention.NORMAL


def test_no_alarm_ends_unacknowledged() -> None:
    reachable_unseen = {
        target
        for (attention, move), target in MOVES.items()
        if attention in (Attention.UNACK, Attention.RTN_UNACK) and move is not Move.ACKNOWLEDGE
    }
    assert reachable_unseen <= {Attention.UNACK, Attention.RTN_UNACK}
