"""An expression whose names and kinds are known: evaluated without side effects.

What is not known stays so: None in, None out. So do divisions by zero and what is too large.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.expressions.memory import Memory, told
from gateway.expressions.over_time import read
from gateway.expressions.spans import Span
from gateway.model.clock import Micros

Figure = float | str | None
"""A number or a truth (1.0, 0.0), a state's word, or nothing known."""


LARGEST: Final = 1e15
"""Beyond it a signal is not known."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A figure, a setting, or a state's word."""

    value: float | str


@dataclass(frozen=True, slots=True)
class PointValue:
    """What a point says, by its id."""

    point: str


@dataclass(frozen=True, slots=True)
class StateNumber:
    """A state as a number, so that its changes can be remembered."""

    point: str
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """A function or operator of FUNCTIONS on its arguments."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Condition, what holds then, and what else; where either is not known, nothing is."""

    parts: tuple["Node", "Node", "Node"]


@dataclass(frozen=True, slots=True)
class Window:
    """A signal and how far back it is remembered. Another signal or span has another `key`, so it
    remembers nothing of this one."""

    signal: "Node"
    span: Span
    key: str


@dataclass(frozen=True, slots=True)
class OverTime:
    """A function of READ on what a window remembers."""

    function: str
    window: Window
    within: float = 0.0


Node = Constant | PointValue | StateNumber | Applied | Choice | OverTime


@dataclass(frozen=True, slots=True)
class Formula:
    """`points` by id; `windows` in the order in which they are to be told."""

    root: Node
    points: frozenset[str]
    windows: tuple[Window, ...]

    def remember(
        self, memories: Mapping[str, Memory], values: Mapping[str, Figure], now: Micros
    ) -> dict[str, Memory]:
        """What its windows remember now, by key; `values` of points by id."""
        kept: dict[str, Memory] = {}
        for window in self.windows:
            memory = memories.get(window.key, Memory())
            signal = _signal(_evaluated(window.signal, values, kept))
            kept[window.key] = told(memory, signal, now, window.span)
        return kept

    def value(self, values: Mapping[str, Figure], memories: Mapping[str, Memory]) -> Figure:
        """None where any of its points is not known."""
        if any(values.get(point) is None for point in self.points):
            return None
        return _evaluated(self.root, values, memories)


def _signal(value: Figure) -> float | None:
    """What can be added up for a month and stay finite."""
    assert not isinstance(value, str)
    return value if value is not None and abs(value) <= LARGEST else None


def _evaluated(node: Node, values: Mapping[str, Figure], memories: Mapping[str, Memory]) -> Figure:
    match node:
        case Constant(value):
            return value
        case PointValue(point):
            return values.get(point)
        case StateNumber(point, states):
            state = values.get(point)
            return float(states.index(state)) if state in states else None
        case OverTime(function, window, within):
            return read(function, memories[window.key], window.span, within)
        case Choice(parts):
            condition, then, otherwise = (_evaluated(part, values, memories) for part in parts)
            known = None not in (condition, then, otherwise)
            return (then if condition else otherwise) if known else None
        case Applied(function, arguments):
            return _applied(function, [_evaluated(each, values, memories) for each in arguments])


def _applied(function: str, arguments: list[Figure]) -> Figure:
    if None in arguments:
        return None
    try:
        result = float(FUNCTIONS[function](*arguments))
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return result if math.isfinite(result) else None


FUNCTIONS: Final[Mapping[str, Callable[..., float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "and": lambda left, right: bool(left) and bool(right),
    "or": lambda left, right: bool(left) or bool(right),
    "not": operator.not_,
    "abs": abs,
    "max": max,
    "min": min,
    "round": lambda value, digits=0.0: round(value, int(digits)),
    "sqrt": math.sqrt,
}
"""Those that know nothing of time. What grows faster than its arguments' lengths has no place."""
