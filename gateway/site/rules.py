"""Rule entries → rules: those the kinds bring, as devices override them, and the site's own."""

from collections.abc import Mapping

from gateway.model.point import Point
from gateway.model.rule import Priority, Rule, When
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.model import Device
from gateway.site.problems import suggestion
from gateway.site.rule_schema import KindRuleEntry, RuleEntry
from gateway.site.validate import checked
from gateway.site.when import Scope, named


def rules(draft: Draft, devices: Mapping[int, Device]) -> tuple[Rule, ...]:
    """Every rule of the site that is not switched off."""
    made: dict[str, Rule] = {}
    for index, device in devices.items():
        node = draft.nodes.get("devices", index)
        made.update((rule.id, rule) for rule in _device_rules(draft, device, node))
    points = {point.id: point for device in devices.values() for point in device.points}
    by_device = {device.id: device for device in devices.values()}
    for index, entry in enumerate(draft.entries.rules):
        node = draft.nodes.get("rules", index)
        rule = _site_rule(draft, entry, node, by_device, points)
        if rule is not None and rule.id in made:
            expected = "expected another name, or an override under the device's rules"
            draft.add(node.get("id").at, f"rule '{rule.id}' is there already", expected)
        elif rule is not None:
            made[rule.id] = rule
    return tuple(made.values())


def check_kind_rules(draft: Draft, kind: str, points: Mapping[str, Point]) -> None:
    """Adds what is wrong with the rules a kind brings, whether or not it is used."""
    for name, entry in draft.entries.kinds[kind].rules.items():
        node = draft.nodes.get("kinds", kind, "rules", name)
        Scope(draft, points, tuple(points.values())).when(entry, node)


def _device_rules(draft: Draft, device: Device, node: Node) -> list[Rule]:
    brought = draft.entries.kinds[device.kind].rules
    patches = node.child("rules")
    for name, patch in patches.entries.items() if patches else ():
        if name not in brought:
            what = f"kind '{device.kind}' has no rule '{name}'"
            draft.add(patch.key, what, suggestion(name, brought))
    points = {point.id.rpartition("/")[2]: point for point in device.points}
    made = (
        _device_rule(draft, device, name, entry, node, points) for name, entry in brought.items()
    )
    return [rule for rule in made if rule is not None]


def _device_rule(
    draft: Draft,
    device: Device,
    name: str,
    entry: KindRuleEntry,
    node: Node,
    points: Mapping[str, Point],
) -> Rule | None:
    patches = node.child("rules")
    patch = patches.child(name) if patches else None
    brought = draft.nodes.get("kinds", device.kind, "rules", name)
    if patch is not None:
        brought = _merged(brought, patch)
        patched = checked(KindRuleEntry, brought, draft.problems)
        if patched is None:
            return None
        entry = patched
    if not entry.enabled:
        return None
    measured = draft.entries.kinds[device.kind].points
    unmapped = [point for point in named(entry) if point in measured and point not in points]
    if unmapped:
        what = f"the profile has no point '{unmapped[0]}', which rule '{name}' needs"
        expected = (
            f"expected it to be mapped, or the rule off: rules: {{{name}: {{enabled: false}}}}"
        )
        draft.add(node.get("profile").at, what, expected)
        return None
    scope = Scope(draft, points, device.points)
    return _rule(f"{device.id}/{name}", device.id, entry, scope.when(entry, brought))


def _site_rule(
    draft: Draft,
    entry: RuleEntry,
    node: Node,
    devices: Mapping[str, Device],
    points: Mapping[str, Point],
) -> Rule | None:
    device = entry.id.partition("/")[0]
    if device not in draft.device_ids:
        draft.unknown(node.get("id").at, "device", device, draft.device_ids)
        return None
    own = devices[device].points if device in devices else ()
    scope = Scope(draft, points, own, devices)
    when = scope.when(entry, node) if device in devices else None
    return _rule(entry.id, device, entry, when)


def _rule(id: str, device: str, entry: KindRuleEntry, when: When | None) -> Rule | None:
    if when is None or not entry.enabled:
        return None
    return Rule(
        id=id,
        device=device,
        when=when,
        priority=Priority[entry.priority.upper()],
        title=entry.title.text(),
        raise_after=entry.raise_after,
        clear_after=entry.clear_after,
        latching=entry.latching,
    )


def _merged(base: Node, patch: Node) -> Node:
    """The patch laid over the base, key by key; each value keeps its own place."""
    if not isinstance(base.value, dict) or not isinstance(patch.value, dict):
        return patch
    laid = {
        key: _merged(base.value[key], child) if key in base.value else child
        for key, child in patch.value.items()
    }
    return Node({**base.value, **laid}, patch.at, patch.key_at)
