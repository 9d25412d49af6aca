"""Whether a rule's condition holds: pure functions of rules, readings and instants.

Time is the journal's: a condition moves when a reading says so, or when a reading's instant is past
the condition's deadline. The same journal gives the same conditions, however often it is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.model.clock import Micros
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading
from gateway.model.rule import Happened, InState, Rule, Side, Silent, Threshold, When


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
class Condition:
    """A rule's condition. `deadline` is when the pending state ends; None outside those states.

    `holding` are the points that bear on the rule beyond the last reading: those OFFLINE of a
    Silent rule, the guard of a Happened rule while it is known to hold. `evidence` is the reading
    that made it abnormal last.
    """

    rule: str
    state: State = State.NORMAL
    since: Micros = 0
    deadline: Micros | None = None
    holding: frozenset[str] = frozenset()
    evidence: Reading | None = None

    @property
    def active(self) -> bool:
        """Whether the alarm stands."""
        return self.state in (State.ACTIVE, State.PENDING_OFF)


def points_of(when: When) -> frozenset[str]:
    """The points a rule looks at."""
    match when:
        case Silent(points):
            return points
        case Happened(point, unless) if unless is not None:
            return frozenset({point, unless.point})
        case Threshold(point=point) | InState(point=point) | Happened(point=point):
            return frozenset({point})


def take(rule: Rule, condition: Condition, reading: Reading, now: Micros) -> list[Condition]:
    """The conditions that reading leads through, none when it changes nothing, as nearly always.
    An event is there and gone, and so leads on."""
    led: list[Condition] = []
    before = condition
    holding = _holding(rule.when, condition.holding, reading)
    if holding != condition.holding:
        condition = replace(condition, holding=holding)
    for signal in _signals(rule.when, condition, reading):
        moved = _move(rule, condition, signal, now)
        if signal is Signal.ABNORMAL and moved.state is not condition.state:
            moved = replace(moved, evidence=reading)
        condition = moved
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
    return _move(rule, moved, Signal.ELAPSED, now) if wait == 0 else moved


def _signals(when: When, condition: Condition, reading: Reading) -> Iterable[Signal]:
    match when:
        case Silent(points):
            if condition.holding & points:
                return (Signal.ABNORMAL,)
            return (Signal.DOUBTFUL if reading.quality is Quality.STALE else Signal.CLEAR,)
        case Happened(point, _):
            # A guard's own reading moves nothing: it is only remembered.
            if reading.point != point or reading.quality is not Quality.GOOD or condition.holding:
                return (Signal.NOTHING,)
            return (Signal.ABNORMAL, Signal.CLEAR)
        case Threshold():
            abnormal = _beyond(when, condition, reading)
        case InState(_, states):
            abnormal = reading.value in states
    if abnormal:
        return (Signal.ABNORMAL,)
    known = reading.quality is Quality.GOOD and reading.value != UNKNOWN_STATE
    return (Signal.CLEAR if known else Signal.DOUBTFUL,)


def _beyond(when: Threshold, condition: Condition, reading: Reading) -> bool:
    if not isinstance(reading.value, float | int):
        return False
    margin = when.deadband if condition.active else 0.0
    if when.side is Side.BELOW:
        return reading.value < when.limit + margin
    return reading.value > when.limit - margin


def _holding(when: When, holding: frozenset[str], reading: Reading) -> frozenset[str]:
    point = frozenset({reading.point})
    match when:
        case Silent():
            if reading.quality is Quality.OFFLINE:
                return holding | point
            # A STALE reading is no sign of life: a retained message, or the last value again.
            return holding if reading.quality is Quality.STALE else holding - point
        case Happened(_, unless) if unless is not None and reading.point == unless.point:
            known = reading.quality is Quality.GOOD and reading.value in unless.states
            return holding | point if known else holding - point
        case _:
            return holding
