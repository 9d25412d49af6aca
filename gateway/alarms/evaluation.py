"""All rules over all readings: which conditions change, and when to look again."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.alarms.conditions import Condition, State, delay, elapse, points_of, take
from gateway.model.clock import Micros
from gateway.model.reading import Reading
from gateway.model.rule import Happened, Rule


@dataclass(frozen=True, slots=True)
class Turn:
    """One condition before and after; `at` is the journal's time of it."""

    rule: Rule
    before: Condition
    after: Condition
    at: Micros

    @property
    def raised(self) -> bool:
        """The alarm condition has come."""
        return self.after.active and not self.before.active

    @property
    def returned(self) -> bool:
        """The alarm condition has gone."""
        return self.before.active and not self.after.active

    @property
    def repeated(self) -> bool:
        """It stood already when the event happened again."""
        stands = self.before.active and self.after.active
        again = self.after.evidence is not self.before.evidence
        return stands and again and isinstance(self.rule.when, Happened)

    @property
    def requalified(self) -> bool:
        """It stands as before, but what is known of it is better or worse than it was."""
        stands = self.before.active and self.after.active
        return stands and self.before.quality is not self.after.quality


@dataclass(frozen=True, slots=True)
class Start:
    """The instant an evaluation begins. What stands in the journal up to `seq`, and the conditions
    it begins with, were stamped by an earlier process, whose clock may have been ahead."""

    now: Micros
    seq: int


class Evaluation:
    """The conditions of every rule, moved by readings in journal order.

    Nothing from before `start` counts as later than it: were the machine's clock set back by an
    hour, every delay under way would last an hour longer.
    """

    def __init__(
        self, rules: Iterable[Rule], conditions: Mapping[str, Condition], start: Start
    ) -> None:
        self._start = start
        self._rules = {rule.id: rule for rule in rules}
        self._conditions = {
            rule.id: _known(rule, conditions.get(rule.id, Condition(rule.id)), start.now)
            for rule in self._rules.values()
        }
        self._by_point: dict[str, list[Rule]] = defaultdict(list)
        for rule in self._rules.values():
            for point in points_of(rule.when):
                self._by_point[point].append(rule)
        self._now: Micros = 0
        self._deadlines = [
            (condition.deadline, id_)
            for id_, condition in self._conditions.items()
            if condition.deadline is not None
        ]
        heapq.heapify(self._deadlines)

    def present(self, reading: Reading) -> Micros:
        """The journal's time when that reading comes by."""
        received_at = reading.received_at
        if (reading.seq or 0) <= self._start.seq:
            received_at = min(received_at, self._start.now)
        # Drivers stamp before they queue, so stamps may lie a little out of journal order.
        return max(self._now, received_at)

    @property
    def now(self) -> Micros:
        """The journal's time when the last reading was taken."""
        return self._now

    def looks_at(self, point: str) -> bool:
        """Whether a rule names that point."""
        return point in self._by_point

    @property
    def deadline(self) -> Micros | None:
        """When a condition changes by itself next; None while nothing is pending."""
        self._drop_outdated()
        return self._deadlines[0][0] if self._deadlines else None

    def take(self, reading: Reading) -> list[Turn]:
        """What that reading changes: deadlines that have passed by then first, in their order."""
        self._now = self.present(reading)
        turns = self._elapsed() if self._deadlines else []
        for rule in self._by_point.get(reading.point, ()):
            for after in take(rule, self._conditions[rule.id], reading, self._now):
                turns.append(self._turn(rule, after, self._now))
        return turns

    def _elapsed(self) -> list[Turn]:
        turns = []
        while (deadline := self.deadline) is not None and deadline <= self._now:
            rule = self._rules[self._deadlines[0][1]]
            after = elapse(rule, self._conditions[rule.id], self._now)
            turns.append(self._turn(rule, after, deadline))
        return turns

    def _turn(self, rule: Rule, after: Condition, at: Micros) -> Turn:
        before = self._conditions[rule.id]
        self._conditions[rule.id] = after
        if after.deadline is not None and after.deadline != before.deadline:
            heapq.heappush(self._deadlines, (after.deadline, rule.id))
        return Turn(rule, before, after, at)

    def _drop_outdated(self) -> None:
        while self._deadlines:
            deadline, id_ = self._deadlines[0]
            if self._conditions[id_].deadline == deadline:
                return
            heapq.heappop(self._deadlines)


def _known(rule: Rule, condition: Condition, now: Micros) -> Condition:
    """Without points the rule no longer looks at: a guard that is gone must hide nothing. Without
    a deadline further off than the rule's own delay, or more readings counted than it looks at."""
    points = points_of(rule.when)
    known = replace(
        condition,
        holding=condition.holding & points,
        doubted=condition.doubted & points,
        counted=condition.counted.newest(rule.of),
    )
    if isinstance(rule.when, Happened) and known.state is State.ACTIVE and not known.doubted:
        # What held it is no longer looked at: nothing else would let it go.
        known = replace(known, state=State.PENDING_OFF, deadline=now + rule.clear_after)
    wait = delay(rule, known.state)
    if known.deadline is None or wait is None:
        return known
    return replace(known, deadline=min(known.deadline, now + wait))
