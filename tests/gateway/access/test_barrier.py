"""A barrier is never closed over what is not known to be free, and nothing it does is lost."""

from dataclasses import replace

import pytest

from gateway.access.barrier import BUFFERED
from gateway.access.barrier_state import MOVES, Position
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.site.access_model import BarrierSettings
from tests.gateway.access.gate import PERIOD, POINTS, Gate, a_pass
from tests.gateway.samples import NOON

CLOSED_BY_US = BarrierSettings(closes_itself=False)
OPEN = {"action": "open", "who": "li"}


def closing(gate: Gate) -> str | None:
    return gate.machine.refusal(gate.state, "gate", Action.CLOSE)


@pytest.fixture
def gate() -> Gate:
    return Gate(a_pass("A123")).ready()


def test_every_position_and_the_one_after_it_are_in_the_table() -> None:
    assert {position: set(row) for position, row in MOVES.items()} == {
        position: set(Position) for position in Position
    }


# --- never closed over a loop -------------------------------------------------------------------


def test_it_may_be_closed_while_its_loops_are_known_to_be_free(gate: Gate) -> None:
    assert closing(gate) is None


@pytest.mark.promise("S4")
@pytest.mark.parametrize("loop", ["entry_loop", "safety_loop"])
def test_it_is_not_closed_over_an_occupied_loop(gate: Gate, loop: str) -> None:
    gate.hears(loop, "occupied")
    assert closing(gate) == "loop-occupied"


@pytest.mark.promise("S4")
@pytest.mark.parametrize("quality", [Quality.STALE, Quality.BAD, Quality.OFFLINE])
@pytest.mark.parametrize("loop", ["entry_loop", "safety_loop"])
def test_it_is_not_closed_over_a_loop_that_cannot_be_trusted(
    gate: Gate, loop: str, quality: Quality
) -> None:
    value = None if quality is Quality.OFFLINE else "free"
    gate.hears(loop, value, quality)
    assert closing(gate) == "loop-unknown"


@pytest.mark.promise("S7")
def test_a_word_nobody_knows_is_not_free(gate: Gate) -> None:
    gate.says(safety_loop="unknown")
    assert closing(gate) == "loop-unknown"


@pytest.mark.promise("S4")
def test_a_loop_never_heard_is_not_free() -> None:
    assert closing(Gate()) == "loop-unknown"


@pytest.mark.promise("S4")
def test_a_loop_that_the_site_file_has_added_is_not_free_before_it_is_heard() -> None:
    before = Gate(points=("position", "entry-loop"))
    before.says(position="open", entry_loop="free")
    assert closing(before) is None
    gate = Gate()
    gate.state = before.state
    assert closing(gate) == "loop-unknown"
    gate.says(safety_loop="free")
    assert closing(gate) is None


@pytest.mark.promise("S4")
def test_a_loop_that_is_silent_for_its_period_is_not_free(gate: Gate) -> None:
    gate.passes(PERIOD - 1)
    assert closing(gate) is None
    gate.passes(1)
    assert closing(gate) == "loop-unknown"


def test_what_a_loop_said_long_ago_by_its_own_clock_is_not_free(gate: Gate) -> None:
    gate.hears("safety_loop", "free", taken_at=gate.now - BUFFERED - 1)
    assert closing(gate) == "loop-unknown"


def test_a_barrier_without_a_loop_is_not_closed_from_here() -> None:
    gate = Gate(points=("position",))
    gate.says(position="open")
    assert closing(gate) == "no-loop"


def test_a_loop_that_is_not_under_the_boom_is_no_matter() -> None:
    gate = Gate(settings=BarrierSettings(under_boom=("safety-loop",))).ready()
    gate.says(entry_loop="occupied")
    assert closing(gate) is None


def test_a_broken_boom_is_not_closed(gate: Gate) -> None:
    gate.says(boom="broken")
    assert closing(gate) == "boom-broken"


def test_stopping_and_other_devices_are_no_matter(gate: Gate) -> None:
    gate.says(safety_loop="occupied")
    assert gate.machine.refusal(gate.state, "gate", Action.STOP) is None
    assert gate.machine.refusal(gate.state, "other", Action.CLOSE) is None


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


# --- plates -------------------------------------------------------------------------------------


def test_a_plate_with_a_pass_opens_it_and_who_passed_is_on_record(gate: Gate) -> None:
    gate.sees("a-123", direction="in")
    assert gate.asked == ["open"]
    gate.says(order=OPEN)
    gate.drives_through()
    (passage,) = gate.told("passage")
    assert passage == {
        "result": "taken",
        "by": "plate",
        "plate": "A123",
        "verdict": "allowed",
        "direction": "in",
        "pass": 1,
        "holder": "Flat 3-201",
    }


