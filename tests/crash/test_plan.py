from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.crash.plan import KILLS_GATEWAY, Act, plan
from tests.crash.test_crash import ROUNDS, SEED


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_a_seed_gives_one_plan_and_a_longer_one_begins_with_it(seed: int, rounds: int) -> None:
    assert plan(seed, rounds) == plan(seed, rounds)
    assert plan(seed, rounds + 7)[:rounds] == plan(seed, rounds)


@given(st.integers(0, 2**32))
def test_the_clock_goes_an_hour_away_and_comes_back_and_never_two(seed: int) -> None:
    hours = [round_.hours for round_ in plan(seed, 60) if round_.hours is not None]
    assert all((here == 0) != (there == 0) for here, there in zip([0, *hours], hours, strict=False))


@given(st.integers(0, 2**32))
def test_each_round_has_doors_and_zones_of_its_own(seed: int) -> None:
    rounds = plan(seed, 20)
    doors = Counter(door for round_ in rounds for door in round_.doors)
    zones = Counter(zone for round_ in rounds for zone in round_.zones)
    assert set(doors.values()) == set(zones.values()) == {1}


def test_the_plan_that_is_always_run_does_everything() -> None:
    rounds = plan(SEED, ROUNDS)
    assert {round_.act for round_ in rounds} == set(Act)
    between_starts = {round_.hours for round_ in rounds if round_.act in KILLS_GATEWAY}
    while_it_runs = {round_.hours for round_ in rounds if round_.act not in KILLS_GATEWAY}
    assert {-1, 0} <= between_starts
    assert while_it_runs != {None}
