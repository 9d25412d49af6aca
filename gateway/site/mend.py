"""Wrong entries made good enough to look at what they refer to.

One wrong key must not hide what else is wrong with an entry. Wrong keys are left out, or replaced
by a stand-in that stands NOWHERE; entries that are still wrong are left out. What comes of it is
only looked at for problems: no site is made of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from gateway.site.document import Node, Scalar
from gateway.site.problems import NOWHERE
from gateway.site.schema import Entries
from gateway.site.validate import Location, validated

_STAND_INS: dict[str, dict[str, Scalar]] = {
    "connections": {"host": "wrong", "client_id": "wrong"},
    "devices": {
        "id": "wrong",
        "kind": "wrong",
        "name": "wrong",
        "place": "wrong",
        "connection": "wrong",
        "profile": "wrong",
        "unit": 1,
        "topic": "wrong",
        "url": "rtsp://wrong",
    },
    "rules": {"id": "wrong/wrong", "title": "wrong", "priority": "low"},
}


def mended(root: Node, wrong: Iterable[Location]) -> tuple[Entries, Node]:
    """The entries that could be mended, and the nodes they came from, index by index."""
    keys: dict[Location, set[str]] = {}
    for location in wrong:
        if len(location) > 2 and location[0] in _STAND_INS:
            keys.setdefault(location[:2], set()).add(str(location[2]))
    nodes = _each(_without(root, {("site",)}), lambda at, entry: _repaired(at, entry, keys))
    entries, beyond_repair = validated(Entries, nodes, [])
    if entries is None:
        nodes = _without(nodes, {location[:2] for location in beyond_repair})
        entries = Entries.model_validate(nodes.plain())
    return entries, nodes


def _repaired(at: Location, entry: Node, wrong: Mapping[Location, set[str]]) -> Node:
    keys = wrong.get(at)
    if keys is None:
        return entry
    stand_ins = _STAND_INS[str(at[0])]
    kept = {key: child for key, child in entry.entries.items() if key not in keys}
    put_in = {key: Node(stand_ins[key], NOWHERE) for key in keys if key in stand_ins}
    return replace(entry, value={**kept, **put_in})


def _without(root: Node, wrong: set[Location]) -> Node:
    sections = {key: child for key, child in root.entries.items() if (key,) not in wrong}
    return _each(replace(root, value=sections), lambda at, entry: None if at in wrong else entry)


def _each(root: Node, change: Callable[[Location, Node], Node | None]) -> Node:
    """The file with every entry of every section changed, or left out where that gives None."""
    sections = {
        name: replace(section, value=_changed(name, section, change))
        for name, section in root.entries.items()
    }
    return replace(root, value=sections)


def _changed(
    name: str, section: Node, change: Callable[[Location, Node], Node | None]
) -> dict[str, Node] | list[Node] | Scalar:
    if isinstance(section.value, list):
        items = [change((name, index), item) for index, item in enumerate(section.value)]
        return [item for item in items if item is not None]
    if isinstance(section.value, dict):
        named = {key: change((name, key), item) for key, item in section.value.items()}
        return {key: item for key, item in named.items() if item is not None}
    return section.value
