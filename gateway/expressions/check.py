"""What an expression says → a formula, once its names, kinds and units are known to fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from gateway.expressions.formula import (
    Applied,
    Choice,
    Constant,
    Formula,
    Node,
    OverTime,
    PointValue,
    StateNumber,
    Window,
)
from gateway.expressions.over_time import READ
from gateway.expressions.spans import CELLS, Daily, Sliding, Span, Unbroken
from gateway.expressions.syntax import (
    BadExpression,
    Call,
    DailyHours,
    Duration,
    Name,
    Negation,
    Negative,
    Number,
    Operation,
    Said,
    parse,
)
from gateway.model.clock import DAY, SECOND
from gateway.model.point import Point, PointKind

DEEPEST: Final = 20
"""Levels of an expression."""
MOST_WINDOWS: Final = 8
"""Functions over time in one expression."""


class UnknownName(BadExpression):
    """There is no such point, setting or state."""

    def __init__(self, name: str, expected: str) -> None:
        self.name = name
        super().__init__(f"unknown name '{name}'", expected)


class Kind(StrEnum):
    """What an expression or a part of one gives."""

    NUMBER = "number"
    CONDITION = "condition"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may name. `points` by the names it uses; `settings` by theirs; `states`:
    the words of the state point it is for."""

    points: Mapping[str, Point]
    settings: Mapping[str, float]
    zone: ZoneInfo
    states: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """A part with what it gives. `unit` is None where nobody can tell; `states` are those of the
    one point that it is."""

    node: Node
    kind: Kind
    unit: str | None = None
    states: tuple[str, ...] = ()


def formula(text: str, names: Names, kind: PointKind, unit: str | None = None) -> Formula:
    """For a point of that kind and unit. Raises BadExpression."""
    checker = _Checker(names)
    found = checker.typed(parse(text))
    wanted = Kind.STATE if kind is PointKind.STATE else Kind.NUMBER
    _expect(found, wanted, "the expression")
    if found.unit is not None and unit is not None and found.unit != unit:
        raise BadExpression(f"the expression gives {found.unit}", f"expected {unit}, as its point")
    return Formula(found.node, frozenset(checker.points), tuple(checker.windows.values()))


def words(text: str) -> frozenset[str]:
    """Every name in it, whatever it may stand for. Raises BadExpression."""
    return frozenset(_words(parse(text)))


def _words(said: Said, depth: int = 0) -> list[str]:
    _bound(depth)
    return [
        *([said.word] if isinstance(said, Name) else ()),
        *(word for part in _parts(said) for word in _words(part, depth + 1)),
    ]


def _parts(said: Said) -> tuple[Said, ...]:
    match said:
        case Call(arguments=arguments):
            return arguments
        case Operation(_, left, right):
            return left, right
        case Negative(of) | Negation(of):
            return (of,)
        case _:
            return ()


def _bound(depth: int) -> None:
    if depth > DEEPEST:
        expected = f"expected {DEEPEST} levels at most: make a derived point of a part"
        raise BadExpression("the expression is nested too deeply", expected)


