"""A barrier is never closed over what is not known to be free, and nothing it does is lost."""

import pytest

from gateway.access.barrier_state import MOVES, Position
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.site.access_model import BarrierSettings
from tests.gateway.access.gate import OPEN, POINTS, Gate, a_pass, closing
from tests.gateway.samples import NOON

CLOSED_BY_US = BarrierSettings(closes_itself=False)


def test_every_position_and_the_one_after_it_are_in_the_table() -> None:
    assert {position: set(row) for position, row in MOVES.items()} == {
        position: set(Position) for position in Position
    }


# --- closed by the gateway ----------------------------------------------------------------------


def test_a_barrier_that_closes_itself_is_never_closed_by_the_gateway(gate: Gate) -> None:
    gate.sees("A123")
    gate.drives_through()
    gate.says(order=OPEN, position="open")
    gate.passes(HOUR)
    assert "close" not in gate.asked


def test_the_gateway_closes_after_the_last_vehicle_where_nothing_else_does() -> None:
    gate = Gate(a_pass("A123"), settings=CLOSED_BY_US).ready()
    gate.sees("A123")
    gate.says(position="open", safety_loop="occupied")
    gate.says(safety_loop="free")
    gate.passes(CLOSED_BY_US.close_after)
    assert gate.asked == ["open", "close"]


def test_it_waits_for_those_it_has_let_through() -> None:
    gate = Gate(a_pass("A123"), a_pass("B456"), settings=CLOSED_BY_US).ready()
    gate.sees("A123")
    gate.says(position="open")
    gate.sees("B456")
    gate.says(safety_loop="occupied")
    gate.says(safety_loop="free")
    gate.passes(CLOSED_BY_US.close_after)
    assert "close" not in gate.asked


@pytest.mark.promise("S4")
def test_a_loop_found_occupied_puts_the_closing_off_until_it_is_free() -> None:
    gate = Gate(a_pass("A123"), settings=CLOSED_BY_US).ready()
    gate.sees("A123")
    gate.says(position="open", safety_loop="occupied")
    gate.says(safety_loop="free")
    gate.says(entry_loop="occupied")
    gate.passes(CLOSED_BY_US.close_after)
    assert "close" not in gate.asked
    gate.says(entry_loop="free", safety_loop="free")
    gate.passes(CLOSED_BY_US.close_after)
    assert gate.asked[-1] == "close"


def test_after_it_met_something_the_gateway_does_not_close_it_again() -> None:
    gate = Gate(settings=CLOSED_BY_US).ready()
    gate.says(order=OPEN, position="open")
    gate.passes(10 * SECOND)
    gate.says(position="closing")
    gate.says(position="open")
    gate.passes(30 * SECOND)
    assert gate.asked == []


# --- what it does is told -----------------------------------------------------------------------


def test_coming_down_on_something_is_counted_and_told(gate: Gate) -> None:
    gate.says(position="open")
    gate.says(position="closing")
    gate.says(position="obstructed")
    gate.says(position="opening")
    assert gate.shows("reopenings") == 1.0
    assert gate.told("reopened") == [{"count": 1}]


def test_opened_on_order_while_it_comes_down_it_has_met_nothing(gate: Gate) -> None:
    gate.says(position="open")
    gate.says(position="closing")
    gate.says(order=OPEN)
    gate.says(position="opening")
    assert gate.shows("reopenings") == 0.0


def test_an_opening_that_nobody_asked_for_is_asked_about_once(gate: Gate) -> None:
    gate.says(position="opening")
    gate.says(position="open")
    assert gate.told("manual-opening") == [{"how": "unasked"}]


def test_an_opening_by_hand_is_asked_about_once_in_either_order_of_words(gate: Gate) -> None:
    gate.says(position="opening", operated="hand")
    gate.says(operated="motor", position="closed")
    gate.says(operated="hand", position="opening")
    assert [told["how"] for told in gate.told("manual-opening")] == ["unasked", "hand"]


def test_an_opening_found_after_a_gap_is_asked_about(gate: Gate) -> None:
    gate.hears("position", None, Quality.OFFLINE)
    gate.says(position="open")
    assert len(gate.told("manual-opening")) == 1


def test_a_barrier_first_heard_open_is_no_opening() -> None:
    gate = Gate()
    gate.says(position="opening")
    gate.says(position="open")
    assert gate.told("manual-opening") == []
    assert gate.shows("alarm") == "normal"
    gate.passes(BarrierSettings().open_time)
    assert gate.shows("alarm") == "left-open"


