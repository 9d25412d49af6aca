"""The simulated tank."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import HOUR, MINUTE, SECOND
from simulators.tank import Tank

START = 1_700_000_000 * SECOND


def tank(**given: float) -> Tank:
    return Tank(START, **{"area": 10.0, "height": 4.0, "level": 2.0} | given)


def test_a_tank_at_rest_keeps_its_level() -> None:
    assert tank().step(START + 24 * HOUR) == 2.0
    assert tank().capacity == 40.0


def test_the_level_falls_by_what_flows_out_over_its_area() -> None:
    draining = tank()
    draining.drain_at(START + HOUR, 5.0)
    assert draining.step(START + HOUR) == 2.0
    assert draining.step(START + 3 * HOUR) == pytest.approx(1.0)


def test_a_full_tank_overflows_and_an_empty_one_stays_empty() -> None:
    turning = tank()
    turning.fill_at(START, 100.0)
    turning.drain_at(START + HOUR, 110.0)
    assert turning.step(START + HOUR) == 4.0
    assert turning.step(START + 2 * HOUR) == pytest.approx(3.0), "fell from full, not from 12 m"
    assert turning.step(START + 9 * HOUR) == 0.0


def test_the_instant_it_passes_a_level_is_known_beforehand() -> None:
    draining = tank()
    draining.drain_at(START + MINUTE, 600.0)
    passes = draining.crosses(1.0)
    assert passes == START + MINUTE + MINUTE
    assert draining.crosses(2.5) is None
    assert draining.crosses(5.0) is None
    assert draining.crosses(1.0, after=passes) is None


def test_it_passes_a_level_again_on_its_way_back() -> None:
    swinging = tank()
    swinging.drain_at(START, 10.0)
    swinging.fill_at(START + 2 * HOUR, 20.0)
    down = swinging.crosses(1.0)
    assert down == START + HOUR
    assert swinging.crosses(1.0, after=down) == START + 3 * HOUR


def test_a_trickle_that_no_number_can_tell_passes_nothing() -> None:
    trickling = tank()
    trickling.fill_at(START, 1e-300)
    assert trickling.crosses(3.0) is None


def test_what_cannot_be_is_not_made() -> None:
    with pytest.raises(ValueError, match="level"):
        tank(level=4.1)
    with pytest.raises(ValueError, match="begins"):
        tank().fill_at(START - 1, 1.0)


CHANGES = st.lists(
    st.tuples(st.integers(0, 10 * HOUR), st.floats(-50, 50, allow_subnormal=False)), max_size=5
)


@given(CHANGES, st.integers(0, 10 * HOUR))
def test_the_order_in_which_flows_are_told_changes_nothing(
    changes: list[tuple[int, float]], after: int
) -> None:
    one, other = tank(), tank()
    for at, flow in changes:
        one.fill_at(START + at, flow)
    for at, flow in reversed(changes):
        other.fill_at(START + at, flow)
    assert one.step(START + after) == pytest.approx(other.step(START + after))


@given(CHANGES, st.floats(0, 4))
def test_at_the_instant_it_passes_a_level_it_is_there_and_was_not_before(
    changes: list[tuple[int, float]], level: float
) -> None:
    swinging = tank()
    for at, flow in changes:
        swinging.fill_at(START + at, flow)
    passes = swinging.crosses(level)
    if passes is None:
        return
    fastest = 300 / 10.0 / HOUR  # metres in a microsecond, all flows together
    assert swinging.step(passes) == pytest.approx(level, abs=fastest + 1e-9)
    begun = swinging.step(START) - level
    before = swinging.step(passes - 1) - level
    assert begun == 0 or before * begun >= -1e-9, "on the side it came from"
