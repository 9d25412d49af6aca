"""When messages were received."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.instants import Instants

steps = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 1000)), max_size=30)
"""How far the clock goes before each batch, and how many messages there are in it."""


@given(steps)
def test_no_two_messages_share_an_instant_and_all_are_in_their_order(
    batches: list[tuple[int, int]],
) -> None:
    now = 1_000_000
    instants = Instants(lambda: now)
    given: list[int] = []
    for passed, size in batches:
        now += passed
        given += instants.of_batch(size)
    assert given == sorted(set(given))


@given(steps)
def test_none_is_later_than_now_as_long_as_messages_take_a_microsecond_each(
    batches: list[tuple[int, int]],
) -> None:
    now = 1_000_000
    instants = Instants(lambda: now)
    for passed, size in batches:
        now += passed + size
        batch = instants.of_batch(size)
        assert all(now - size < instant <= now for instant in batch)
