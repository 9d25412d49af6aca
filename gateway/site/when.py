"""What a rule's `when` says → the condition, on points that exist and can say so."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.rule import Happened, InState, Side, Silent, Threshold, Unusable, When
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.model import Device
from gateway.site.problems import suggestion
from gateway.site.rule_schema import (
    HappenedEntry,
    InStateEntry,
    KindRuleEntry,
    SilentEntry,
    ThresholdEntry,
    UnusableEntry,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The points a rule may name, by the names it uses; `own` are its device's.

    `devices` are those with points here, by id; None where points are named without their device.
    """

    draft: Draft
    points: Mapping[str, Point]
    own: tuple[Point, ...]
    devices: Mapping[str, Device] | None = None

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
            case SilentEntry(silent=names):
                return self._silent(names, node.get("silent"))
            case UnusableEntry(bad=names):
                points = self._named(names, node.get("bad"))
                return Unusable(frozenset(points)) if points else None

    def _threshold(self, entry: ThresholdEntry, node: Node) -> Threshold | None:
        point = self._point(entry.point, node.get("point"), PointKind.NUMBER)
        side = Side.BELOW if entry.below is not None else Side.ABOVE
        limit = entry.below if entry.below is not None else entry.above
        if point is None or limit is None:
            return None
        sign = 1 if side is Side.BELOW else -1
        back = round(limit + sign * entry.deadband, 9)
        for figure, key in ((limit, side.value), (back, "deadband")):
            if not _can_say(point, figure):
                what = f"'{key}' puts the limit at {figure:g}, beyond what the point can say"
                self.draft.add(node.get(key).at, what, f"expected {_limits(point)}")
                return None
        if limit == (point.low if side is Side.BELOW else point.high):
            what = f"a working '{entry.point}' is never {side.value} {limit:g}"
            expected = f"expected {'more' if side is Side.BELOW else 'less'} than {limit:g}"
            self.draft.add(node.get(side.value).at, what, expected)
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
        if point is None:
            return None
        device = point.id.rpartition("/")[0]
        beside = self.own if self.devices is None else self.devices[device].points
        regular = (other.id for other in beside if other.period is not None)
        return Happened(point.id, unless, frozenset(regular))

    def _silent(self, names: tuple[str, ...], node: Node) -> Silent | None:
        points = self._named(names, node)
        for index, name in enumerate(names):
            if name in self.points and self.points[name].period is None:
                what = f"silence of '{name}' means nothing: it has no period"
                expected = "expected a point that speaks regularly"
                self.draft.add(node.get(index).at, what, expected)
        return Silent(frozenset(points)) if points else None

    def _named(self, names: tuple[str, ...], node: Node) -> list[str]:
        """Points by id; all of the device that speak regularly where none are named."""
        if names:
            found = (self._point(name, node.get(index)) for index, name in enumerate(names))
            return [point.id for point in found if point is not None]
        regular = [point.id for point in self.own if point.period is not None]
        if not regular:
            expected = "expected at least one with a period"
            self.draft.add(node.at, "no point here speaks regularly", expected)
        return regular

    def _point(self, name: str, node: Node, kind: PointKind | None = None) -> Point | None:
        point = self.points.get(name)
        if point is None:
            self._unknown(name, node)
        elif kind is not None and point.kind is not kind:
            what = f"'{name}' is a point of kind {point.kind}"
            self.draft.add(node.at, what, f"expected one of kind {kind}")
            return None
        return point

    def _unknown(self, name: str, node: Node) -> None:
        device = name.rpartition("/")[0]
        if self.devices is None:
            self.draft.unknown(node.at, "point", name, self.points)
        elif not device:
            self.draft.add(node.at, f"point '{name}' has no device", "expected device/point")
        elif device not in self.draft.device_ids:
            self.draft.unknown(node.at, "device", device, self.draft.device_ids)
        elif device in self.devices:
            near = (point for point in self.points if point.rpartition("/")[0] == device)
            self.draft.unknown(node.at, "point", name, near)
        # Else the device itself is wrong, which has been told.


def _can_say(point: Point, figure: float) -> bool:
    low = -math.inf if point.low is None else point.low
    high = math.inf if point.high is None else point.high
    return low <= figure <= high


def _limits(point: Point) -> str:
    low = f"at least {point.low:g}" if point.low is not None else ""
    high = f"at most {point.high:g}" if point.high is not None else ""
    return " and ".join(bound for bound in (low, high) if bound)


def named(entry: KindRuleEntry) -> tuple[str, ...]:
    """The points a rule names."""
    match entry.when:
        case HappenedEntry(event=event, unless=unless):
            return (event, unless.point) if unless else (event,)
        case SilentEntry(silent=points) | UnusableEntry(bad=points):
            return points
        case InStateEntry(point=point) | ThresholdEntry(point=point):
            return (point,)
