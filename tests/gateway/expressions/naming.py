"""Points that the expressions of these tests name."""

from zoneinfo import ZoneInfo

from gateway.expressions.check import Names, formula
from gateway.expressions.formula import Formula
from gateway.model.point import Point, PointKind
from gateway.model.text import Text

ZONE = ZoneInfo("Asia/Shanghai")


def number(id_: str, unit: str = "m") -> Point:
    """A number point."""
    return Point(id_, PointKind.NUMBER, Text(id_, id_), unit=unit)


LEVEL = number("tank/level")
FLOW = number("tank/flow", "m3/h")
RUN = Point("pump-1/run", PointKind.STATE, Text("Run", "运行"), states=("stopped", "running"))
SWIPE = Point("door/access", PointKind.EVENT, Text("Swipe", "刷卡"))
SERIAL = Point("tank/serial", PointKind.TEXT, Text("Serial", "序列号"))
POINTS = {
    "level": LEVEL,
    "flow": FLOW,
    "run": RUN,
    "pump-1/run": RUN,
    "voltage-l1": number("tank/voltage-l1", "V"),
    "door/access": SWIPE,
    "serial": SERIAL,
}


def names(states: tuple[str, ...] = (), zone: ZoneInfo = ZONE) -> Names:
    """Those points, and the setting `area`."""
    return Names(POINTS, {"area": 12.0}, zone, states)


def reckoned(text: str, unit: str | None = None) -> Formula:
    """For a number point of that unit."""
    return formula(text, names(), PointKind.NUMBER, unit)
