"""Zones, fire linkages and areas that the gateway holds itself, as the site file says them."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.site import fields as f
from gateway.site.access_model import Direction
from gateway.site.entry import Entry, some
from gateway.site.held_model import (
    Confirmed,
    FireSettings,
    PassbackDoor,
    PassbackMode,
    PassbackSettings,
    Swinger,
    ZoneLine,
    ZoneSettings,
)


class LineEntry(Entry):
    """One line that a zone watches."""

    point: f.PointId
    """A state point with normal and alarm, and maybe open and short, or an event such as a camera's
    crossing; points `tamper` and `supply` of the same device are watched with it."""
    delayed: bool = False
    """true: begins the entry delay, and may be passed in the exit delay."""
    part: bool = True
    """false: not watched while the zone is part-armed."""
    always: bool = False
    """true: watched in every mode, and never bypassed: a panic button."""
    tripwire: f.Id | None = None
    """Of a camera's crossings only those of this tripwire."""

    def line(self) -> ZoneLine:
        """The same, for the gateway."""
        return ZoneLine(**dict(self))


class ConfirmEntry(Entry):
    """Several lines make a breach; one alone is told as unconfirmed."""

    lines: Annotated[int, Field(ge=2, le=20)] = 2
    """So many different ones."""
    within: f.Lasting = 30 * SECOND
    """In this time."""


class SwingerEntry(Entry):
    """A line that trips again and again makes no more breaches for a while, and is told."""

    trips: Annotated[int, Field(ge=1, le=20)] = 3
    """After so many of them."""
    within: f.Lasting = HOUR
    """In this time; it counts again once it has been quiet for as long."""


class ZoneEntry(Entry):
    """A zone that the gateway holds itself."""

    lines: Annotated[tuple[LineEntry, ...], AfterValidator(some)]
    """What it watches."""
    lamps: tuple[f.Id, ...] = ()
    """Devices switched on at a breach, and off when it is over."""
    sirens: tuple[f.Id, ...] = ()
    """Devices switched on at a breach, for a limited time."""
    siren_time: f.Lasting = 3 * MINUTE
    """At most."""
    cleared_after: f.Lasting = MINUTE
    """How long after the last trip a breach is over; never while a line stands in alarm."""
    entry_delay: f.Duration = 30 * SECOND
    """How long there is to disarm after a delayed line has tripped."""
    exit_delay: f.Duration = 30 * SECOND
    """How long delayed lines may be passed after arming."""
    confirm: ConfirmEntry | None = None
    """Without it each line makes a breach."""
    swinger: SwingerEntry | None = None
    """Without it every trip counts."""
    disarmed_during: f.Id | None = None
    """A calendar of `desk.calendars` in whose hours it is disarmed."""
    part_armed_during: f.Id | None = None
    """A calendar in whose hours it is part-armed."""

    def settings(self) -> ZoneSettings:
        """The same, for the gateway."""
        return ZoneSettings(
            **{
                **dict(self),
                "lines": tuple(line.line() for line in self.lines),
                "confirm": None if self.confirm is None else Confirmed(**dict(self.confirm)),
                "swinger": None if self.swinger is None else Swinger(**dict(self.swinger)),
            }
        )


class FireEntry(Entry):
    """What a fire signal releases and opens."""

    inputs: Annotated[tuple[f.PointId, ...], AfterValidator(some)]
    """State points with normal and another word for fire, such as a panel's `fire`."""
    doors: tuple[f.Id, ...] = ()
    """Doors to be released."""
    barriers: tuple[f.Id, ...] = ()
    """Barriers to be opened."""
    within: f.Lasting = 10 * SECOND
    """How soon each of them is to show it."""

    @model_validator(mode="after")
    def _releases_something(self) -> "FireEntry":
        if not self.doors and not self.barriers:
            raise ValueError("expected doors or barriers that it releases")
        return self

    def settings(self) -> FireSettings:
        """The same, for the gateway."""
        return FireSettings(**dict(self))


class PassbackDoorEntry(Entry):
    """A door of an anti-passback area."""

    door: f.Id
    """One that tells of credentials and which way they go."""
    enters: Direction = Direction.IN
    """The direction by which people come into this area there; the other one leads out of it."""


class PassbackEntry(Entry):
    """An area that nobody enters twice without having left."""

    doors: Annotated[tuple[PassbackDoorEntry, ...], AfterValidator(some)]
    """Every way in and out."""
    mode: PassbackMode = PassbackMode.SOFT
    """soft: a second entry is told of; hard: refused, where the reader asks the gateway."""
    forget_after: f.Lasting | None = None
    """How long after somebody's last passage it is forgotten where they are."""
    forget_at: f.TimeOfDay = time(0)
    """When it is forgotten of everybody, on the site's wall clock."""

    def settings(self) -> PassbackSettings:
        """The same, for the gateway."""
        doors = tuple(PassbackDoor(**dict(each)) for each in self.doors)
        return PassbackSettings(**{**dict(self), "doors": doors})
