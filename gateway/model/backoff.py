"""How long to wait before trying again."""

import random

from gateway.model.clock import SECOND, Micros


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
        self._next = first

    def wait(self) -> Micros:
        """The next wait."""
        full, self._next = self._next, min(self._next * 2, self._longest)
        return round(full * self._chance.uniform(0.5, 1.0))

    def reset(self) -> None:
        """It worked: the next failure starts from `first` again."""
        self._next = self._first
