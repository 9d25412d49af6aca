"""Rule entries → rules: those the kinds bring, as devices override them, and the site's own."""

from collections.abc import Iterator, Mapping

from gateway.model.point import Point
from gateway.model.rule import Rule
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.kind_schema import PointEntry
from gateway.site.model import Device
from gateway.site.parents import Parents
from gateway.site.problems import suggestion
from gateway.site.rule_schema import KindRuleEntry, RuleEntry, SilentEntry, UnusableEntry
from gateway.site.validate import checked
from gateway.site.when import Scope, named
from gateway.site.written import Written


def rules(draft: Draft, devices: Mapping[int, Device]) -> tuple[Rule, ...]:
    """Every rule of the site that is not switched off."""
    made: dict[str, Rule] = {}
    parents = Parents(draft, devices)
    for written in _written(draft, devices):
        rule = written.rule(draft)
        own = isinstance(written.entry, RuleEntry)
        if rule is not None and own and rule.id in made:
            expected = "expected another name, or an override under the device's rules"
            draft.add(written.node.get("id").at, f"rule '{rule.id}' is there already", expected)
        elif rule is not None:
            made[rule.id] = rule
            parents.claim(rule, written)
    return parents.joined(made)


def check_kind_rules(draft: Draft, kind: str, points: Mapping[str, Point]) -> None:
    """Adds what is wrong with the rules a kind brings, whether or not it is used."""
    scope = Scope(draft, points, tuple(points.values()))
    for name, entry in draft.entries.kinds[kind].rules.items():
        node = draft.nodes.get("kinds", kind, "rules", name)
        Written(f"{kind}/{name}", entry, node, scope).rule(draft)


def _written(draft: Draft, devices: Mapping[int, Device]) -> Iterator[Written]:
    for index, device in devices.items():
        yield from _of_device(draft, device, draft.nodes.get("devices", index))
    points = {point.id: point for device in devices.values() for point in device.points}
    by_id = {device.id: device for device in devices.values()}
    for index, entry in enumerate(draft.entries.rules):
        written = _of_site(draft, entry, draft.nodes.get("rules", index), by_id, points)
        if written is not None:
            yield written


def _of_device(draft: Draft, device: Device, node: Node) -> Iterator[Written]:
    brought = draft.entries.kinds[device.kind].rules
    patches = node.child("rules")
    for name, change in patches.entries.items() if patches else ():
        if name not in brought:
            what = f"kind '{device.kind}' has no rule '{name}'"
            draft.add(change.key, what, suggestion(name, brought))
    points = {point.id.rpartition("/")[2]: point for point in device.points}
    scope = Scope(draft, points, device.points)
    for name, entry in brought.items():
        base = draft.nodes.get("kinds", device.kind, "rules", name)
        patch = patches.child(name) if patches else None
        laid = (entry, base) if patch is None else _patched(draft, base, patch)
        laid = laid and _on_what_is_there(draft, device, *laid)
        if laid is None or not laid[0].enabled or (not device.told and _is_of_the_field(laid[0])):
            continue
        if _has_points(draft, device, name, laid[0], node):
            changed = set() if patch is None else set(patch.entries)
            brings = "group" not in changed, "parents" not in changed
            yield Written(f"{device.id}/{name}", *laid, scope, *brings)


def _on_what_is_there(
    draft: Draft, device: Device, entry: KindRuleEntry, node: Node
) -> tuple[KindRuleEntry, Node] | None:
    """The rule without the points whose values would be bad if the device had them; None where it
    has none of them."""
    if not isinstance(entry.when, UnusableEntry) or not entry.when.bad:
        return entry, node
    if not draft.entries.kinds[device.kind].points.keys() >= set(entry.when.bad):
        return entry, node  # what is unknown is told
    there = {point.id.rpartition("/")[2] for point in device.points}
    kept = tuple(name for name in entry.when.bad if name in there)
    when = entry.when.model_copy(update={"bad": kept})
    return (entry.model_copy(update={"when": when}), node) if kept else None


def _is_of_the_field(entry: KindRuleEntry) -> bool:
    """What the gateway itself says is never silent, nor bad."""
    return isinstance(entry.when, SilentEntry | UnusableEntry)


def _has_points(draft: Draft, device: Device, name: str, entry: KindRuleEntry, node: Node) -> bool:
    """Whether the device has every point that the rule needs; a problem where the profile should
    have mapped one that is not optional."""
    measured = draft.entries.kinds[device.kind].points
    there = {point.id.rpartition("/")[2] for point in device.points}
    unmapped = [point for point in named(entry) if point in measured and point not in there]
    optional = any(_may_be_missing(measured[point]) for point in unmapped)
    if unmapped and not optional and not _is_misnamed(draft, node, measured):
        what = f"the profile has no point '{unmapped[0]}', which rule '{name}' needs"
        expected = (
            f"expected it to be mapped, or the rule off: rules: {{{name}: {{enabled: false}}}}"
        )
        draft.add(node.get("profile").at, what, expected)
    return not unmapped


def _is_misnamed(draft: Draft, node: Node, measured: Mapping[str, PointEntry]) -> bool:
    """Whether the profile maps points that the kind does not know, which has been told: the one
    that is missing may be among them."""
    profile = str(node.get("profile").value)
    found = draft.entries.registers.get(profile) or draft.mapping(profile)
    return found is not None and not found.points.keys() <= measured.keys()


def _may_be_missing(entry: PointEntry) -> bool:
    return entry.optional or bool(entry.of or entry.given) or entry.expression is not None


def _of_site(
    draft: Draft,
    entry: RuleEntry,
    node: Node,
    devices: Mapping[str, Device],
    points: Mapping[str, Point],
) -> Written | None:
    device = entry.id.partition("/")[0]
    if device not in draft.device_ids:
        draft.unknown(node.get("id").at, "device", device, draft.device_ids)
        return None
    if device not in devices:
        return None
    return Written(entry.id, entry, node, Scope(draft, points, devices[device].points, devices))


def _patched(draft: Draft, base: Node, patch: Node) -> tuple[KindRuleEntry, Node] | None:
    """The kind's rule with the patch laid over it; None, and problems, where they do not fit."""
    ways = ({"priority"}, {"consequence", "respond_within"})
    for way, other in (ways, reversed(ways)):
        if way & patch.entries.keys() and isinstance(base.value, dict):
            left = {key: child for key, child in base.value.items() if key not in other}
            base = Node(left, base.at, base.key_at)
    laid = _merged(base, patch)
    entry = checked(KindRuleEntry, laid, draft.problems)
    return None if entry is None else (entry, laid)


def _merged(base: Node, patch: Node) -> Node:
    """The patch laid over the base, key by key; each value keeps its own place."""
    if not isinstance(base.value, dict) or not isinstance(patch.value, dict):
        return patch
    laid = {
        key: _merged(base.value[key], child) if key in base.value else child
        for key, child in patch.value.items()
    }
    return Node({**base.value, **laid}, patch.at, patch.key_at)
