"""Zones and fire linkages that the gateway holds itself: a device's section of that name."""

from dataclasses import dataclass

from gateway.model.clock import HOUR, MINUTE, SECOND, Micros


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
