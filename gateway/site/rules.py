"""Rule entries → rules: those the kinds bring, as each device overrides them, and the site's own."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.rule import Happened, InState, Priority, Rule, Side, Silent, Threshold, When
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.model import Device
from gateway.site.problems import suggestion
from gateway.site.schema import (
    HappenedEntry,
    InStateEntry,
    KindRuleEntry,
    RuleEntry,
    SilentEntry,
    ThresholdEntry,
)
from gateway.site.validate import checked


def rules(draft: Draft, devices: Mapping[int, Device]) -> tuple[Rule, ...]:
    """Every rule of the site that is not switched off."""
    made: dict[str, Rule] = {}
    for index, device in devices.items():
        for rule in _device_rules(draft, device, draft.nodes.get("devices", index)):
            made[rule.id] = rule
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
        _Scope(draft, points, tuple(points.values())).when(entry, node)


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
    unmapped = [point for point in _named(entry) if point in measured and point not in points]
    if unmapped:
        what = f"the profile has no point '{unmapped[0]}', which rule '{name}' needs"
        expected = f"map it, or switch the rule off: rules: {{{name}: {{enabled: false}}}}"
        draft.add(node.get("profile").at, what, expected)
        return None
    scope = _Scope(draft, points, device.points)
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
        what = f"unknown device '{device}'"
        draft.add(node.get("id").at, what, suggestion(device, draft.device_ids))
        return None
    own = devices[device].points if device in devices else ()
    when = _Scope(draft, points, own).when(entry, node) if device in devices else None
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


def _named(entry: KindRuleEntry) -> tuple[str, ...]:
    """The points a rule names."""
    match entry.when:
        case HappenedEntry(event=event, unless=unless):
            return (event, unless.point) if unless else (event,)
        case SilentEntry(silent=points):
            return points
        case InStateEntry(point=point) | ThresholdEntry(point=point):
            return (point,)


@dataclass(frozen=True, slots=True)
class _Scope:
    """The points a rule may name, by the names it uses; `own` are its device's."""

    draft: Draft
    points: Mapping[str, Point]
    own: tuple[Point, ...]

    def when(self, entry: KindRuleEntry, rule: Node) -> When | None:
        """The condition; None, and a problem, where it cannot be."""
        node = rule.get("when")
        match entry.when:
            case ThresholdEntry():
                return self._threshold(entry.when, node)
            case InStateEntry():
                return self._in_state(entry.when, node, (UNKNOWN_STATE,))
            case HappenedEntry():
                return self._happened(entry.when, node)
            case SilentEntry():
                return self._silent(entry.when, node)

    def _threshold(self, entry: ThresholdEntry, node: Node) -> Threshold | None:
        point = self._point(entry.point, node.get("point"), PointKind.NUMBER)
        side = Side.BELOW if entry.below is not None else Side.ABOVE
        limit = entry.below if entry.below is not None else entry.above
        if point is None or limit is None:
            return None
        back = limit + entry.deadband * (1 if side is Side.BELOW else -1)
        for figure, key in ((limit, side.value), (back, "deadband")):
            if (point.low is not None and figure < point.low) or (
                point.high is not None and figure > point.high
            ):
                what = f"'{key}' puts the limit at {figure:g}, beyond what the point can say"
                expected = f"expected {_limits(point)}"
                self.draft.add(node.get(key).at, what, expected)
                return None
        return Threshold(point.id, side, limit, entry.deadband)

    def _in_state(
        self, entry: InStateEntry, node: Node, beside: tuple[str, ...] = ()
    ) -> InState | None:
        point = self._point(entry.point, node.get("point"), PointKind.STATE)
        if point is None:
            return None
        known = point.states + beside
        for index, state in enumerate(entry.in_):
            if state not in known:
                what = f"'{entry.point}' has no state '{state}'"
                self.draft.add(node.get("in", index).at, what, suggestion(state, known))
        return InState(point.id, frozenset(entry.in_))

    def _happened(self, entry: HappenedEntry, node: Node) -> Happened | None:
        point = self._point(entry.event, node.get("event"), PointKind.EVENT)
        unless = self._in_state(entry.unless, node.get("unless")) if entry.unless else None
        return Happened(point.id, unless) if point else None

    def _silent(self, entry: SilentEntry, node: Node) -> Silent | None:
        if entry.silent:
            named = [
                self._point(name, node.get("silent", index))
                for index, name in enumerate(entry.silent)
            ]
        else:
            named = [point for point in self.own if point.period is not None]
        points = [point for point in named if point is not None]
        for point in points:
            if point.period is None:
                what = f"silence of '{point.id}' means nothing: it has no period"
                self.draft.add(
                    node.get("silent").at, what, "expected a point that speaks regularly"
                )
        if not points and not entry.silent:
            expected = "expected at least one with a period"
            self.draft.add(node.get("silent").at, "no point here speaks regularly", expected)
        return Silent(frozenset(point.id for point in points)) if points else None

    def _point(self, name: str, node: Node, kind: PointKind | None = None) -> Point | None:
        point = self.points.get(name)
        if point is None:
            self._unknown(name, node)
        elif kind is not None and point.kind is not kind:
            what = f"'{name}' is a {point.kind.value} point"
            self.draft.add(node.at, what, f"expected a {kind.value} point")
            return None
        return point

    def _unknown(self, name: str, node: Node) -> None:
        device = name.rpartition("/")[0]
        near = [point for point in self.points if point.rpartition("/")[0] == device]
        if near or "/" not in name:
            self.draft.add(node.at, f"unknown point '{name}'", suggestion(name, near))
        elif device not in self.draft.device_ids:
            what = f"unknown device '{device}'"
            self.draft.add(node.at, what, suggestion(device, self.draft.device_ids))


def _limits(point: Point) -> str:
    low = f"at least {point.low:g}" if point.low is not None else ""
    high = f"at most {point.high:g}" if point.high is not None else ""
    return " and ".join(bound for bound in (low, high) if bound)
