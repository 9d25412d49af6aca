"""What rules would have raised (pure): readings in, by the evaluation the alarm service uses.

Every time a condition comes counts, as if nothing had been suppressed and everything acknowledged.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.alarms.evaluation import Evaluation, Start, Turn
from gateway.alarms.figures import Subject
from gateway.alarms.lifecycle import Move
from gateway.alarms.occurrences import Moved, Occurrence, occurrences
from gateway.model.clock import Micros
from gateway.model.reading import TICK, Reading
from gateway.model.rule import Rule


class Replay:
    """The rules over readings in journal order. `standing`: what was said last before `start`; what
    is abnormal by then is no alarm of the window, but may return in it."""

    def __init__(self, rules: Sequence[Rule], standing: Iterable[Reading], start: Micros) -> None:
        self.rules = tuple(rules)
        self.start = start
        before = sorted(standing, key=lambda reading: reading.received_at)
        last = max((reading.seq or 0 for reading in before), default=0)
        self._evaluation = Evaluation(rules, {}, Start(start, last))
        self._ids = {rule.id: n for n, rule in enumerate(rules, 1)}
        self._moves: list[Moved] = []
        for reading in before:
            if not isinstance(reading.value, Mapping):  # an event is past
                self._evaluation.take(reading)
        self.readings = 0
        self.heard = frozenset(reading.point for reading in before)
        """The points that had said something before."""

    def take(self, readings: Iterable[Reading]) -> None:
        """The next readings."""
        for reading in readings:
            self.readings += 1
            for turn in self._evaluation.take(reading):
                self._note(turn)

    def end(self, end: Micros) -> list[Occurrence]:
        """What was raised; delays that run out by `end` have done so."""
        for turn in self._evaluation.take(Reading(TICK, float(end), end, end)):
            self._note(turn)
        return [each for each in occurrences(self._moves) if each.raised_at < end]

    def subjects(self) -> dict[int, Subject]:
        """What the occurrences' `alarm` stands for."""
        return {
            self._ids[rule.id]: Subject(rule.id, rule.title, rule.priority) for rule in self.rules
        }

    def _note(self, turn: Turn) -> None:
        alarm = self._ids[turn.rule.id]
        if turn.at < self.start:
            return
        if turn.raised or turn.repeated:
            self._moves.append(Moved(alarm, turn.at, Move.RAISE, told=True))
        elif turn.returned:
            self._moves.append(Moved(alarm, turn.at, Move.RETURN))


@dataclass(frozen=True, slots=True)
class RuleTold:
    """How often a rule would have raised its alarm, and how long the longest would have lasted."""

    rule: str
    count: int
    first_at: Micros
    last_at: Micros
    longest: Micros


def by_rule(
    found: Iterable[Occurrence], subjects: Mapping[int, Subject], end: Micros
) -> list[RuleTold]:
    """Most often first; what has not gone by `end` lasted until then."""
    groups: dict[str, list[Occurrence]] = defaultdict(list)
    for each in found:
        groups[subjects[each.alarm].rule].append(each)
    told = [
        RuleTold(
            rule=rule,
            count=len(group),
            first_at=group[0].raised_at,
            last_at=group[-1].raised_at,
            longest=max((each.over_at or end) - each.raised_at for each in group),
        )
        for rule, group in groups.items()
    ]
    return sorted(told, key=lambda each: (-each.count, each.rule))
