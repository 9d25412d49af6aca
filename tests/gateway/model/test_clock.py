from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import DAY, HOUR, SECOND, GatewayClock, Micros

START: Micros = 1_700_000_000 * SECOND


@dataclass
class Machine:
    """A machine whose wall clock can be set."""

    passed: Micros = 0
    set_by: Micros = 0

    def clock(self) -> GatewayClock:
        return GatewayClock(
            lambda: (START + self.passed + self.set_by) * 1_000, lambda: self.passed * 1_000
        )


def test_it_starts_at_the_walls_time_and_keeps_to_it() -> None:
    machine = Machine(set_by=-HOUR)
    clock = machine.clock()
    assert clock() == START - HOUR
    machine.passed += 90 * SECOND
    assert clock() == START - HOUR + 90 * SECOND
    assert clock.astray == 0


def test_a_wall_clock_that_is_set_is_followed_slowly_and_caught_up_with() -> None:
    for step in (HOUR, -HOUR):
        machine = Machine()
        clock = machine.clock()
        machine.set_by = step
        assert clock() == START
        assert clock.astray == step
        machine.passed += 100 * SECOND
        assert clock() == START + 100 * SECOND + (5 * SECOND if step > 0 else -5 * SECOND)
        for _ in range(24):
            machine.passed += HOUR
            clock()
        assert clock.astray == 0


@given(st.lists(st.tuples(st.integers(0, HOUR), st.integers(-2 * HOUR, 2 * HOUR)), max_size=20))
def test_it_never_runs_backwards_and_never_more_than_a_twentieth_fast_or_slow(
    events: list[tuple[Micros, Micros]],
) -> None:
    machine = Machine()
    clock = machine.clock()
    before = clock()
    for passed, set_by in events:
        machine.passed += passed
        machine.set_by = set_by
        now = clock()
        assert 0.95 * passed - 1 <= now - before <= 1.05 * passed + 1
        before = now


def test_a_clock_set_back_while_nothing_ran_goes_on_from_where_the_last_one_left_off() -> None:
    machine = Machine(set_by=-HOUR)
    clock = machine.clock()
    clock.go_on_from(START)
    assert clock() == START
    assert clock.astray == -HOUR
    clock.go_on_from(START - SECOND)
    machine.passed += 100 * SECOND
    assert clock() == START + 95 * SECOND


def test_what_a_clock_of_another_year_has_left_behind_is_not_believed() -> None:
    clock = Machine().clock()
    clock.go_on_from(START + DAY + 1)
    assert clock() == START
