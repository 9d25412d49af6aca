"""A clock that stands still until a test moves it."""

from dataclasses import dataclass

from gateway.model.clock import Micros
from tests.gateway.samples import NOON


@dataclass(slots=True)
class HandClock:
    """Implements gateway.model.clock.Clock."""

    now: Micros = NOON

    def __call__(self) -> Micros:
        return self.now
