"""A door with a contact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.model.clock import Micros


@dataclass(frozen=True, slots=True)
class Opening:
    """Opened at the instant `at`, closed again `held_for` later (None: left open), and opened
    again `every` so often."""

    at: Micros
    held_for: Micros | None = None
    every: Micros | None = None

    def holds(self, now: Micros) -> bool:
        """Whether the door is held open by it."""
        since = now - self.at
        if since >= 0 and self.every is not None:
            since %= self.every
        return since >= 0 and (self.held_for is None or since < self.held_for)


class Door:
    """Closed but for its openings, which may overlap and may be added at any time."""

    def __init__(self, openings: Iterable[Opening] = ()) -> None:
        self._openings = list(openings)

    def open_at(
        self, at: Micros, held_for: Micros | None = None, every: Micros | None = None
    ) -> None:
        """Someone opens it at `at`, and again `every` so often."""
        self._openings.append(Opening(at, held_for, every))

    def step(self, now: Micros) -> Mapping[str, str]:
        """The contact at `now`."""
        is_open = any(opening.holds(now) for opening in self._openings)
        return {"contact": "open" if is_open else "closed"}
