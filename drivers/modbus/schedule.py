"""Whose turn it is on a line. Pure: time comes in, deadlines go out."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from gateway.model.backoff import Backoff
from gateway.model.clock import Micros


@dataclass(slots=True)
class Turn:
    """When one unit is to be asked next. `index` is its place in the periods given."""

    index: int
    period: Micros
    due: Micros
    backoff: Backoff
    answering: bool = False


class Schedule:
    """Deadline order; starts staggered; a unit that is silent is probed with back-off."""

    def __init__(self, periods: Sequence[Micros], now: Micros, random: Random) -> None:
        # Spread over each unit's period: polled in the same instant, they would queue up behind
        # each other every time.
        self._turns = [
            Turn(index, period, now + period * index // len(periods), Backoff(chance=random))
            for index, period in enumerate(periods)
        ]
        self._probed = False

    def next(self, now: Micros) -> Turn:
        """The turn to take at its `due`, or at once when that is past.

        After one probe of a silent unit every answering unit that is due goes before the next
        probe: however many units are dead, the living wait for one of them at most.
        """
        return min(
            self._turns,
            key=lambda turn: (
                turn.due > now,
                turn.due <= now and self._probed and not turn.answering,
                turn.due,
            ),
        )

    def answered(self, turn: Turn, now: Micros) -> None:
        """The unit spoke: polled again one period after it was due; periods already over are left
        out, never caught up in a burst."""
        self._probed = False
        turn.answering = True
        turn.backoff.reset()
        turn.due += max(1, -((turn.due - now) // turn.period)) * turn.period

    def silent(self, turn: Turn, now: Micros) -> None:
        """The unit did not answer: it is probed again after its back-off (1 s to 60 s)."""
        self._probed = True
        turn.answering = False
        turn.due = now + turn.backoff.wait()
