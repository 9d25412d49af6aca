"""Alarms, tickets and devices as the pages meet them."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from gateway.model.alarm import Alarm, Attention
from gateway.model.clock import SECOND, Micros
from gateway.model.point import Point, PointKind
from gateway.model.rule import Priority
from gateway.model.text import Text
from gateway.model.ticket import Ticket, TicketState
from gateway.site.model import Device, MqttAddress
from tests.gateway.samples import NOON, reading

ZONE = ZoneInfo("Asia/Shanghai")
CROSSING = {"line": "wall", "direction": "in", "box": [0, 0, 1, 1], "snapshot": "c-1.jpg"}


def ticket(number: int = 1, **changes: object) -> Ticket:
    made = Ticket(
        number=number,
        key="camera/breach",
        device="camera",
        title=Text("Breach", "入侵"),
        place=Text("Wall", "围墙"),
        priority=Priority.HIGH,
        state=TicketState.NEW,
        version=1,
        opened_at=NOON,
        changed_at=NOON,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # test's own


def alarm(id_: int = 1, **changes: object) -> Alarm:
    made = Alarm(
        id=id_,
        rule="camera/breach",
        device="camera",
        title=Text("Breach", "入侵"),
        place=Text("Wall", "围墙"),
        priority=Priority.HIGH,
        attention=Attention.UNACK,
        active=True,
        sequence=1,
        occurrences=1,
        raised_at=NOON,
        returned_at=None,
        ended_at=None,
        evidence=reading("camera/crossing", CROSSING),
        ticket=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # test's own


def device(
    id_: str = "pump",
    *points: Point,
    name: str = "Pump",
    position: tuple[float, float] | None = None,
) -> Device:
    return Device(
        id=id_,
        kind="pump",
        name=Text(name, "水泵"),
        place=Text("Cellar", "地下室"),
        connection="broker",
        address=MqttAddress("gatehouse-json", id_),
        points=points or (CURRENT, RUN, STARTED),
        position=position,
    )


def after(seconds: int) -> Micros:
    return NOON + seconds * SECOND


CURRENT = Point("pump/current", PointKind.NUMBER, Text("Current", "电流"), "A", period=5 * SECOND)
RUN = Point("pump/run", PointKind.STATE, Text("Run", "运行"), states=("stopped", "running"))
STARTED = Point("pump/started", PointKind.EVENT, Text("Started", "启动"))
