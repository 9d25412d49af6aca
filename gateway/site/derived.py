"""The expressions of derived points → formulas on points that exist."""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Final
from zoneinfo import ZoneInfo

from gateway.expressions.check import Names, UnknownName, formula
from gateway.expressions.formula import Formula
from gateway.expressions.syntax import BadExpression
from gateway.model.point import Point
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.kind_points import settings
from gateway.site.model import Device
from gateway.site.problems import Place, suggestion
from gateway.site.schema import DeviceEntry

_ANYWHERE: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class _Written:
    """The expression of that point, and where it stands."""

    point: Point
    expression: str
    at: Place


def check_kind_expressions(draft: Draft, kind: str, points: Mapping[str, Point]) -> None:
    """Adds what is wrong with a kind's expressions, used or not: they name its points alone."""
    entry, node = draft.entries.kinds[kind], draft.nodes.get("kinds", kind)
    for name in entry.settings.keys() & entry.points.keys():
        what = f"'{name}' is a point of the kind"
        draft.add(node.get("settings", name).key, what, "expected another name for the setting")
    named = dict.fromkeys(entry.settings, 1.0)
    for name, found in entry.points.items():
        if found.expression is not None:
            at = node.get("points", name, "expression").at
            names = Names(points, named, _ANYWHERE, found.states)
            _formula(draft, _Written(points[name], found.expression, at), names)


def derived(draft: Draft, devices: Mapping[int, Device], zone: ZoneInfo) -> dict[int, Device]:
    """The devices with the formulas of their derived points; daily hours are those of `zone`."""
    everywhere = {point.id: point for device in devices.values() for point in device.points}
    places: dict[str, Place] = {}
    built = {}
    for index, device in devices.items():
        entry, node = draft.entries.devices[index], draft.nodes.get("devices", index)
        _check_settings(draft, entry, node)
        _check_own(draft, entry, node)
        figures = settings(entry, draft.entries.kinds[device.kind])
        formulas = {}
        for written, points in _written(draft, device, entry, node, everywhere):
            places[written.point.id] = written.at
            names = Names(points, figures, zone, written.point.states)
            found = _formula(draft, written, names)
            if found is not None:
                formulas[written.point.id] = found
        built[index] = replace(device, derived=formulas) if formulas else device
    _check_circles(draft, built, places)
    return built


def _written(
    draft: Draft, device: Device, entry: DeviceEntry, node: Node, everywhere: dict[str, Point]
) -> Iterator[tuple[_Written, Mapping[str, Point]]]:
    """Each expression of the device with the points that it may name: a kind knows no other
    devices."""
    brought = draft.entries.kinds[device.kind].points
    base = draft.nodes.get("kinds", device.kind, "points")
    own = {point.id.rpartition("/")[2]: point for point in device.points}
    for name, point in own.items():
        if name in entry.derived and name not in brought:
            at = node.get("derived", name, "expression").at
            yield _Written(point, entry.derived[name].expression, at), ChainMap(own, everywhere)
        elif name in brought and (expression := brought[name].expression) is not None:
            yield _Written(point, expression, base.get(name, "expression").at), own


def _formula(draft: Draft, written: _Written, names: Names) -> Formula | None:
    point = written.point
    try:
        return formula(written.expression, names, point.kind, point.unit)
    except BadExpression as error:
        if not (isinstance(error, UnknownName) and _is_of_wrong_device(draft, error.name, names)):
            draft.add(written.at, error.what, error.expected)
        return None


def _is_of_wrong_device(draft: Draft, name: str, names: Names) -> bool:
    """Whether its device is there but has no points: that it is wrong has been told."""
    device = name.rpartition("/")[0]
    built = (point.device for point in names.points.values())
    return device in draft.device_ids and device not in built


def _check_settings(draft: Draft, entry: DeviceEntry, node: Node) -> None:
    known = draft.entries.kinds[entry.kind].settings
    for name in entry.settings.keys() - known.keys():
        what = f"kind '{entry.kind}' has no setting '{name}'"
        draft.add(node.get("settings", name).key, what, suggestion(name, known))
    for name in entry.settings.keys() & known.keys():
        above, given = known[name].above, entry.settings[name]
        if above is not None and given <= above:
            at = node.get("settings", name).at
            draft.add(at, f"'{name}' is {given:g}", f"expected more than {above:g}")


def _check_own(draft: Draft, entry: DeviceEntry, node: Node) -> None:
    kind = draft.entries.kinds[entry.kind]
    for name in entry.derived.keys() & (kind.points.keys() | kind.settings.keys()):
        what = f"kind '{entry.kind}' has '{name}' already"
        draft.add(node.get("derived", name).key, what, "expected another name")


def _check_circles(
    draft: Draft, devices: Mapping[int, Device], places: Mapping[str, Place]
) -> None:
    """What a derived point says comes back as a reading, so none may follow from itself."""
    needs = {
        point: found.points & places.keys()
        for device in devices.values()
        for point, found in device.derived.items()
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        first = min(circle, key=lambda point: places[point])
        what = f"'{first}' would follow from itself: {' → '.join(circle)}"
        draft.add(places[first], what, "expected no circle")
