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
        "zone": None,
        "fire": None,
        "passback": None,
        "group": None,
    },
    "rules": {
        "id": "wrong/wrong",
        "title": "wrong",
        "priority": "low",
        "consequence": "minor",
        "respond_within": "30m",
    },
}


def mended(root: Node, wrong: Iterable[Location]) -> tuple[Entries, Node]:
    """The entries that could be mended, and the nodes they came from, index by index."""
    parts: dict[Location, list[Location]] = {}
    for location in wrong:
        if len(location) > 2 and location[0] in _STAND_INS:
            parts.setdefault(location[:2], []).append(location[2:])
    nodes = _each(
        _without(root, {("site",)}),
        lambda at, entry: _repaired(entry, parts.get(at, []), _STAND_INS.get(str(at[0]), {})),
    )
    entries, beyond_repair = validated(Entries, nodes, [])
    if entries is None:
        nodes = _without(nodes, {location[:2] for location in beyond_repair})
        entries = Entries.model_validate(nodes.plain())
    return entries, nodes


def _repaired(entry: Node, wrong: Iterable[Location], stand_ins: Mapping[str, Scalar]) -> Node:
    for location in wrong:
        key = str(location[0])
        # An override is left out by itself, not with all others of its device.
        entry = _cut(entry, location[:3] if key == "rules" else location[:1])
        if key in stand_ins:
            stand_in = Node(stand_ins[key], NOWHERE)
            entry = replace(entry, value={**entry.entries, key: stand_in})
    return entry


def _cut(node: Node, path: Location) -> Node:
    """The same nodes without what is at that path, or as far as there is anything."""
    key = str(path[0])
    child = node.entries.get(key)
    if child is None:
        return node
    left = {other: item for other, item in node.entries.items() if other != key}
    if len(path) > 1 and child.entries:
        left[key] = _cut(child, path[1:])
    return replace(node, value=left)


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
