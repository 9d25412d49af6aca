"""Waiting on conditions of other processes, never on time."""

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import Final

WITHIN_S: Final = 90.0
"""For each step: longer than the longest wait of any follower or driver between two tries."""


class Stuck(AssertionError):
    """Something did not go on."""


def until(
    condition: Callable[[], object], problem: Callable[[], str], every_s: float = 0.05
) -> None:
    """For what has no event to wait on; Stuck after WITHIN_S."""
    deadline = monotonic() + WITHIN_S
    while not condition():
        expect(monotonic() < deadline, problem)
        Event().wait(every_s)


def expect(held: bool, problem: str | Callable[[], str]) -> None:
    """Stuck, unless it held."""
    if not held:
        raise Stuck(problem if isinstance(problem, str) else problem())
