"""Zones, fire linkages and areas that the gateway holds itself: a device's section of that name."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.site.access_model import Direction


@dataclass(frozen=True, slots=True)
class ZoneLine:
    """One line that a zone watches: a state point with `normal` and `alarm`, or an event point.

    `delayed`: begins the entry delay. `part`: watched while part-armed as well. `always`: watched
    in every mode, and never bypassed (panic, 24-hour lines). `tripwire`: of a camera's crossings
    only those of this one.
    """

    point: str
    delayed: bool = False
    part: bool = True
    always: bool = False
    tripwire: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """What people call it: its point, or its device."""
        return frozenset({self.point, self.point.rpartition("/")[0]})


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A breach needs so many different lines `within` this time."""

    lines: int
    within: Micros


@dataclass(frozen=True, slots=True)
class Swinger:
    """A line that has tripped so many times `within` this is left out until it has been quiet for
    as long."""

    trips: int
    within: Micros = HOUR


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """A zone that the gateway holds itself. `lamps`, `sirens`: devices switched on at a breach, the
    sirens for `siren_time` at most. `cleared_after`: how long after its last trip a breach is over.
    `disarmed_during`, `part_armed_during`: calendars; at all other times it is armed."""

    lines: tuple[ZoneLine, ...]
    lamps: tuple[str, ...] = ()
    sirens: tuple[str, ...] = ()
    siren_time: Micros = 3 * MINUTE
    cleared_after: Micros = MINUTE
    entry_delay: Micros = 30 * SECOND
    exit_delay: Micros = 30 * SECOND
    confirm: Confirmed | None = None
    swinger: Swinger | None = None
    disarmed_during: str | None = None
    part_armed_during: str | None = None


@dataclass(frozen=True, slots=True)
class FireSettings:
    """`inputs`: state points that tell of fire; `doors` are released by it and `barriers` opened,
    each of which is to show it `within` this."""

    inputs: tuple[str, ...]
    doors: tuple[str, ...] = ()
    barriers: tuple[str, ...] = ()
    within: Micros = 10 * SECOND


class PassbackMode(StrEnum):
    """What comes of a second entry: soft tells of it, hard refuses it."""

    SOFT = "soft"
    HARD = "hard"


@dataclass(frozen=True, slots=True)
class PassbackDoor:
    """A door of an area; `enters` is the direction by which people come into the area there."""

    door: str
    enters: Direction = Direction.IN


@dataclass(frozen=True, slots=True)
class PassbackSettings:
    """An area that nobody enters twice without having left. Whereabouts are forgotten at
    `forget_at` on the site's wall clock, and `forget_after` somebody's last passage where that is
    set."""

    doors: tuple[PassbackDoor, ...]
    mode: PassbackMode = PassbackMode.SOFT
    forget_after: Micros | None = None
    forget_at: time = time(0)