def test_the_same_plate_again_within_seconds_is_one_arrival(gate: Gate) -> None:
    for _ in range(20):
        gate.sees("A123")
        gate.passes(SECOND)
    assert len(gate.told("arrival")) == 1
    assert gate.asked == ["open"]


def test_granted_is_not_taken(gate: Gate) -> None:
    gate.sees("A123")
    gate.passes(BarrierSettings().pass_time)
    assert [told["result"] for told in gate.told("passage")] == ["not-taken"]


def test_where_no_loop_counts_a_passage_is_assumed() -> None:
    gate = Gate(a_pass("A123"), points=("position", "plate", "order"))
    gate.says(position="closed")
    gate.sees("A123")
    gate.says(order=OPEN, position="open")
    gate.says(position="closed")
    assert [told["result"] for told in gate.told("passage")] == ["assumed"]


def test_of_two_in_a_row_the_second_is_let_in_once_it_came_down(gate: Gate) -> None:
    gate.register.put(a_pass("B456", id=2))
    gate.sees("A123")
    gate.says(position="opening")
    gate.sees("B456")
    assert gate.asked == ["open"]
    gate.says(position="open", safety_loop="occupied")
    gate.says(safety_loop="free", position="closed")
    assert gate.asked == ["open", "open"]
    gate.drives_through()
    assert [told["plate"] for told in gate.told("passage")] == ["A123", "B456"]


def test_a_stranger_is_on_record_and_tells_nobody(gate: Gate) -> None:
    gate.sees("ZZZ999")
    assert gate.told("arrival")[0]["verdict"] == "unknown"
    assert (gate.told("doubtful-plate"), gate.asked) == ([], [])


@pytest.mark.parametrize("plate", ["A12B", "AI23", "A1Z3", "A23", "A1234", "A132"])
def test_a_near_match_only_tells_the_desk(gate: Gate, plate: str) -> None:
    gate.sees(plate)
    assert gate.told("doubtful-plate")[0]["verdict"] == "near"
    assert gate.told("doubtful-plate")[0]["like"] == "A123"
    assert gate.asked == []


@pytest.mark.parametrize("confidence", [0.5, float("nan"), -1, 7, "1", None, True])
def test_a_camera_that_is_not_sure_opens_nothing(gate: Gate, confidence: object) -> None:
    gate.says(plate={"plate": "A123", "confidence": confidence})
    assert gate.told("doubtful-plate")[0]["verdict"] == "unsure"
    assert gate.asked == []


def test_once_the_camera_is_sure_it_opens(gate: Gate) -> None:
    gate.sees("A123", 0.5)
    gate.passes(SECOND)
    gate.sees("A123", 0.95)
    assert gate.asked == ["open"]


@pytest.mark.promise("S6")
def test_what_a_broker_remembers_opens_nothing(gate: Gate) -> None:
    gate.hears("plate", {"plate": "A123", "confidence": 1.0}, Quality.STALE)
    assert (gate.events, gate.wishes) == ([], [])


@pytest.mark.parametrize(
    "value", [None, "A123", {}, {"plate": 5}, {"plate": "--"}, {"plate": "A" * 99}]
)
def test_what_is_no_plate_is_no_arrival(gate: Gate, value: object) -> None:
    gate.says(plate=value)  # type: ignore[arg-type]  # what cameras may send
    assert gate.events == []


def test_a_pass_counts_from_the_instant_it_is_added_until_it_is_ended(gate: Gate) -> None:
    added = a_pass("B456", id=2, added_at=gate.now)
    gate.register.put(added)
    gate.sees("B456")
    assert gate.asked == ["open"]
    gate.passes(HOUR)
    gate.register.put(replace(added, ended_at=gate.now))
    gate.sees("B456")
    assert gate.told("arrival")[-1]["verdict"] == "unknown"


def test_a_pass_that_has_run_out_is_told_and_opens_nothing() -> None:
    gate = Gate()
    gate.register.put(a_pass("A123", valid_until=gate.now))
    gate.ready().sees("A123")
    assert gate.told("doubtful-plate")[0]["verdict"] == "expired"
    assert gate.asked == []


def test_a_pass_for_another_barrier_is_told_and_opens_nothing() -> None:
    gate = Gate(a_pass("A123", barriers=("east",))).ready()
    gate.sees("A123")
    assert gate.told("doubtful-plate")[0]["verdict"] == "elsewhere"
    assert gate.asked == []


def test_a_camera_gone_mad_is_not_remembered_for_ever(gate: Gate) -> None:
    for number in range(1000):
        gate.sees(f"X{number:05}")
    assert len(gate.state.arrivals) <= 32
    assert len(gate.told("arrival")) == 1000


def test_points_it_does_not_have_are_not_listened_to() -> None:
    assert Gate(points=POINTS[:1]).machine.points == {"gate/position"}