def test_an_opening_on_order_is_not_asked_about_and_the_next_one_is(gate: Gate) -> None:
    gate.says(order=OPEN)
    gate.drives_through()
    assert gate.told("manual-opening") == []
    gate.says(position="opening")
    assert len(gate.told("manual-opening")) == 1


def test_where_something_else_opens_it_too_nobody_is_asked() -> None:
    gate = Gate(settings=BarrierSettings(opens_itself=True)).ready()
    gate.says(position="opening")
    assert gate.told("manual-opening") == []


def test_moving_for_too_long_is_stuck(gate: Gate) -> None:
    gate.says(order=OPEN, position="opening")
    gate.passes(BarrierSettings().travel_time)
    assert gate.shows("alarm") == "stuck"
    gate.says(position="open")
    assert gate.shows("alarm") == "normal"


def test_open_with_nobody_passing_is_left_open(gate: Gate) -> None:
    gate.says(order=OPEN, position="open")
    gate.passes(BarrierSettings().open_time)
    assert gate.shows("alarm") == "left-open"


def test_silence_neither_raises_nor_clears(gate: Gate) -> None:
    gate.says(order=OPEN, position="opening")
    gate.passes(BarrierSettings().travel_time)
    gate.hears("position", None, Quality.OFFLINE)
    gate.passes(HOUR)
    assert gate.shows("alarm") == "stuck"
    assert gate.machine.shown(gate.state)["gate/alarm"].quality is Quality.STALE


def test_open_through_a_long_queue_it_is_not_left_open(gate: Gate) -> None:
    gate.says(order=OPEN, position="open")
    for _ in range(5):
        gate.passes(BarrierSettings().open_time - SECOND)
        gate.says(safety_loop="occupied")
        gate.says(safety_loop="free")
    assert gate.shows("alarm") == "normal"
    assert len(gate.told("passage")) == 5


# --- held open, blocked -------------------------------------------------------------------------


def test_held_open_for_a_convoy_it_opens_and_stays_so_until_then(gate: Gate) -> None:
    until = gate.now + 10 * MINUTE
    gate.says(order={"action": "lock-open", "until": until})
    assert (gate.shows("mode"), gate.asked) == ("held-open", ["open"])
    gate.says(position="open")
    gate.passes(9 * MINUTE)
    assert (closing(gate), gate.shows("alarm")) == ("held-open", "normal")
    gate.says(position="closing")
    assert gate.asked == ["open", "open"]
    gate.passes(MINUTE)
    assert gate.shows("mode") == "controlled"


@pytest.mark.parametrize("until", ["", "soon", 5, NOON, "2030-01-01T00:00Z", None])
def test_until_no_instant_to_come_it_is_not_held(gate: Gate, until: object) -> None:
    gate.says(order={"action": "lock-open", "until": until})
    assert (gate.shows("mode"), gate.asked) == ("controlled", [])


def test_held_open_without_an_end_it_is_until_that_is_ended(gate: Gate) -> None:
    gate.says(order={"action": "lock-open"})
    gate.passes(24 * HOUR)
    assert gate.shows("mode") == "locked-open"
    gate.says(order={"action": "end-lock-open"})
    assert gate.shows("mode") == "controlled"


@pytest.mark.promise("S5")
def test_a_barrier_that_is_to_be_held_open_and_stays_closed_is_an_alarm(gate: Gate) -> None:
    gate.says(order={"action": "lock-open"})
    gate.passes(BarrierSettings().travel_time)
    assert gate.shows("alarm") == "stuck"
    gate.says(position="open")
    assert gate.shows("alarm") == "normal"


def test_blocked_it_opens_for_nobody_but_a_fire(gate: Gate) -> None:
    gate.says(order={"action": "block"})
    gate.sees("A123")
    assert gate.asked == []
    assert gate.machine.refusal(gate.state, "gate", Action.OPEN) == "barrier-blocked"
    gate.says(order={"action": "lock-open"})
    assert gate.asked == ["open"]
    assert gate.machine.refusal(gate.state, "gate", Action.OPEN) is None


def test_an_order_it_does_not_know_changes_nothing(gate: Gate) -> None:
    before = gate.state
    gate.says(order={"action": "dance"})
    gate.says(order=None)
    assert gate.state == before


def test_points_it_does_not_have_are_not_listened_to() -> None:
    assert Gate(points=POINTS[:1]).machine.points == {"gate/position"}
