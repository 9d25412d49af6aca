"""Small sites, rules and readings for tests of the gateway."""

from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.model.clock import SECOND, Micros
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading, Value
from gateway.model.rule import (
    Happened,
    InState,
    Priority,
    Rule,
    Side,
    Silent,
    Threshold,
    When,
)
from gateway.model.text import Text
from gateway.site.connection_model import MqttBroker
from gateway.site.model import Device, MqttAddress, Site

NOON: Micros = 1_700_000_000 * SECOND

LEVEL = Point("tank/level", PointKind.NUMBER, Text("Level", "液位"), unit="m", period=5 * SECOND)
CONTACT = Point(
    "door/contact",
    PointKind.STATE,
    Text("Contact", "门磁"),
    states=("closed", "open"),
    period=60 * SECOND,
)
MODE = Point("zone/mode", PointKind.STATE, Text("Mode", "布防"), states=("armed", "disarmed"))
CROSSING = Point("camera/crossing", PointKind.EVENT, Text("Crossing", "越线"))
POINTS = (LEVEL, CONTACT, MODE, CROSSING)


def rule(id_: str, when: When, **changes: object) -> Rule:
    """A rule of high priority that raises and clears at once, unless changed."""
    fields: dict[str, object] = {
        "device": id_.rpartition("/")[0],
        "priority": Priority.HIGH,
        "title": Text(id_, id_),
    }
    return Rule(id=id_, when=when, **(fields | changes))  # type: ignore[arg-type]  # test's own


LOW_WATER = rule("tank/low-level", Threshold("tank/level", Side.BELOW, 1.0, 0.1))
PROPPED = rule(
    "door/propped", InState("door/contact", frozenset({"open"})), raise_after=30 * SECOND
)
BREACH = rule(
    "camera/breach",
    Happened("camera/crossing", InState("zone/mode", frozenset({"disarmed"}))),
    clear_after=60 * SECOND,
    priority=Priority.CRITICAL,
)
TANK_OFFLINE = rule("tank/offline", Silent(frozenset({"tank/level"})))
RULES = (LOW_WATER, PROPPED, BREACH, TANK_OFFLINE)


def reading(
    point: str, value: Value, after: Micros = 0, quality: Quality = Quality.GOOD
) -> Reading:
    """A reading taken and received `after` NOON."""
    return Reading(point, value, NOON + after, NOON + after, quality)


def site(data: Path, rules: tuple[Rule, ...] = RULES) -> Site:
    """A site with four devices behind one broker."""
    devices = tuple(
        Device(
            id=name,
            kind=name,
            name=Text(name, name),
            place=Text(f"Place of {name}", f"{name}处"),
            connection="broker",
            address=MqttAddress("gatehouse-json", f"test/{name}"),
            points=tuple(point for point in POINTS if point.device == name),
        )
        for name in ("tank", "door", "zone", "camera")
    )
    return Site(
        id="test",
        name=Text("Test", "测试"),
        time_zone=ZoneInfo("Asia/Shanghai"),
        listen=("127.0.0.1", 0),
        data=data,
        ledger_url=None,
        influx=None,
        connections=(MqttBroker("broker", "127.0.0.1", 1883, "test"),),
        devices=devices,
        rules=rules,
    )
