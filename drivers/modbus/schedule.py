"""Whose turn it is on a line. Pure: time comes in, deadlines go out."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from gateway.model.backoff import Backoff
from gateway.model.clock import MILLISECOND, SECOND, Micros

HURRIED: Final[Micros] = 500 * MILLISECOND
"""How often points are read that a command is to move."""
FIRST_WITHIN: Final[Micros] = 10 * SECOND
"""However rarely points are polled, after a start they are soon known."""


class Group(NamedTuple):
    """Points of one unit that are polled together, so often."""

    unit: int
    period: Micros


@dataclass(slots=True)
class _Life:
    """Whether a unit answers: all its groups share it."""

    backoff: Backoff
    answering: bool = False


@dataclass(slots=True)
class Turn:
    """When one group is to be asked for next. `index` is its place among the groups given,
    `to_place` how far its first turn was before its place in the period."""

    index: int
    group: Group
    due: Micros
    life: _Life
    hurried_until: Micros = 0
    to_place: Micros = 0


class Schedule:
    """Deadline order; starts staggered; a unit that is silent is probed with back-off. `before`:
    that of the same groups on an earlier connection, which knew who answers."""

    def __init__(
        self, groups: Sequence[Group], now: Micros, random: Random, before: "Schedule | None" = None
    ) -> None:
        lives = {group.unit: _Life(Backoff(chance=random)) for group in groups}
        if before is not None:
            lives = {turn.group.unit: turn.life for turn in before.turns}
        # Spread over each group's period: polled in the same instant, they would queue up behind
        # each other every time.
        self.turns: Sequence[Turn] = tuple(
            _first_turn(index, group, now, len(groups), lives[group.unit])
            for index, group in enumerate(groups)
        )
        self._probed = before is not None

    def next(self, now: Micros) -> Turn:
        """The turn to take at its `due`, or at once when that is past.

        After one probe of a silent unit every answering unit that is due goes before the next
        probe: however many units are dead, the living wait for one of them at most.
        """
        return min(
            self.turns,
            key=lambda turn: (
                turn.due > now,
                turn.due <= now and self._probed and not turn.life.answering,
                turn.due,
            ),
        )

    def due(self, unit: int) -> Micros:
        """When that unit is asked next."""
        return min(turn.due for turn in self.turns if turn.group.unit == unit)

    def hurry(self, index: int, now: Micros, until: Micros) -> None:
        """Has that group asked for at once, and every HURRIED until then."""
        turn = self.turns[index]
        turn.due = min(turn.due, now)
        turn.hurried_until = until

    def answered(self, turn: Turn, now: Micros) -> int:
        """The unit spoke: this group's turn comes again one period after it was due; periods
        already over are left out, never caught up in a burst. Returns how many were."""
        self._probed = False
        was_answering, turn.life.answering = turn.life.answering, True
        turn.life.backoff.reset()
        if now < turn.hurried_until:
            turn.due = now + min(HURRIED, turn.group.period)
            return 0
        if turn.to_place:
            turn.due, turn.to_place = turn.due + turn.to_place, 0
            if turn.due > now:
                return 0
        passed = max(1, -((turn.due - now) // turn.group.period))
        turn.due += passed * turn.group.period
        return passed - 1 if was_answering else 0

    def silent(self, turn: Turn, now: Micros) -> None:
        """The unit did not answer: one of its groups is asked for again after its back-off (1 s to
        60 s), and no other before."""
        self._probed = True
        turn.life.answering = False
        due = now + turn.life.backoff.wait()
        for other in self.turns:
            if other.life is turn.life:
                other.due = due


def _first_turn(index: int, group: Group, now: Micros, groups: int, life: _Life) -> Turn:
    place = group.period * index // groups
    first = min(place, FIRST_WITHIN * index // groups)
    return Turn(index, group, now + first, life, to_place=place - first)
