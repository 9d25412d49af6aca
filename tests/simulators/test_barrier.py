"""The simulated barrier."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import MINUTE, SECOND
from simulators.barrier import Barrier

START = 1_767_225_600 * SECOND
BARRIER = Barrier(START, every=MINUTE, travel=3 * SECOND, held_for=8 * SECOND)
FOLLOWS = {"closed": "opening", "opening": "open", "open": "closing", "closing": "closed"}


def position(now: int) -> str:
    return BARRIER.step(now)["position"]


@pytest.mark.parametrize("cycle", [0, 1, 1000])
def test_each_cycle_rises_stays_up_and_comes_down(cycle: int) -> None:
    begin = START + cycle * MINUTE
    at = {0: "opening", 3: "open", 11: "closing", 14: "closed", 59: "closed"}
    assert {second: position(begin + second * SECOND) for second in at} == at


def test_it_is_closed_before_its_first_vehicle() -> None:
    assert position(START - 1) == "closed"


@given(st.integers(START - MINUTE, START + 10 * MINUTE))
def test_no_position_is_ever_skipped(begin: int) -> None:
    seen = [position(begin + tick * SECOND) for tick in range(120)]
    assert all(after in (before, FOLLOWS[before]) for before, after in pairwise(seen))


def test_more_vehicles_than_can_pass_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot pass"):
        Barrier(START, every=13 * SECOND, travel=3 * SECOND, held_for=8 * SECOND)
