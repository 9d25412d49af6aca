"""Commands of register maps that there are none of, told before pydantic reads the maps: only with
their kind beside it can be said which there are."""

from dataclasses import replace
from typing import Final

from gateway.model.command import Action
from gateway.site.document import Node
from gateway.site.problems import Problem, nearest

_KNOWN: Final = frozenset(Action)


def known_commands(registers: Node, kinds: Node, problems: list[Problem]) -> Node:
    """The register maps without commands of names that no kind has."""
    if not isinstance(registers.value, dict):
        return registers
    maps = {name: _known(entry, kinds, problems) for name, entry in registers.value.items()}
    return replace(registers, value=maps)


def _known(entry: Node, kinds: Node, problems: list[Problem]) -> Node:
    commands, kind = entry.child("commands"), entry.get("kind").value
    of_kind = kinds.child(kind) if isinstance(kind, str) else None
    if commands is None or of_kind is None or _KNOWN.issuperset(commands.entries):
        return entry
    there = of_kind.child("commands")
    for name in commands.entries.keys() - _KNOWN:
        at, what = commands.entries[name].key, f"kind '{kind}' knows no '{name}'"
        problems.append(Problem(at, what, nearest(name, there.entries if there else ())))
    left = {name: node for name, node in commands.entries.items() if name in _KNOWN}
    return replace(entry, value={**entry.entries, "commands": replace(commands, value=left)})
