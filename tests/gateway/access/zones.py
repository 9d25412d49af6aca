"""A zone with three lines, a panic button and a camera, to be played."""

from dataclasses import replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from gateway.access.output import outputs
from gateway.access.zone import held_zone
from gateway.model.clock import MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.point import Point, PointKind
from gateway.model.text import Text
from gateway.site.held_model import ZoneLine, ZoneSettings
from gateway.site.model import Confirmation, Device, HeldAddress, MqttAddress, Site
from gateway.site.timing_model import Calendar
from tests.gateway.access.played import Played
from tests.gateway.samples import site as bare_site

STATES: Final = {
    "line": ("normal", "alarm", "open", "short"),
    "tamper": ("ok", "tampered"),
    "supply": ("ok", "lost"),
    "picture": ("live",),
}
LINES: Final = ("north", "south", "gate", "panic")
SETTINGS: Final = ZoneSettings(
    lines=(
        ZoneLine("north/line"),
        ZoneLine("south/line", part=False),
        ZoneLine("gate/line", delayed=True),
        ZoneLine("panic/line", always=True),
        ZoneLine("camera/crossing", tripwire="wall"),
    ),
    lamps=("lamp",),
    sirens=("siren",),
)

ON: Final = [("lamp", Action.SWITCH_ON), ("siren", Action.SWITCH_ON)]
"""What a breach wishes for."""


def told(device: str, name: str) -> Point:
    """A state point with a period."""
    text = Text(name, name)
    point = f"{device}/{name}"
    return Point(point, PointKind.STATE, text, states=STATES[name], period=MINUTE)


def device(id_: str, *points: Point) -> Device:
    """One behind the broker."""
    text, address = Text(id_, id_), MqttAddress("gatehouse-json", f"test/{id_}")
    return Device(id_, "line", text, text, "broker", address, points)


CROSSING: Final = Point("camera/crossing", PointKind.EVENT, Text("Crossing", "越线"))


def output(id_: str) -> Device:
    """A lamp or a siren."""
    text, address = Text(id_, id_), MqttAddress("gatehouse-json", f"test/{id_}")
    state = Point(f"{id_}/state", PointKind.STATE, text, states=("off", "on"), period=MINUTE)
    shown = Point(f"{id_}/switching", PointKind.STATE, text, derived=True)
    words = {Action.SWITCH_ON: "on", Action.SWITCH_OFF: "off"}
    commands = {do: Confirmation(state.id, frozenset({word}), SECOND) for do, word in words.items()}
    points = (state, shown)
    return Device(id_, "output", text, text, "broker", address, points, commands=commands)


def zone_site(settings: ZoneSettings, calendars: dict[str, Calendar] | None = None) -> Site:
    """A site with that zone, which the gateway holds."""
    text = Text("wall", "围墙")
    wall = Device("wall", "zone", text, text, "own", HeldAddress(), (), zone=settings)
    lines = [
        device(name, told(name, "line"), told(name, "tamper"), told(name, "supply"))
        for name in LINES
    ]
    camera = device("camera", told("camera", "picture"), CROSSING)
    wall = replace(wall, cameras=("camera",))
    here = bare_site(Path(), ())
    timing = replace(
        here.desk.timing, calendars={**here.desk.timing.calendars, **(calendars or {})}
    )
    return replace(
        here,
        devices=(output("lamp"), output("siren"), *lines, camera, wall),
        desk=replace(here.desk, timing=timing),
        time_zone=ZoneInfo("Europe/Berlin"),
    )


class Wall(Played):
    """The zone `wall`; every line has been heard to be normal."""

    def __init__(
        self,
        settings: ZoneSettings = SETTINGS,
        calendars: dict[str, Calendar] | None = None,
        *,
        heard: bool = True,
    ) -> None:
        here = zone_site(settings, calendars)
        machine = held_zone(here.devices[-1], here)
        assert machine is not None
        super().__init__(machine, *outputs(here))
        if heard:
            self.hear_all()

    def hear_all(self) -> None:
        """Everything is well."""
        for name in LINES:
            self.tell(f"{name}/line", "normal")
            self.tell(f"{name}/tamper", "ok")
            self.tell(f"{name}/supply", "ok")
        self.tell("camera/picture", "live")

    def trip(self, name: str) -> None:
        """A line stands in alarm."""
        self.tell(f"{name}/line", "alarm")

    def rest(self, name: str) -> None:
        """It is back to normal."""
        self.tell(f"{name}/line", "normal")
