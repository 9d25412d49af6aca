"""`${NAME}` and `${NAME:-default}` in a site file's values. `$${` stands for `${` itself."""

import re
from collections.abc import Mapping
from dataclasses import replace

from gateway.site.document import Node
from gateway.site.problems import NOWHERE, Problem

_MARK = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{")


def substituted(node: Node, environ: Mapping[str, str], problems: list[Problem]) -> Node:
    """The same nodes with every mark replaced; what cannot be replaced is added to `problems`."""
    if isinstance(node.value, dict):
        entries = {key: substituted(child, environ, problems) for key, child in node.value.items()}
        return replace(node, value=entries)
    if isinstance(node.value, list):
        return replace(node, value=[substituted(child, environ, problems) for child in node.value])
    if isinstance(node.value, str) and "${" in node.value:
        before = len(problems)
        filled = _filled(node, node.value, environ, problems)
        return replace(node, value=filled, at=node.at if len(problems) == before else NOWHERE)
    return node


def variables(node: Node) -> frozenset[str]:
    """The names of all variables the values ask for."""
    children = (*node.entries.values(), *node.items)
    below = frozenset[str]().union(*(variables(child) for child in children))
    if not isinstance(node.value, str):
        return below
    return frozenset(mark["name"] for mark in _MARK.finditer(node.value) if mark["name"])


def _filled(node: Node, text: str, environ: Mapping[str, str], problems: list[Problem]) -> str:
    def one(mark: re.Match[str]) -> str:
        if mark[0] == "$${":
            return "${"
        name, default = mark["name"], mark["default"]
        if name is None:
            expected = "expected ${NAME} or ${NAME:-default}, or $${ for the two characters"
            problems.append(Problem(node.at, f"'{text}' has a broken ${{", expected))
            return ""
        # As in a shell, `:-` also replaces a variable that is set but empty.
        value = environ.get(name, "") or default if default is not None else environ.get(name)
        if value is None:
            expected = f"expected {name} to be set, or a default: ${{{name}:-value}}"
            problems.append(Problem(node.at, f"variable {name} is not set", expected))
            return ""
        return value

    return _MARK.sub(one, text)
