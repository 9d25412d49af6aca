"""A detector line at its module: a beam, a fence cable, a contact."""

from collections.abc import Mapping

from gateway.model.clock import Micros
from simulators.door import Opening


class Line:
    """Normal but for what is entered, which may be at any time."""

    def __init__(self) -> None:
        self._trips: list[Opening] = []
        self._cut_at: Micros | None = None
        self._tampered_at: Micros | None = None
        self._supply_lost_at: Micros | None = None

    def trip_at(self, at: Micros, lasts: Micros | None = None, every: Micros | None = None) -> None:
        """In alarm for so long, and again `every` so often."""
        self._trips.append(Opening(at, lasts, every))

    def cut_at(self, at: Micros) -> None:
        """Its cable is cut."""
        self._cut_at = at

    def tamper_at(self, at: Micros) -> None:
        """Its module is opened."""
        self._tampered_at = at

    def lose_supply_at(self, at: Micros) -> None:
        """Its module goes on from its battery."""
        self._supply_lost_at = at

    def step(self, now: Micros) -> Mapping[str, str]:
        """What it tells at `now`."""
        tripped = any(trip.holds(now) for trip in self._trips)
        cut = self._cut_at is not None and now >= self._cut_at
        tampered = self._tampered_at is not None and now >= self._tampered_at
        lost = self._supply_lost_at is not None and now >= self._supply_lost_at
        return {
            "line": "open" if cut else "alarm" if tripped else "normal",
            "tamper": "tampered" if tampered else "ok",
            "supply": "lost" if lost else "ok",
        }