@dataclass(slots=True)
class _Checker:
    names: Names
    points: set[str] = field(default_factory=set)
    windows: dict[str, Window] = field(default_factory=dict)

    def typed(self, said: Said, depth: int = 0) -> Typed:
        _bound(depth)
        match said:
            case Number(value):
                return Typed(Constant(value), Kind.NUMBER)
            case Name(word):
                return self._name(word)
            case Negative(of):
                part = _expect(self.typed(of, depth + 1), Kind.NUMBER, "what follows -")
                zero = Constant(0.0)
                return Typed(Applied("-", (zero, part.node)), Kind.NUMBER, part.unit)
            case Negation(of):
                part = _expect(self.typed(of, depth + 1), Kind.CONDITION, "what follows not")
                return Typed(Applied("not", (part.node,)), Kind.CONDITION)
            case Operation():
                return self._operation(said, depth + 1)
            case Call():
                return self._call(said, depth + 1)
            case Duration() | DailyHours():
                expected = "expected it as the last argument of a function over time"
                raise BadExpression("a span of time stands by itself", expected)

    # --- names -----------------------------------------------------------------------------------

    def _name(self, word: str) -> Typed:
        if word in self.names.settings:
            return Typed(Constant(self.names.settings[word]), Kind.NUMBER)
        point = self.names.points.get(word)
        if point is not None:
            return self._point(point)
        if word in self.names.states:
            return Typed(Constant(word), Kind.STATE)
        near = get_close_matches(word, self._known_beside(word), n=1)
        expected = f"did you mean '{near[0]}'?" if near else "expected a point or a setting"
        if set("-/") & set(word) and not near:
            expected += "; minus and division stand between spaces"
        raise UnknownName(word, expected)

    def _known_beside(self, word: str) -> list[str]:
        """What may have been meant; of 10,000 points of a site those of the same device."""
        device, _, _ = word.rpartition("/")
        points = [name for name in self.names.points if name.rpartition("/")[0] == device]
        return points if device else [*points, *self.names.settings, *self.names.states]

    def _point(self, point: Point) -> Typed:
        self.points.add(point.id)
        if point.kind in (PointKind.EVENT, PointKind.TEXT):
            article = "an" if point.kind is PointKind.EVENT else "a"
            what = f"'{point.id}' is {article} {point.kind}"
            raise BadExpression(what, "expected a number or a state")
        if point.kind is PointKind.STATE:
            return Typed(PointValue(point.id), Kind.STATE, states=point.states)
        unit = None if point.unit == "1" else point.unit
        return Typed(PointValue(point.id), Kind.NUMBER, unit)

    # --- operators -------------------------------------------------------------------------------

    def _operation(self, said: Operation, depth: int) -> Typed:
        if said.operator in ("==", "!="):
            return self._equality(said, depth)
        wanted = Kind.CONDITION if said.operator in ("and", "or") else Kind.NUMBER
        left, right = (
            _expect(self.typed(side, depth), wanted, f"each side of {said.operator}")
            for side in (said.left, said.right)
        )
        node = Applied(said.operator, (left.node, right.node))
        if wanted is Kind.CONDITION:
            return Typed(node, Kind.CONDITION)
        if said.operator in ("*", "/"):
            return Typed(node, Kind.NUMBER)
        unit = _same_unit((left, right), said.operator)
        compares = said.operator not in ("+", "-")
        return Typed(node, Kind.CONDITION) if compares else Typed(node, Kind.NUMBER, unit)

    def _equality(self, said: Operation, depth: int) -> Typed:
        left = self._state_of(said.left, said.right) or self.typed(said.left, depth)
        right = self._state_of(said.right, said.left) or self.typed(said.right, depth)
        if left.kind is not right.kind or left.kind is Kind.CONDITION:
            what = f"a {left.kind} is compared with a {right.kind}"
            raise BadExpression(
                what, "expected two numbers, or a state point and one of its states"
            )
        _same_unit((left, right), said.operator)
        return Typed(Applied(said.operator, (left.node, right.node)), Kind.CONDITION)

    def _state_of(self, said: Said, other: Said) -> Typed | None:
        """That side as a state's word, where the other one is a state point."""
        if not isinstance(said, Name) or not isinstance(other, Name):
            return None
        point = self.names.points.get(other.word)
        if point is None or not point.states or said.word in self.names.points:
            return None
        if said.word not in point.states:
            expected = f"expected one of: {', '.join(point.states)}"
            raise BadExpression(f"'{other.word}' has no state '{said.word}'", expected)
        return Typed(Constant(said.word), Kind.STATE)

    # --- functions -------------------------------------------------------------------------------

    def _call(self, said: Call, depth: int) -> Typed:
        name, arguments = said.function, said.arguments
        timed = isinstance(arguments[-1], Duration | DailyHours)
        if name in READ and (timed or name not in _COUNTS):
            return self._over_time(said, depth)
        if name == "if":
            return self._choice(arguments, depth)
        if name not in _COUNTS:
            known = ", ".join(sorted({"if", *READ, *_COUNTS}))
            raise BadExpression(f"unknown function '{name}'", f"expected one of: {known}")
        return self._now(name, arguments, depth)

    def _now(self, name: str, arguments: tuple[Said, ...], depth: int) -> Typed:
        fewest, most = _COUNTS[name]
        _expect_count(name, arguments, fewest, most)
        parts = [
            _expect(self.typed(each, depth), Kind.NUMBER, f"what {name} takes")
            for each in arguments
        ]
        unit = parts[0].unit if name in ("abs", "round") else None
        if name in ("min", "max"):
            unit = _same_unit(parts, name)
        return Typed(Applied(name, tuple(part.node for part in parts)), Kind.NUMBER, unit)

    def _choice(self, arguments: tuple[Said, ...], depth: int) -> Typed:
        _expect_count("if", arguments, 3, 3)
        condition, then, otherwise = (self.typed(each, depth) for each in arguments)
        _expect(condition, Kind.CONDITION, "what if asks")
        if then.kind is not otherwise.kind:
            what = f"if gives a {then.kind} or a {otherwise.kind}"
            raise BadExpression(what, "expected the same for both")
        unit = _same_unit((then, otherwise), "if")
        return Typed(Choice((condition.node, then.node, otherwise.node)), then.kind, unit)

    def _over_time(self, said: Call, depth: int) -> Typed:
        name = said.function
        _expect_count(name, said.arguments, 1, _MOST_OVER_TIME.get(name, 2))
        signal = self.typed(said.arguments[0], depth)
        _expect(signal, *_SIGNALS[name], f"what {name} looks at")
        window = self._window(signal, self._span(name, said.arguments))
        node = OverTime(name, window, _within(said.arguments))
        if name == "unchanged":
            return Typed(node, Kind.CONDITION)
        return Typed(node, Kind.NUMBER, _unit_over_time(name, signal))

    def _span(self, name: str, arguments: tuple[Said, ...]) -> Span:
        if name == "since":
            return Unbroken()
        match arguments[1:2]:
            case [Duration(span)] if CELLS * SECOND <= span <= 31 * DAY:
                return Sliding(span)
            case [DailyHours(begin, end)] if name not in ("rate", "unchanged"):
                return Daily(begin, end, self.names.zone)
            case [Duration()]:
                expected = f"expected {CELLS}s to 31d"
                raise BadExpression(f"{name} cannot look back that far, or that little", expected)
            case _:
                expected = f"expected a span of time after it, such as {name}(…, 10m)"
                raise BadExpression(f"{name} does not say over what time", expected)

    def _window(self, signal: Typed, span: Span) -> Window:
        node = signal.node
        if signal.kind is Kind.STATE:
            if not isinstance(node, PointValue):
                raise BadExpression("only a state point changes", "expected its name")
            node = StateNumber(node.point, signal.states)
        key = f"{node} {span}"
        if key not in self.windows and len(self.windows) == MOST_WINDOWS:
            expected = f"expected {MOST_WINDOWS} at most: make a derived point of a part"
            raise BadExpression("too many functions over time", expected)
        return self.windows.setdefault(key, Window(node, span, key))


