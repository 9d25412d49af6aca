from random import Random

from gateway.model.backoff import Backoff
from gateway.model.clock import SECOND


class Never(Random):
    """A chance that shortens nothing."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def test_waits_double_up_to_the_longest_and_start_anew_after_a_success() -> None:
    backoff = Backoff(SECOND, 10 * SECOND, Never())
    assert [backoff.wait() // SECOND for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.wait() == SECOND


def test_what_failed_together_does_not_come_back_together() -> None:
    waits = {Backoff(SECOND, chance=Random(seed)).wait() for seed in range(100)}
    assert len(waits) > 90
    assert min(waits) >= SECOND // 2
    assert max(waits) <= SECOND
