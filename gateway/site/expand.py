"""Templates: one entry and a range → as many entries.

    - template: {id: "door-{n:02}", …}
      range: [1, 6]                                # n = 1 … 6
      range: [[1, 6], [9, 12]]                     # n = 1 … 6, 9 … 12
      range: [north, south]                        # n = north, south
      range: {block: [1, 12], floor: [1, 25]}      # every floor of every block: 300 entries

`{n}`, `{n:02}`, `{block}` … in its texts are filled in; `position: {from: [x, y], to: [x, y]}`
spreads the entries evenly.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product, repeat
from math import prod

from gateway.site.document import Node
from gateway.site.problems import NOWHERE, Problem, suggestion
from gateway.site.schema import Spread
from gateway.site.validate import checked

MAX_ENTRIES = 10_000
"""Of one list, templates spread out."""

_FIELD = re.compile(r"\{([a-z_][a-z0-9_]*)(?::0([1-9]))?\}")
_TEMPLATE_KEYS = ("template", "range")
_EXPECTED = "expected [first, last], a list of such pairs, or a list of words"

Values = Mapping[str, int | str]


def expanded(entries: Node, problems: list[Problem]) -> Node:
    """The list with every template in it replaced by its entries."""
    if not isinstance(entries.value, list):
        return entries
    spread: list[Node] = []
    for entry in entries.value:
        every = _entries(entry, problems) if "template" in entry.entries else iter([entry])
        for one in every:
            if len(spread) == MAX_ENTRIES:
                expected = f"expected at most {MAX_ENTRIES}"
                problems.append(Problem(entry.at, "too many entries", expected))
                return replace(entries, value=spread)
            spread.append(one)
    return replace(entries, value=spread)


def _entries(entry: Node, problems: list[Problem]) -> Iterator[Node]:
    for key, child in entry.entries.items():
        if key not in _TEMPLATE_KEYS:
            what = f"unknown key '{key}' beside 'template'"
            problems.append(Problem(child.key, what, suggestion(key, _TEMPLATE_KEYS)))
    if "range" not in entry.entries:
        problems.append(Problem(entry.at, "key 'range' is missing", _EXPECTED))
        return
    template = entry.entries["template"]
    variables = _variables(entry.entries["range"], problems)
    count = prod(map(len, variables.values()))
    if count > MAX_ENTRIES:
        at, expected = entry.entries["range"].at, f"expected at most {MAX_ENTRIES}"
        problems.append(Problem(at, f"this range makes {count} entries", expected))
        return
    spots = _spots(template, count, problems)
    for chosen, spot in zip(product(*variables.values()), spots, strict=True):
        values = dict(zip(variables, chosen, strict=True))
        yield _filled(template if spot is None else _placed(template, spot), values, problems)


def _variables(node: Node, problems: list[Problem]) -> dict[str, list[int | str]]:
    """The values of each variable; none for one that is wrong."""
    named = node.entries or {"n": node}
    variables = {}
    for name, child in named.items():
        try:
            variables[name] = _values(child)
        except ValueError as error:
            problems.append(Problem(child.at, f"this is no range for '{name}'", str(error)))
            variables[name] = []
    return variables


def _values(node: Node) -> list[int | str]:
    """Raises ValueError with what was expected."""
    plain = [item.value for item in node.items]
    words = [word for word in plain if isinstance(word, str)]
    if words and len(words) == len(plain):
        return [*words]
    pairs = [node] if all(isinstance(item, int) for item in plain) else node.items
    spans = [_span(pair) for pair in pairs]
    if sum(span.stop - span.start for span in spans) > MAX_ENTRIES:
        raise ValueError(f"expected at most {MAX_ENTRIES} values")
    return [number for span in spans for number in span]


def _span(pair: Node) -> range:
    match [item.value for item in pair.items]:
        case [int(first), int(last)] if 0 <= first <= last and type(first) is type(last) is int:
            return range(first, last + 1)
    raise ValueError(_EXPECTED)


def _filled(node: Node, values: Values, problems: list[Problem]) -> Node:
    if isinstance(node.value, dict):
        filled = {key: _filled(child, values, problems) for key, child in node.value.items()}
        return replace(node, value=filled)
    if isinstance(node.value, list):
        return replace(node, value=[_filled(child, values, problems) for child in node.value])
    if not isinstance(node.value, str):
        return node

    unknown = [field for field in _FIELD.finditer(node.value) if field[1] not in values]
    for field in unknown:
        what = f"{field[0]} is not one of this template's fields"
        problems.append(Problem(node.at, what, suggestion(field[1], values)))
    if unknown:
        return replace(node, at=NOWHERE)
    text = _FIELD.sub(lambda field: str(values[field[1]]).zfill(int(field[2] or 0)), node.value)
    return replace(node, value=text)


def _spots(template: Node, count: int, problems: list[Problem]) -> "Iterable[Node | None]":
    """A position for each of `count` entries; None where the template spreads nothing."""
    position = template.entries.get("position")
    if position is None or not position.entries:
        return repeat(None, count)
    spread = checked(Spread, position, problems)
    if spread is None:
        return repeat(replace(position, value=None), count)
    return (_between(position, spread, index / max(count - 1, 1)) for index in range(count))


def _between(position: Node, spread: Spread, share: float) -> Node:
    ends = zip(spread.from_, spread.to, strict=True)
    spot: list[Node] = [Node(first + (last - first) * share, position.at) for first, last in ends]
    return replace(position, value=spot)


def _placed(template: Node, spot: Node) -> Node:
    return replace(template, value={**template.entries, "position": spot})
