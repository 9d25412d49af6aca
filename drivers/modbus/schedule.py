"""Whose turn it is on a line. Pure: time comes in, deadlines go out."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
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


class Standing(IntEnum):
    """What is known of a unit; the least goes first."""

    ANSWERING = 0
    UNKNOWN = 1
    SILENT = 2


@dataclass(slots=True)
class _Life:
    """How a unit does: all its groups share it."""

    backoff: Backoff
    standing: Standing = Standing.UNKNOWN
    rests_until: Micros = 0


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

    @property
    def ready_at(self) -> Micros:
        """When it can be asked for: its unit may have to rest until after it is due."""
        return max(self.due, self.life.rests_until)


class Schedule:
    """Deadline order; starts staggered; a unit that is silent is probed with back-off. `before`:
    that of the same groups on an earlier connection, which knew who answers; `answering`: units
    that are known to have answered, from before the start. `noted` is called when a unit begins or
    ceases to answer."""

    def __init__(
        self,
        groups: Sequence[Group],
        now: Micros,
        random: Random,
        before: "Schedule | None" = None,
        answering: Collection[int] = (),
        noted: Callable[[], None] = lambda: None,
    ) -> None:
        self._noted = noted
        lives = {group.unit: _Life(Backoff(chance=random)) for group in groups}
        for unit in lives.keys() & set(answering):
            lives[unit].standing = Standing.ANSWERING
        if before is not None:
            lives = {turn.group.unit: turn.life for turn in before.turns}
        self.turns: Sequence[Turn] = tuple(_first_turns(groups, now, lives))
        self._of_unit: defaultdict[int, list[Turn]] = defaultdict(list)
        for turn in self.turns:
            self._of_unit[turn.group.unit].append(turn)
        self._probed = before is not None or bool(answering)

    def next(self, now: Micros) -> Turn:
        """The turn to take when it is ready, or at once when that is past.

        After one probe of a silent unit every answering unit that is due goes before the next
        probe: however many units are dead, the living wait for one of them at most. Units not
        asked yet go before those that are known to be silent.
        """
        if len(self.turns) == 1:
            return self.turns[0]
        return min(self.turns, key=lambda turn: self._rank(turn, now))

    def _rank(self, turn: Turn, now: Micros) -> tuple[bool, int, Micros]:
        ready_at = turn.ready_at
        if ready_at > now:
            return True, 0, ready_at
        return False, turn.life.standing if self._probed else 0, turn.due

    def together(self, turn: Turn, now: Micros) -> Sequence[Turn]:
        """That one and what else of its unit is due by now."""
        of_unit = self._of_unit[turn.group.unit]
        if len(of_unit) == 1:
            return of_unit
        return [each for each in of_unit if each is turn or each.due <= now]

    @property
    def answering(self) -> Sequence[int]:
        """The units that answered when they were asked last."""
        return sorted(
            unit
            for unit, turns in self._of_unit.items()
            if turns[0].life.standing is Standing.ANSWERING
        )

    def due(self, unit: int) -> Micros:
        """When that unit is asked next."""
        return min(turn.due for turn in self._of_unit[unit])

    def rest(self, unit: int, until: Micros) -> None:
        """That unit must not be asked before then."""
        self._of_unit[unit][0].life.rests_until = until

    def hurry(self, index: int, now: Micros, until: Micros) -> None:
        """Has that group asked for at once, and every HURRIED until then."""
        turn = self.turns[index]
        turn.due = min(turn.due, now)
        turn.hurried_until = until

    def answered(self, turns: Sequence[Turn], now: Micros) -> int:
        """The unit spoke, to all that it was asked for together: their turns come again one period
        after they were due; periods already over are left out, never caught up in a burst. Returns
        how many were."""
        self._probed = False
        life = turns[0].life
        before = life.standing
        if before is not Standing.ANSWERING:
            life.standing = Standing.ANSWERING
            self._noted()
        life.backoff.reset()
        passed = 0
        for turn in turns:
            passed += _after_answer(turn, now)
        return passed if before is Standing.ANSWERING else 0

    def silent(self, turn: Turn, now: Micros) -> None:
        """The unit did not answer: it is asked for again after its back-off (1 s to 60 s), and not
        before, whatever its periods."""
        self._probed = True
        if turn.life.standing is not Standing.SILENT:
            turn.life.standing = Standing.SILENT
            self._noted()
        due = now + turn.life.backoff.wait()
        for other in self._of_unit[turn.group.unit]:
            other.due = due


def _first_turns(
    groups: Sequence[Group], now: Micros, lives: Mapping[int, _Life]
) -> Iterator[Turn]:
    """Units are spread over their periods: polled in the same instant, they would queue up behind
    each other every time. What one unit is asked for more rarely comes with what it is asked for
    most often."""
    units = list(dict.fromkeys(group.unit for group in groups))
    for index, group in enumerate(groups):
        nth = units.index(group.unit)
        often = min(other.period for other in groups if other.unit == group.unit)
        soonest = often * nth // len(units)
        place = soonest + (group.period * nth // len(units) - soonest) // often * often
        first = min(soonest, FIRST_WITHIN * nth // len(units))
        yield Turn(index, group, now + first, lives[group.unit], to_place=place - first)


def _after_answer(turn: Turn, now: Micros) -> int:
    """Sets when it is due again. Returns how many periods are left out."""
    if now < turn.hurried_until:
        turn.due = now + min(HURRIED, turn.group.period)
        return 0
    if turn.to_place:
        turn.due, turn.to_place = turn.due + turn.to_place, 0
        if turn.due > now:
            return 0
    passed = max(1, -((turn.due - now) // turn.group.period))
    turn.due += passed * turn.group.period
    return passed - 1
