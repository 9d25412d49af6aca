"""What a device of a kind measures, and what can be asked of it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from gateway.expressions.check import words
from gateway.expressions.syntax import BadExpression
from gateway.model.command import Action
from gateway.model.point import Point, PointKind
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.entry import Entry
from gateway.site.kind_schema import (
    CommandEntry,
    ConfirmationEntry,
    KindEntry,
    PointEntry,
    PointShape,
)
from gateway.site.model import Confirmation
from gateway.site.problems import suggestion
from gateway.site.schema import DeviceEntry


def point(device: str, name: str, entry: PointEntry) -> Point:
    """That point of that device."""
    return replace(_shaped(device, name, entry), period=entry.period, derived=entry.derived)


def _shaped(device: str, name: str, entry: PointShape) -> Point:
    return Point(
        id=f"{device}/{name}",
        kind=entry.kind,
        name=entry.name.text(),
        unit=entry.unit,
        states=entry.states,
        low=entry.low,
        high=entry.high,
    )


def told_points(draft: Draft, entry: DeviceEntry, node: Node, kind: KindEntry) -> tuple[Point, ...]:
    """What a device without registers speaks of, as often as its entry says, or its kind."""
    points = _spoken_of(draft, entry, node, kind)
    if entry.period is None:
        return points
    return tuple(replace(p, period=entry.period if p.period else None) for p in points)


def _spoken_of(draft: Draft, entry: DeviceEntry, node: Node, kind: KindEntry) -> tuple[Point, ...]:
    """Of its kind's optional points only those that its entry names."""
    speaks_of = {name: found for name, found in kind.points.items() if not found.derived}
    mapping = draft.mapping(entry.profile) if entry.profile is not None else None
    if mapping is not None:
        return tuple(
            point(entry.id, name, found)
            for name, found in speaks_of.items()
            if name in mapping.points
        )
    for index, name in enumerate(entry.points):
        if name not in speaks_of:
            draft.unknown(node.get("points", index).at, "point", name, speaks_of)
    for name in entry.entities:
        if name not in speaks_of:
            draft.unknown(node.get("entities", name).key, "point", name, speaks_of)
    named = {*entry.points, *entry.entities}
    return tuple(
        point(entry.id, name, found)
        for name, found in speaks_of.items()
        if not found.optional or name in named
    )


def held_points(device: str, kind: KindEntry) -> tuple[Point, ...]:
    """What the gateway says of a device it holds itself: all there is."""
    points = (point(device, name, found) for name, found in kind.points.items())
    return tuple(replace(each, derived=True, period=None) for each in points)


def derived_points(entry: DeviceEntry, told: Sequence[Point], kind: KindEntry) -> tuple[Point, ...]:
    """What the gateway says of a device of that kind that speaks of these points, and what its
    entry adds."""
    names = {point.id.rpartition("/")[2] for point in told}
    said = _said(entry)
    derived = {
        name: found
        for name, found in kind.points.items()
        if found.derived
        and (not found.of or names & set(found.of))
        and (not found.given or said & set(found.given))
    }
    while lacking := _lacking(derived, names | derived.keys() | settings(entry, kind).keys(), kind):
        derived = {name: found for name, found in derived.items() if name not in lacking}
    own = {name: added for name, added in entry.derived.items() if name not in kind.points}
    return (
        *(point(entry.id, name, found) for name, found in derived.items()),
        *(replace(_shaped(entry.id, name, added), derived=True) for name, added in own.items()),
    )


def _said(entry: DeviceEntry) -> Set[str]:
    """The keys of the section that the device's kind has a name for."""
    section = getattr(entry, entry.kind.replace("-", "_"), None)
    if not isinstance(section, Entry):
        return frozenset()
    return {key for key, value in section if value is not None}


def settings(entry: DeviceEntry, kind: KindEntry) -> Mapping[str, float]:
    """What the device says of its kind's settings, or the kind itself."""
    brought = {name: found.default for name, found in kind.settings.items()}
    return {name: value for name, value in (brought | entry.settings).items() if value is not None}


def _lacking(derived: Mapping[str, PointEntry], there: Set[str], kind: KindEntry) -> Set[str]:
    """Those whose expression names something of the kind that the device does not have."""
    of_kind = kind.points.keys() | kind.settings.keys()
    return {
        name
        for name, found in derived.items()
        if found.expression is not None and (_named(found.expression) & of_kind) - there
    }


def _named(expression: str) -> frozenset[str]:
    try:
        return words(expression)
    except BadExpression:  # told with its kind
        return frozenset()


def check_confirmation(
    draft: Draft, node: Node, shows: ConfirmationEntry, points: Mapping[str, PointEntry]
) -> None:
    """Adds what is wrong with the reading, of one of the kind's `points`, that confirms."""
    found = points.get(shows.point)
    if found is None:
        draft.unknown(node.get("point").at, "point", shows.point, points)
        return
    if bool(shows.in_) is (found.kind is PointKind.EVENT):
        what = f"'{shows.point}' is of kind {found.kind}"
        draft.add(node.at, what, "expected states, or an event without `in`")
    for place, state in enumerate(shows.in_):
        if state not in found.states:
            what = f"'{shows.point}' has no state '{state}'"
            draft.add(node.get("in", place).at, what, suggestion(state, found.states))


def commands(
    points: Sequence[Point], known: Mapping[Action, CommandEntry]
) -> Mapping[Action, Confirmation]:
    """Which of these can be asked of a device with these points: what one of them can confirm."""
    ids = {point.id.rpartition("/")[2]: point.id for point in points}
    return {
        action: Confirmation(ids[shows.point], frozenset(shows.in_), shows.within)
        for action, command in known.items()
        if (shows := next((c for c in command.confirmed_by if c.point in ids), None)) is not None
    }
