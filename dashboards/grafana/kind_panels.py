"""Panels that any device kind has, from its points alone."""

from typing import Final

from dashboards.grafana.panels import Ask, Colours, Drawing, Panel, Row
from dashboards.grafana.questions import Curve, Events, Figure, Newest
from dashboards.grafana.schema import Kind, Point
from gateway.history.influx.line_protocol import quality_field
from gateway.model.point import PointKind
from gateway.model.text import Text

UNITS: Final = {
    "1": "short",
    "m": "lengthm",
    "A": "amp",
    "h": "h",
    "Cel": "celsius",
    "bar": "pressurebar",
    "V": "volt",
    "kW": "kwatt",
    "kW.h": "kwatth",
    "Hz": "hertz",
    "lx": "lux",
    "m3": "m3",
    "min": "m",
    "%": "percent",
}
"""Grafana's name of a UCUM unit."""


def row_of(kind: Kind) -> Row:
    """Everything a kind says: each point in its own way, and how far it may be trusted."""
    panels = [panel for point in kind.points for panel in _of_point(kind, point)]
    return Row(kind.name, (*panels, quality_of(kind)))


def now_of(kind: Kind, width: int = 12) -> Panel:
    """The newest value of each regular point, a row for each device."""
    fields = [point.field for point in kind.points if point.kind is not PointKind.EVENT]
    title = Text(f"{kind.name.en} now", f"{kind.name.zh} 当前")
    ask = Ask(Newest(kind.id, tuple(fields)))
    return Panel(title, (ask,), Drawing.TABLE, width=width, height=7, colours=Colours.STATE)


def quality_of(kind: Kind) -> Panel:
    """How far each point could be trusted: the worst in each interval."""
    asks = tuple(
        Ask(
            Curve(kind.id, quality_field(point.field), Figure.MAX),
            f"{{device}} {point.name.en} {point.name.zh}",
        )
        for point in kind.points
        if point.kind is not PointKind.EVENT
    )
    title = Text(f"{kind.name.en}: quality", f"{kind.name.zh} 数据质量")
    about = "The worst in each interval; stale: no news for a period, offline: for three."
    return Panel(title, asks, Drawing.TIMELINE, colours=Colours.QUALITY, about=about)


def _of_point(kind: Kind, point: Point) -> tuple[Panel, ...]:
    title = Text(f"{kind.name.en}: {point.name.en}", f"{kind.name.zh} {point.name.zh}")
    match point.kind:
        case PointKind.NUMBER:
            asks = (Ask(Curve(kind.id, point.field, Figure.MEAN)),)
            unit = UNITS.get(point.unit, f"suffix: {point.unit}")
            return (Panel(title, asks, Drawing.CURVE, unit=unit),)
        case PointKind.STATE:
            asks = (Ask(Curve(kind.id, point.field, Figure.LAST)),)
            return (Panel(title, asks, Drawing.TIMELINE, colours=Colours.STATE),)
        case PointKind.TEXT:
            newest_of = Newest(kind.id, (point.field,))
            return (Panel(title, (Ask(newest_of),), Drawing.TABLE),)
        case PointKind.EVENT:
            counted = (Ask(Curve(kind.id, point.field, Figure.COUNT)),)
            newest = Text(f"{title.en}, newest", f"{title.zh} 最近")
            return (
                Panel(title, counted, Drawing.BARS),
                Panel(newest, (Ask(Events(kind.id, point.field)),), Drawing.TABLE),
            )
