"""Turns on a line, with time as an argument."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.schedule import Group, Schedule
from gateway.model.clock import HOUR, MILLISECOND, SECOND


def schedule(*periods: int, now: int = 0) -> Schedule:
    """Each period is that of a unit of its own."""
    return Schedule([Group(*each) for each in enumerate(periods)], now, Random(1))


def groups(*periods: int) -> Schedule:
    """All periods are those of one unit."""
    return Schedule([Group(1, period) for period in periods], 0, Random(1))


def test_units_are_staggered_over_their_period() -> None:
    turns = schedule(*[SECOND] * 4, now=100)
    first = []
    for _ in range(4):
        turn = turns.next(100)
        first.append(turn.due)
        turns.answered([turn], turn.due)
    assert first == [100, 100 + 250_000, 100 + 500_000, 100 + 750_000]


def test_what_is_polled_once_an_hour_is_first_known_within_seconds_and_staggered_then() -> None:
    turns = schedule(*[HOUR] * 4)
    asked: dict[int, list[int]] = {}
    for _ in range(16):
        turn = turns.next(0)
        asked.setdefault(turn.index, []).append(turn.due)
        turns.answered([turn], turn.due)
    assert max(first for first, *_ in asked.values()) < 10 * SECOND
    for index, instants in asked.items():
        gaps = [later - earlier for earlier, later in pairwise(instants)]
        assert max(gaps) == HOUR
        assert instants[-1] % HOUR == index * HOUR // 4


def test_the_earliest_deadline_goes_first() -> None:
    turns = schedule(10 * SECOND, SECOND)
    turns.answered([turns.next(0)], 0)
    order = []
    for _ in range(12):
        turn = turns.next(0)
        order.append(turn.index)
        turns.answered([turn], turn.due)
    assert order == [1] * 10 + [0, 1]


@given(st.integers(min_value=1, max_value=20 * SECOND))
def test_a_late_poll_skips_periods_and_keeps_its_phase(finished: int) -> None:
    turns = schedule(SECOND)
    turns.answered([turns.next(0)], finished)
    due = turns.next(finished).due
    assert due % SECOND == 0
    assert finished <= due <= finished + SECOND
    assert due >= SECOND


def test_a_silent_unit_is_probed_after_1_s_then_ever_less_often_up_to_60_s() -> None:
    turns = schedule(100 * MILLISECOND)
    now, waits = 0, []
    for _ in range(12):
        turn = turns.next(now)
        turns.silent(turn, now)
        waits.append(turn.due - now)
        now = turn.due
    for wait, nominal in zip(waits, [1, 2, 4, 8, 16, 32] + [60] * 6, strict=True):
        assert 0.5 * nominal * SECOND <= wait <= nominal * SECOND


def test_an_answer_ends_the_back_off() -> None:
    turns = schedule(SECOND)
    for now in range(5):
        turns.silent(turns.next(now), now)
    turns.answered([turns.next(0)], 70 * SECOND)
    turns.silent(turns.next(0), 80 * SECOND)
    assert turns.next(0).due <= 81 * SECOND


def test_the_living_wait_for_one_dead_unit_at_most() -> None:
    dead = set(range(19))
    turns = schedule(*[SECOND] * 20)
    now, order = 0, []
    for _ in range(200):
        turn = turns.next(now)
        now = max(now, turn.due)
        order.append(turn.index)
        if turn.index in dead:
            now += 2 * SECOND  # longer than the living unit's period: it is always due
            turns.silent(turn, now)
        else:
            turns.answered([turn], now)
    alive = order.index(19)
    assert all(19 in pair for pair in zip(order[alive:], order[alive + 1 :], strict=False))
    assert set(order) == dead | {19}, "the dead are still probed"


def test_on_a_new_connection_those_go_first_that_answered_on_the_last() -> None:
    turns = schedule(*[SECOND] * 20)
    for _ in range(20):
        turn = turns.next(SECOND)
        if turn.index == 19:
            turns.answered([turn], SECOND)
        else:
            turns.silent(turn, SECOND)
    again = Schedule([turn.group for turn in turns.turns], HOUR, Random(1), turns)
    assert again.next(HOUR + SECOND).index == 19
    polled = []
    for second in range(1, 11):
        now = HOUR + second * SECOND
        while (turn := again.next(now)).index == 19:
            polled.append(second)
            again.answered([turn], now)
        again.silent(turn, now)
    assert polled == [*range(1, 11)], "and between any two probes of the others"


def test_a_silent_unit_is_probed_by_one_of_its_groups_and_asked_for_all_once_it_answers() -> None:
    turns = groups(SECOND, SECOND, 10 * SECOND)
    turns.silent(turns.next(0), 0)
    for _ in range(3):
        probe = turns.next(60 * SECOND)
        before = probe.due
        turns.silent(probe, before)
        assert all(turn.due > before for turn in turns.turns), "one probe for each back-off"
    now = turns.next(0).due
    asked = []
    for _ in range(3):
        turn = turns.next(now)
        asked.append(turn.index)
        turns.answered([turn], now)
    assert sorted(asked) == [0, 1, 2]
    assert turns.next(now).due > now


def test_periods_left_out_are_counted_but_not_those_of_a_silent_unit() -> None:
    turns = schedule(SECOND)
    assert turns.answered([turns.next(0)], 0) == 0
    late = turns.next(0)
    assert turns.answered([late], late.due + 3 * SECOND + 1) == 3
    turns.silent(turns.next(0), 9 * SECOND)
    assert turns.answered([turns.next(0)], 90 * SECOND) == 0


def test_those_that_answered_before_the_start_go_first_and_the_known_dead_last() -> None:
    periods = [Group(unit, SECOND) for unit in range(246)]
    turns = Schedule(periods, 0, Random(1), answering={245})
    now, order = 10 * SECOND, []
    while now < 400 * SECOND:
        turn = turns.next(now)
        now = max(now, turn.ready_at)
        order.append(turn.index)
        if turn.index == 245:
            turns.answered([turn], now)
        else:
            now += SECOND
            turns.silent(turn, now)
    assert order[0] == 245
    assert all(245 in pair for pair in pairwise(order))
    first = list(dict.fromkeys(order))
    assert set(first) == set(range(246))
    probes = [each for each in order if each != 245]
    assert probes[:245] == [*range(245)], "each once before any of them again"


def test_a_unit_that_rests_is_asked_when_it_may_and_the_others_meanwhile() -> None:
    turns = schedule(SECOND, SECOND)
    turns.rest(0, 10 * SECOND)
    for second in range(1, 10):
        turn = turns.next(second * SECOND)
        assert turn.index == 1
        turns.answered([turn], second * SECOND)
    assert turns.next(10 * SECOND).index == 0


def test_what_one_unit_is_asked_for_rarely_comes_with_what_it_is_asked_for_often() -> None:
    periods = [Group(unit, period) for unit in range(3) for period in (SECOND, 60 * SECOND)]
    turns = Schedule(periods, 0, Random(1))
    for now in range(0, 200 * SECOND, SECOND // 3):
        while (turn := turns.next(now)).ready_at <= now:
            due = turns.together(turn, now)
            assert len({each.group.unit for each in due}) == 1
            rare = turn.group.period == 60 * SECOND
            assert not rare or len(due) == 2, "never alone"
            turns.answered(due, now)
