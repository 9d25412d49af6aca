"""The lines of a zone that the gateway holds: how each stands, and until when it is bypassed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from dashboards.access_views import state_view
from dashboards.device_views import BADGES, Mark
from dashboards.form import Asked as Ask
from dashboards.form import Field
from dashboards.listing import Row
from dashboards.moments import moment
from dashboards.texts import Texts
from gateway.model.clock import Micros
from gateway.model.point import PointKind
from gateway.model.reading import Reading
from gateway.site.held_model import ZoneLine
from gateway.site.model import Device

HEADS: Final = ("line", "state", "watched")

EVERY: Final = "*"
"""Chosen in place of single lines."""


@dataclass(frozen=True, slots=True)
class LineView:
    """One line. `state` is empty of one that only tells of trips, such as a camera's tripwire;
    `bypass` of one that is not bypassed."""

    point: str
    name: str
    state: str
    watched: str
    bypass: str
    may_be_bypassed: bool


def line_views(
    zone: Device,
    devices: Mapping[str, Device],
    newest: Mapping[str, Reading],
    bypassed: Mapping[str, Micros],
    now: Micros,
    time_zone: ZoneInfo,
    texts: Texts,
) -> tuple[LineView, ...]:
    """In the site file's order; none where a panel holds the zone. `bypassed`: lines and ends."""

    def view(line: ZoneLine) -> LineView:
        device = devices[line.point.rpartition("/")[0]]
        point = next(point for point in device.points if point.id == line.point)
        named = (device.name,) if device.kind == "line" else (device.name, point.name)
        name = " · ".join(text.in_(texts.language) for text in named)
        until = bypassed.get(line.point)
        watched = texts("zone_line.always" if line.always else "zone_line.watched")
        bypass = ""
        if until is not None:
            watched = bypass = texts("zone_line.bypassed", until=moment(until, now, time_zone))
        state = ""
        if point.kind is not PointKind.EVENT:
            stands = state_view(point, newest.get(point.id), now, time_zone, texts)
            doubt = "" if stands.mark is Mark.NORMAL else f" ({texts(f'mark.{stands.mark}')})"
            state = f"{BADGES[stands.mark]} {stands.said}{doubt}".strip()
        name = f"{name} ({line.tripwire})" if line.tripwire else name
        return LineView(line.point, name, state, watched, bypass, not line.always)

    return () if zone.zone is None else tuple(view(line) for line in zone.zone.lines)


def line_row(view: LineView) -> Row:
    """One line of the list."""
    return Row((view.name, view.state, view.watched))


def which_lines(views: Iterable[LineView], texts: Texts) -> tuple[Field, ...]:
    """The question which of them to bypass; nobody bypasses a whole zone by choosing nothing."""
    options = {
        view.point: " · ".join(word for word in (view.name, view.state, view.bypass) if word)
        for view in views
        if view.may_be_bypassed
    }
    if not options:
        return ()
    every = {EVERY: texts("zone_line.every")} if len(options) > 1 else {}
    first = [] if every else list(options)
    return (Field("lines", texts("zone_line.which"), Ask.CHOICES, every | options, first),)
