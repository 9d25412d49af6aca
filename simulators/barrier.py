"""A vehicle barrier that passes a vehicle every so often."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.clock import SECOND, Micros


@dataclass(frozen=True, slots=True)
class Barrier:
    """From the instant `first` on it rises every `every`, stays up for `held_for` and comes down;
    each movement takes `travel`. Closed before."""

    first: Micros
    every: Micros
    travel: Micros = 3 * SECOND
    held_for: Micros = 8 * SECOND

    def __post_init__(self) -> None:
        if self.every < 2 * self.travel + self.held_for:
            raise ValueError(f"a barrier cannot pass a vehicle every {self.every} µs")

    def step(self, now: Micros) -> Mapping[str, str]:
        """Where the boom is at `now`."""
        if now < self.first:
            return {"position": "closed"}
        into = (now - self.first) % self.every
        if into < self.travel:
            return {"position": "opening"}
        if into < self.travel + self.held_for:
            return {"position": "open"}
        if into < 2 * self.travel + self.held_for:
            return {"position": "closing"}
        return {"position": "closed"}
