"""How long to wait before trying again."""

import random

from gateway.model.clock import SECOND, Micros

_DOUBLINGS = 40
"""More make no wait longer, only the figures."""


class Backoff:
    """Doubling waits from `first` to `longest`, each shortened by chance to between half and all of
    it, so that what failed together does not come back together."""

    def __init__(
        self,
        first: Micros = SECOND,
        longest: Micros = 60 * SECOND,
        chance: random.Random | None = None,
    ) -> None:
        self._first = first
        self._longest = longest
        self._chance = chance or random.Random()
        self._failures = 0

    def wait(self) -> Micros:
        """The next wait."""
        self._failures += 1
        return self.after(self._failures)

    def after(self, failures: int) -> Micros:
        """The wait after so many failures (from 1), for those who count them elsewhere."""
        full = min(self._first << min(failures - 1, _DOUBLINGS), self._longest)
        return round(full * self._chance.uniform(0.5, 1.0))

    def reset(self) -> None:
        """It worked: the next failure starts from `first` again."""
        self._failures = 0
