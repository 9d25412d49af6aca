from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import MINUTE
from gateway.security.attempts import PER_ADDRESS, PER_NAME_AND_ADDRESS, WINDOW, Attempts
from gateway.security.identity import TooManyAttempts
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import NOON


def fail(attempts: Attempts, times: int, name: str = "li", address: str = "10.0.0.1") -> None:
    for _ in range(times):
        attempts.begin(name, address)


def test_the_sixth_failure_within_five_minutes_has_to_wait_until_the_first_is_forgotten() -> None:
    clock = HandClock()
    attempts = Attempts(clock)
    fail(attempts, 1)
    clock.now += MINUTE
    fail(attempts, 4)
    with pytest.raises(TooManyAttempts, match="wait 240 s") as refused:
        fail(attempts, 1)
    assert refused.value.wait == 4 * MINUTE
    clock.now = NOON + WINDOW
    fail(attempts, 1)
    with pytest.raises(TooManyAttempts):
        fail(attempts, 1)


def test_guessing_from_one_address_locks_out_nobody_at_another() -> None:
    attempts = Attempts(HandClock())
    fail(attempts, PER_NAME_AND_ADDRESS, address="10.0.0.66")
    fail(attempts, 1, address="10.0.0.1")


def test_one_address_trying_many_names_has_to_wait() -> None:
    attempts = Attempts(HandClock())
    for number in range(PER_ADDRESS):
        fail(attempts, 1, name=f"user{number}")
    with pytest.raises(TooManyAttempts):
        fail(attempts, 1, name="one-more")


def test_signing_in_forgets_what_was_mistyped_but_not_what_the_address_tried_else() -> None:
    attempts = Attempts(HandClock())
    for number in range(PER_ADDRESS - 1):
        fail(attempts, 1, name=f"user{number}")
    fail(attempts, 1)
    attempts.succeeded("li", "10.0.0.1")
    fail(attempts, 1)
    with pytest.raises(TooManyAttempts):
        fail(attempts, 1)


@given(st.lists(st.integers(0, 2 * WINDOW), max_size=40))
def test_nobody_is_let_try_more_than_five_times_in_five_minutes_nor_locked_out_for_longer(
    pauses: list[int],
) -> None:
    clock = HandClock()
    attempts = Attempts(clock)
    tried: list[int] = []
    for pause in pauses:
        clock.now += pause // 8
        with suppress(TooManyAttempts):
            attempts.begin("li", "10.0.0.1")
            tried.append(clock.now)
    for first, sixth in zip(tried, tried[PER_NAME_AND_ADDRESS:], strict=False):
        assert sixth - first >= WINDOW
    clock.now += WINDOW
    attempts.begin("li", "10.0.0.1")
