"""Whether a rule's condition holds: pure functions of rules, readings and instants.

Time is the journal's: a condition moves when a reading says so, or when a reading's instant is past
the condition's deadline. The same journal gives the same conditions, however often it is read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.model.clock import Micros
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading, Value
from gateway.model.rule import Happened, InState, Rule, Side, Silent, Threshold, Unusable, When


class State(StrEnum):
    """Where a condition stands. PENDING_ON waits for raise_after, PENDING_OFF for clear_after."""

    NORMAL = "normal"
    PENDING_ON = "pending_on"
    ACTIVE = "active"
    PENDING_OFF = "pending_off"


class Signal(StrEnum):
    """What one reading, or the passing of time, says to a condition."""

    ABNORMAL = "abnormal"
    CLEAR = "clear"
    DOUBTFUL = "doubtful"
    """The quality is not good: nothing is known, so nothing may clear (safety rules)."""
    ELAPSED = "elapsed"
    NOTHING = "nothing"


MOVES: Mapping[tuple[State, Signal], State] = {
    (State.NORMAL, Signal.ABNORMAL): State.PENDING_ON,
    (State.PENDING_ON, Signal.CLEAR): State.NORMAL,
    (State.PENDING_ON, Signal.ELAPSED): State.ACTIVE,
    (State.ACTIVE, Signal.CLEAR): State.PENDING_OFF,
    (State.PENDING_OFF, Signal.ABNORMAL): State.ACTIVE,
    (State.PENDING_OFF, Signal.DOUBTFUL): State.ACTIVE,
    (State.PENDING_OFF, Signal.ELAPSED): State.NORMAL,
}
"""Pairs that are not here change nothing."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Which of the last readings were abnormal, oldest first, from the first abnormal one on.

    `seq` is the newest's place in the journal: after a restart it may come by again. A reading that
    leaves the verdicts as they were leaves `seq` as well; taking it again changes nothing either.
    """

    verdicts: tuple[bool, ...] = ()
    seq: int = 0

    def taking(self, abnormal: bool, seq: int | None, of: int) -> "Counted":
        """With one more reading, and no more than `of` in all."""
        if seq is not None and seq <= self.seq:
            return self
        taken = Counted((*self.verdicts, abnormal), seq or 0).newest(of)
        return self if taken.verdicts == self.verdicts else taken

    def newest(self, of: int) -> "Counted":
        """The last `of`; none where a rule needs but one."""
        verdicts = self.verdicts[-of:] if of > 1 else ()
        if not any(verdicts):
            return Counted()
        return Counted(verdicts[verdicts.index(True) :], self.seq)


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule's condition. `deadline` is when the pending state ends; None outside those states.

    `holding` are the points that bear on the rule beyond the last reading: those OFFLINE of a
    Silent rule, those BAD of an Unusable one, the guard of a Happened rule while it is known to
    hold. `evidence` is the reading that made it abnormal last. `quality` is that of what is known
    of it now; GOOD while NORMAL. `counted` is for rules that need more than one reading. `doubted`
    are the `seen_by` of a Happened rule that are not GOOD.
    """

    rule: str
    state: State = State.NORMAL
    since: Micros = 0
    deadline: Micros | None = None
    holding: frozenset[str] = frozenset()
    evidence: Reading | None = None
    quality: Quality = Quality.GOOD
    counted: Counted = Counted()
    doubted: frozenset[str] = frozenset()

    @property
    def active(self) -> bool:
        """Whether the alarm stands."""
        return self.state in (State.ACTIVE, State.PENDING_OFF)

    @property
    def plain(self) -> bool:
        """Whether there is nothing to remember: NORMAL, and nothing bears on it."""
        bears = self.holding or self.doubted or self.counted.verdicts
        return self.state is State.NORMAL and not bears


def points_of(when: When) -> frozenset[str]:
    """The points a rule looks at."""
    match when:
        case Silent(points) | Unusable(points):
            return points
        case Happened(point, unless, seen_by):
            return seen_by | ({point} if unless is None else {point, unless.point})
        case Threshold(point=point) | InState(point=point):
            return frozenset({point})


def take(rule: Rule, condition: Condition, reading: Reading, now: Micros) -> list[Condition]:
    """The conditions that reading leads through, none when it changes nothing, as nearly always.
    An event is there and gone, and so leads on."""
    led: list[Condition] = []
    before = condition
    happened = isinstance(rule.when, Happened)
    if happened or isinstance(rule.when, Silent | Unusable):
        condition = _borne_upon(rule.when, condition, reading)
    signals = _signals(rule.when, condition, reading)
    if rule.of > 1:
        condition, signals = _count(rule, condition, reading, signals)
    for signal in signals:
        moved = _move(rule, condition, signal, now)
        if signal is Signal.ABNORMAL and (moved.state is not condition.state or happened):
            moved = replace(moved, evidence=reading)
        condition = _qualified(rule.when, moved, signal, reading)
        if condition is not before:
            led.append(condition)
            before = condition
    return led


def elapse(rule: Rule, condition: Condition, now: Micros) -> Condition:
    """The condition at `now`, with no news."""
    if condition.deadline is None or condition.deadline > now:
        return condition
    return _move(rule, condition, Signal.ELAPSED, condition.deadline)


def delay(rule: Rule, state: State) -> Micros | None:
    """How long a condition stays in that state by itself; None for one without an end."""
    return {State.PENDING_ON: rule.raise_after, State.PENDING_OFF: rule.clear_after}.get(state)


