"""A pump between two tanks, played a story to."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gateway.model.clock import SECOND, Micros
from gateway.model.command import Action
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Value
from gateway.model.text import Text
from gateway.plant.pump import Pump
from gateway.site.model import Confirmation, Device, MqttAddress, Site
from gateway.site.plant_model import PumpSettings
from gateway.site.timing_model import Calendar
from tests.gateway.access.played import Played
from tests.gateway.samples import site

PERIOD: Micros = 5 * SECOND
NUMBERS = ("current", "hours", "starts", "pressure", "level")
EVENTS = ("serviced", "order")
DERIVED = (
    *("response", "interlock", "may-start", "starts-per-hour", "starting", "run-hours"),
    *("hours-since-service", "service", "dry-run", "overload", "level-sensor", "serviced", "order"),
)
START, STOP = ("p1", Action.START), ("p1", Action.STOP)


def device(
    id_: str, kind: str, told: Sequence[str], derived: Sequence[str] = (), **more: object
) -> Device:
    text = Text(id_, id_)
    points = tuple(_point(id_, name, derived=name in derived) for name in (*told, *derived))
    address = MqttAddress("gatehouse-json", id_)
    made = Device(id_, kind, text, text, "broker", address, points)
    return replace(made, **more)  # type: ignore[arg-type]  # the tests' own words


def _point(device: str, name: str, *, derived: bool) -> Point:
    kinds = ((NUMBERS, PointKind.NUMBER), (EVENTS, PointKind.EVENT))
    kind = next((kind for names, kind in kinds if name in names), PointKind.STATE)
    period = None if derived or kind is PointKind.EVENT else PERIOD
    return Point(f"{device}/{name}", kind, Text(name, name), period=period, derived=derived)


def estate(*devices: Device, calendars: dict[str, Calendar] | None = None) -> Site:
    here = replace(site(Path(), ()), devices=devices)
    if calendars is None:
        return here
    timing = replace(here.desk.timing, calendars=calendars)
    return replace(here, desk=replace(here.desk, timing=timing))


def pump_device(told: Sequence[str], settings: PumpSettings, id_: str = "p1") -> Device:
    commands = {
        Action.START: Confirmation(f"{id_}/run", frozenset({"running"}), 10 * SECOND),
        Action.STOP: Confirmation(f"{id_}/run", frozenset({"stopped"}), 10 * SECOND),
    }
    return device(id_, "pump", told, DERIVED, pump=settings, commands=commands)


class PumpStory(Played):
    """From NOON on; `pit` and `roof` are the tanks it may draw from and fill."""

    def __init__(
        self,
        settings: PumpSettings | None = None,
        told: Sequence[str] = ("run", "fault"),
        switches: Sequence[str] = (),
        calendars: dict[str, Calendar] | None = None,
    ) -> None:
        self.site = estate(
            device("pit", "tank", ("level", *(s for s in switches if s == "low-switch"))),
            device("roof", "tank", ("level", *(s for s in switches if s == "high-switch"))),
            pump_device(told, settings or PumpSettings()),
            calendars=calendars,
        )
        super().__init__(Pump(self.site.devices[-1], self.site))

    def is_(self, word: str, quality: Quality = Quality.GOOD, ago: Micros = 0) -> None:
        self.tell("p1/run", word, quality, self.now - ago)

    def has(self, name: str, value: Value, quality: Quality = Quality.GOOD) -> None:
        self.tell(f"p1/{name}", value, quality)

    def runs_for(self, span: Micros, word: str = "running", **also: Value) -> None:
        """Heard every period, and so are those points of its own; `pit` and `roof` are levels."""
        end = self.now + span
        while self.now < end:
            self.is_(word)
            for name, value in also.items():
                tank = name in ("pit", "roof")
                self.tell(f"{name}/level" if tank else f"p1/{name.replace('_', '-')}", value)
            self.wait(min(PERIOD, end - self.now))
