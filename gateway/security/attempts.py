"""Slows down guessing of passwords, and locks nobody out for good."""

from collections import deque
from typing import Final

from gateway.model.clock import MINUTE, Clock, Micros
from gateway.security.identity import TooManyAttempts

WINDOW: Final[Micros] = 5 * MINUTE
PER_NAME_AND_ADDRESS: Final = 5
"""One person mistyping. Counted by address too, so that nobody can lock out somebody else."""
PER_ADDRESS: Final = 30
"""One machine trying many names; a desk shared by a shift stays below it."""

_Key = tuple[str, str] | str


class Attempts:
    """Failed sign-ins of the last five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[_Key, deque[Micros]] = {}

    def begin(self, name: str, address: str) -> None:
        """Counts as failed until `succeeded`, so that attempts made at once count as well.
        Raises TooManyAttempts."""
        now = self._clock()
        self._forget_before(now - WINDOW)
        limits: dict[_Key, int] = {(name, address): PER_NAME_AND_ADDRESS, address: PER_ADDRESS}
        for key, limit in limits.items():
            failures = self._failures.get(key, ())
            if len(failures) >= limit:
                raise TooManyAttempts(failures[-limit] + WINDOW - now)
        for key in limits:
            self._failures.setdefault(key, deque()).append(now)

    def succeeded(self, name: str, address: str) -> None:
        """Forgets what this person failed at; the address keeps its other failures."""
        self._failures.pop((name, address), None)
        at_address = self._failures.get(address)
        if at_address:
            at_address.pop()

    def _forget_before(self, instant: Micros) -> None:
        for key, failures in list(self._failures.items()):
            while failures and failures[0] <= instant:
                failures.popleft()
            if not failures:
                del self._failures[key]