def _move(rule: Rule, condition: Condition, signal: Signal, now: Micros) -> Condition:
    state = MOVES.get((condition.state, signal))
    if state is None:
        return condition
    wait = delay(rule, state)
    deadline = None if wait is None else now + wait
    moved = replace(condition, state=state, since=now, deadline=deadline)
    if state is State.NORMAL:
        moved = replace(moved, quality=Quality.GOOD)
    return _move(rule, moved, Signal.ELAPSED, now) if wait == 0 else moved


def _count(
    rule: Rule, condition: Condition, reading: Reading, signals: Sequence[Signal]
) -> tuple[Condition, Sequence[Signal]]:
    """The same with that reading counted, and what `needed` of the last `of` say."""
    if reading.quality is not Quality.GOOD or signals[0] is Signal.DOUBTFUL:
        return condition, (Signal.DOUBTFUL,)
    abnormal = signals[0] is Signal.ABNORMAL
    counted = condition.counted.taking(abnormal, reading.seq, rule.of)
    if counted is not condition.counted:
        condition = replace(condition, counted=counted)
    enough = sum(counted.verdicts) >= rule.needed
    return condition, (Signal.ABNORMAL if enough else Signal.CLEAR,)


def _qualified(when: When, condition: Condition, signal: Signal, reading: Reading) -> Condition:
    """The same with the quality of what is known of it, as far as that reading tells."""
    if condition.state is State.NORMAL or signal is Signal.NOTHING:
        return condition
    quality = reading.quality
    if isinstance(when, Silent | Unusable):
        # That a device is OFFLINE is well known, and so is that it answers with errors.
        quality = Quality.STALE if signal is Signal.DOUBTFUL else Quality.GOOD
    elif isinstance(when, Happened):
        quality = Quality.STALE if condition.doubted else Quality.GOOD
    elif quality is Quality.GOOD and signal is Signal.DOUBTFUL:
        quality = Quality.BAD
    return condition if quality is condition.quality else replace(condition, quality=quality)


def _signals(when: When, condition: Condition, reading: Reading) -> Sequence[Signal]:
    match when:  # the usual ones first
        case Threshold():
            abnormal, says = _beyond(when, condition, reading), _is_number(reading.value)
        case Silent(points) | Unusable(points):
            if condition.holding & points:
                return (Signal.ABNORMAL,)
            return (_of_quality(when, reading),)
        case Happened():
            return _of_event(when, condition, reading)
        case InState(_, states):
            says = isinstance(reading.value, str) and reading.value != UNKNOWN_STATE
            abnormal = isinstance(reading.value, str) and reading.value in states
    if abnormal:
        return (Signal.ABNORMAL,)
    # What is no number, or no word, is no good news whatever its quality.
    known = says and reading.quality is Quality.GOOD
    return (Signal.CLEAR if known else Signal.DOUBTFUL,)


def _of_event(when: Happened, condition: Condition, reading: Reading) -> Sequence[Signal]:
    passes = Signal.DOUBTFUL if condition.doubted else Signal.CLEAR
    if reading.point in when.seen_by:
        return (passes,)
    # A guard's own reading moves nothing: it is only remembered.
    if reading.point != when.point or reading.quality is not Quality.GOOD or condition.holding:
        return (Signal.NOTHING,)
    return (Signal.ABNORMAL, passes)


_NUMBERS = (float, int)  # a union would be made anew for each reading


def _beyond(when: Threshold, condition: Condition, reading: Reading) -> bool:
    if not isinstance(reading.value, _NUMBERS):
        return False
    margin = when.deadband if condition.active else 0.0
    if when.side is Side.BELOW:
        return reading.value < when.limit + margin
    return reading.value > when.limit - margin


def _is_number(value: Value) -> bool:
    return isinstance(value, _NUMBERS) and not math.isnan(value)


def _borne_upon(when: When, condition: Condition, reading: Reading) -> Condition:
    holding = _holding(when, condition.holding, reading)
    doubted = _doubted(when, condition.doubted, reading)
    if holding == condition.holding and doubted == condition.doubted:
        return condition
    return replace(condition, holding=holding, doubted=doubted)


def _of_quality(when: Silent | Unusable, reading: Reading) -> Signal:
    """What that reading says of its own point."""
    quality = reading.quality
    if isinstance(when, Silent):
        # A STALE reading is no sign of life: a retained message, or the last value again.
        says_nothing, wrong = quality is Quality.STALE, quality is Quality.OFFLINE
    else:
        # A point that has fallen silent has not got well.
        says_nothing = quality in (Quality.STALE, Quality.OFFLINE)
        wrong = quality is Quality.BAD or reading.value == UNKNOWN_STATE
    if says_nothing:
        return Signal.DOUBTFUL
    return Signal.ABNORMAL if wrong else Signal.CLEAR


def _holding(when: When, holding: frozenset[str], reading: Reading) -> frozenset[str]:
    point = frozenset({reading.point})
    match when:
        case Silent() | Unusable():
            says = _of_quality(when, reading)
            if says is Signal.ABNORMAL:
                return holding | point
            return holding - point if says is Signal.CLEAR else holding
        case Happened(_, unless) if unless is not None and reading.point == unless.point:
            known = reading.quality is Quality.GOOD and reading.value in unless.states
            return holding | point if known else holding - point
        case _:
            return holding


def _doubted(when: When, doubted: frozenset[str], reading: Reading) -> frozenset[str]:
    if not isinstance(when, Happened) or reading.point not in when.seen_by:
        return doubted
    point = frozenset({reading.point})
    return doubted - point if reading.quality is Quality.GOOD else doubted | point
