"""A fire alarm panel's interface: fire and fault."""

from bisect import insort
from collections.abc import Mapping

from gateway.model.clock import Micros


class FirePanel:
    """Normal from the beginning; changes may be entered in any order."""

    def __init__(self) -> None:
        self._fire: list[tuple[Micros, str]] = [(0, "normal")]
        self._fault: list[tuple[Micros, str]] = [(0, "ok")]

    def fire_at(self, at: Micros) -> None:
        """A detector acts."""
        insort(self._fire, (at, "alarm"))

    def reset_at(self, at: Micros) -> None:
        """Somebody resets it on the spot."""
        insort(self._fire, (at, "normal"))

    def fault_at(self, at: Micros) -> None:
        """A loop breaks."""
        insort(self._fault, (at, "fault"))

    def step(self, now: Micros) -> Mapping[str, str]:
        """What it tells at `now`."""
        told = {"fire": self._fire, "fault": self._fault}
        return {
            name: next(word for at, word in reversed(changes) if at <= now)
            for name, changes in told.items()
        }
