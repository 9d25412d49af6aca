"""What a site's own mappings must keep to."""

from collections.abc import Iterator

from gateway.model.point import PointKind
from gateway.site import bundled
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.kind_schema import KindEntry, PointEntry
from gateway.site.mapping_schema import MappedPointEntry, MappingEntry
from gateway.site.problems import suggestion


def check_mappings(draft: Draft) -> None:
    """Adds what is wrong with any mapping, used or not."""
    for name, mapping in draft.entries.mappings.items():
        node = draft.nodes.get("mappings", name)
        if name in bundled.mqtt_profiles():
            what = f"'{name}' is a profile that Gatehouse brings"
            draft.add(node.key, what, "expected another name")
        kind = draft.kind(mapping.kind, node.get("kind").at)
        if kind is not None:
            _check_points(draft, mapping, kind, node)
            _check_orders(draft, mapping, kind, node)


def _check_points(draft: Draft, mapping: MappingEntry, kind: KindEntry, node: Node) -> None:
    told = {name: entry for name, entry in kind.points.items() if not entry.derived}
    for name, mapped in mapping.points.items():
        at = node.get("points", name)
        if name not in told:
            what = f"kind '{mapping.kind}' has no point '{name}' that a device tells"
            draft.add(at.key, what, suggestion(name, told))
            continue
        for key, what, expected in _misfits(mapped, told[name]):
            draft.add(at.get(key).at, f"'{name}' {what}", expected)
        if mapping.presence is not None and mapped.topic == mapping.presence.topic:
            expected = "expected a topic that nothing else is said on"
            draft.add(node.get("presence", "topic").at, f"'{name}' is told there too", expected)


def _misfits(mapped: MappedPointEntry, point: PointEntry) -> Iterator[tuple[str, str, str]]:
    """Key, what is wrong with it, what was expected."""
    state, event = point.kind is PointKind.STATE, point.kind is PointKind.EVENT
    if state != bool(mapped.states):
        expected = "expected {word: state} for a state point, and for no other"
        yield "states", "has its words wrong", expected
    for word, ours in mapped.states.items():
        if state and ours not in point.states:
            yield "states", f"has no state '{ours}' for '{word}'", suggestion(ours, point.states)
    if point.kind is not PointKind.NUMBER and (mapped.scale, mapped.offset) != (1.0, 0.0):
        yield "scale", "is no number", "expected scale and offset for a number point only"
    if mapped.fields and not event:
        yield "fields", "is no event", "expected fields for an event point only"
    if event and mapped.pointer is None:
        expected = 'expected a JSON pointer, "" for the whole message'
        yield "pointer", "is an event, and stands nowhere", expected
    if mapped.pointer is None and (mapped.where or mapped.id is not None or mapped.at is not None):
        expected = "expected a pointer where the message is JSON"
        yield "pointer", "is the whole payload, as text", expected


def _check_orders(draft: Draft, mapping: MappingEntry, kind: KindEntry, node: Node) -> None:
    shown = {name for name, entry in kind.points.items() if entry.derived} | set(mapping.points)
    spoken = {mapped.topic for mapped in mapping.points.values()}
    for action, order in mapping.orders.items():
        at = node.get("orders", action).key
        if order.topic in spoken:
            where = node.get("orders", action, "topic").at
            expected = "expected another: the order itself would be taken for the device's answer"
            draft.add(where, "the device speaks on that topic", expected)
        command = kind.commands.get(action)
        if command is None:
            what = f"kind '{mapping.kind}' knows no '{action}'"
            draft.add(at, what, suggestion(action, kind.commands))
        elif shown.isdisjoint(confirmed := [shows.point for shows in command.confirmed_by]):
            what = f"nothing would show that '{action}' was done"
            draft.add(at, what, f"expected the mapping of a point of: {', '.join(confirmed)}")
