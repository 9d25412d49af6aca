"""Text → what it says, before anybody knows whether its names exist.

Lark's LALR parser takes time in proportion to the text. Names may hold hyphens and a slash, as the
ids of a site file do, so minus and division stand between spaces.
"""

import math
from dataclasses import dataclass
from datetime import time
from functools import cache
from typing import Final

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import VisitError

from gateway.model.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Micros

LONGEST: Final = 500
"""Characters of an expression."""

_GRAMMAR: Final = r"""
?start: either
?either: both (_OR both)*
?both: denied (_AND denied)*
?denied: _NOT denied            -> negation
    | comparison
?comparison: sum
    | sum COMPARED sum          -> operation
?sum: product
    | sum ADDED product         -> operation
?product: signed
    | product MULTIPLIED signed -> operation
?signed: "-" signed             -> negative
    | atom
?atom: NUMBER                   -> number
    | DURATION                  -> duration
    | DAILY                     -> daily
    | NAME                      -> name
    | NAME "(" either ("," either)* ")" -> call
    | "(" either ")"

COMPARED: "==" | "!=" | "<=" | ">=" | "<" | ">"
ADDED: "+" | "-"
MULTIPLIED: "*" | "/"
_OR.4: /or(?![a-z0-9\/-])/
_AND.4: /and(?![a-z0-9\/-])/
_NOT.4: /not(?![a-z0-9\/-])/
DAILY.3: /"?[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}"?/
DURATION.2: /[0-9]+(\.[0-9]+)?(ms|s|m|h|d)(?![a-z0-9\/-])/
NUMBER.1: /[0-9]+(\.[0-9]+)?(?![a-z0-9\/-])/
NAME: /[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*)?/
%ignore /\s+/
"""


class BadExpression(ValueError):
    """What is wrong, and a clause on what was expected in its place."""

    def __init__(self, what: str, expected: str) -> None:
        self.what = what
        self.expected = expected
        super().__init__(f"{what}; {expected}")


@dataclass(frozen=True, slots=True)
class Number:
    """A figure."""

    value: float


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time, such as 5m."""

    span: Micros


@dataclass(frozen=True, slots=True)
class DailyHours:
    """Hours of each day on the site's wall clock, such as 02:00-04:00; over midnight where `end` is
    not later than `begin`."""

    begin: time
    end: time


@dataclass(frozen=True, slots=True)
class Name:
    """A point, a setting or a state's word."""

    word: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments."""

    function: str
    arguments: tuple["Said", ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """Two sides and what stands between them."""

    operator: str
    left: "Said"
    right: "Said"


@dataclass(frozen=True, slots=True)
class Negative:
    """The same with the other sign."""

    of: "Said"


@dataclass(frozen=True, slots=True)
class Negation:
    """True where that is not."""

    of: "Said"


Said = Number | Duration | DailyHours | Name | Call | Operation | Negative | Negation


def parse(text: str) -> Said:
    """What the expression says. Raises BadExpression."""
    if len(text) > LONGEST:
        raise BadExpression("the expression is too long", f"expected {LONGEST} characters at most")
    try:
        said: Said = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise _unexpected(error) from error
    except VisitError as error:
        raise error.orig_exc from error
    return said


def _unexpected(error: UnexpectedInput) -> BadExpression:
    word = getattr(error, "char", None) or str(getattr(error, "token", ""))
    if not word:
        return BadExpression("the expression ends too early", "expected something more")
    at = f"character {error.column}: '{word}' does not belong here"
    return BadExpression(at, "expected names, figures, functions, and + - * / between spaces")


class _Said(Transformer[Token, Said]):
    """The rules of the grammar → nodes, while it is parsed."""

    def number(self, tokens: list[Token]) -> Number:
        value = float(tokens[0])
        if not math.isfinite(value):
            raise BadExpression("a figure is too large", "expected a smaller one")
        return Number(value)

    def duration(self, tokens: list[Token]) -> Duration:
        figure = tokens[0].rstrip("mshd")
        span = float(figure) * _SPANS[tokens[0].removeprefix(figure)]
        if not span <= 366 * DAY:
            raise BadExpression(f"{tokens[0]} is too long", "expected at most 366d")
        return Duration(round(span))

    def daily(self, tokens: list[Token]) -> DailyHours:
        text = tokens[0].strip('"')
        begin, _, end = text.partition("-")
        try:
            hours = DailyHours(_time(begin), _time(end))
        except ValueError as error:
            raise BadExpression(f"'{text}' are no hours", "expected such as 02:00-04:00") from error
        return hours

    def name(self, tokens: list[Token]) -> Name:
        return Name(str(tokens[0]))

    def call(self, parts: list[Token | Said]) -> Call:
        return Call(str(parts[0]), tuple(parts[1:]))  # type: ignore[arg-type]

    def operation(self, parts: list[Said]) -> Operation:
        left, operator, right = parts
        return Operation(str(operator), left, right)

    def negative(self, parts: list[Said]) -> Negative:
        return Negative(parts[0])

    def negation(self, parts: list[Said]) -> Negation:
        return Negation(parts[0])

    def either(self, parts: list[Said]) -> Said:
        return _chained("or", parts)

    def both(self, parts: list[Said]) -> Said:
        return _chained("and", parts)


def _chained(operator: str, parts: list[Said]) -> Said:
    said = parts[0]
    for part in parts[1:]:
        said = Operation(operator, said, part)
    return said


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute))


_SPANS: Final = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Said())
