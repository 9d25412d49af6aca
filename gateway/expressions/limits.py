"""The figures on whose other side a point means something else to an expression."""

from collections.abc import Iterator

from gateway.expressions.formula import (
    Applied,
    Choice,
    Constant,
    Formula,
    Node,
    OverTime,
    PointValue,
)

Limit = tuple[str, float]
"""A point, by its id, and the figure."""

_COMPARES = frozenset({"<", "<=", ">", ">=", "==", "!="})


def limits(formula: Formula) -> frozenset[Limit]:
    """Those of points that stand by themselves beside a figure: of `level > 2.5`, and of
    `level > high - 0.2` with a setting `high`. Of what is reckoned first nobody can tell."""
    return frozenset(_limits(formula.root))


def _limits(node: Node) -> Iterator[Limit]:
    match node:
        case Applied(function, arguments):
            if function in _COMPARES:
                yield from _beside(*arguments)
            parts = arguments
        case Choice(parts):
            pass
        case OverTime(window=window):
            parts = (window.signal,)
        case _:
            parts = ()
    for part in parts:
        yield from _limits(part)


def _beside(left: Node, right: Node) -> Iterator[Limit]:
    for point, other in ((left, right), (right, left)):
        figure = Formula(other, frozenset(), ()).value({}, {}) if _is_fixed(other) else None
        if isinstance(point, PointValue) and isinstance(figure, float):
            yield point.point, figure


def _is_fixed(node: Node) -> bool:
    """Whether it is the same at all times."""
    match node:
        case Constant():
            return True
        case Applied(_, arguments) | Choice(arguments):
            return all(map(_is_fixed, arguments))
        case _:
            return False
