"""A barrier is never closed over a loop that is not known to be free."""

import pytest

from gateway.access.barrier import BUFFERED
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.site.access_model import BarrierSettings
from tests.gateway.access.gate import PERIOD, Gate, closing


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


@pytest.mark.promise("S4")
def test_what_a_loop_said_long_ago_by_its_own_clock_is_not_free(gate: Gate) -> None:
    gate.hears("safety_loop", "free", taken_at=gate.now - BUFFERED - 1)
    assert closing(gate) == "loop-unknown"


@pytest.mark.promise("S4")
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