_SIGNALS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "count": (Kind.CONDITION,),
    "integral": (Kind.NUMBER, Kind.CONDITION),
    "max": (Kind.NUMBER,),
    "mean": (Kind.NUMBER, Kind.CONDITION),
    "min": (Kind.NUMBER,),
    "rate": (Kind.NUMBER,),
    "since": (Kind.CONDITION,),
    "unchanged": (Kind.NUMBER, Kind.STATE),
}
_MOST_OVER_TIME: Final = {"since": 1, "unchanged": 3}
_COUNTS: Final = {"abs": (1, 1), "max": (2, 9), "min": (2, 9), "round": (1, 2), "sqrt": (1, 1)}


def _expect(found: Typed, *wanted: "Kind | str") -> Typed:
    """The part, which is one of these kinds; the last word says which part it is."""
    kinds, part = wanted[:-1], wanted[-1]
    if found.kind not in kinds:
        expected = f"expected a {' or a '.join(kinds)}"
        raise BadExpression(f"{part} is a {found.kind}", expected)
    return found


def _expect_count(name: str, arguments: Sequence[Said], fewest: int, most: int) -> None:
    if not fewest <= len(arguments) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise BadExpression(f"{name} has {len(arguments)} arguments", f"expected {wanted}")


def _same_unit(parts: Sequence[Typed], where: str) -> str | None:
    units = sorted({part.unit for part in parts if part.unit is not None})
    if len(units) > 1:
        raise BadExpression(f"'{where}' joins {' and '.join(units)}", "expected one unit")
    return units[0] if units else None


def _unit_over_time(name: str, signal: Typed) -> str | None:
    if name in ("mean", "min", "max"):
        return signal.unit
    if name == "rate" and signal.unit is not None:
        return f"{signal.unit}/h"
    return "h" if name == "since" else None


def _within(arguments: tuple[Said, ...]) -> float:
    if len(arguments) < 3:
        return 0.0
    if not isinstance(arguments[2], Number):
        raise BadExpression("unchanged does not say within what", "expected a figure")
    return arguments[2].value
