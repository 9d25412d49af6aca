"""What may be set for pumps, supplies and lighting; good as it is."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from gateway.model.clock import MINUTE, SECOND, Micros


@dataclass(frozen=True, slots=True)
class PumpSettings:
    """One pump. Told to, it runs within `starts_within` and stands within `stops_within`; it is
    started at most `most_starts` times in an hour, and serviced every `service_every` hours.

    `rated_current` in A. Below `dry_below` percent of it, or below `low_pressure` (in the unit of
    its point), for `dry_after` it runs dry; above `overload_above` percent for `overload_after` it
    is overloaded. `draws_from` and `fills` are tanks or pits, in which `low_level` and `high_level`
    (m) count as empty and full until `level_deadband` away from them. While it runs their level
    moves by more than `stuck_band` (m) `stuck_after` at the latest.

    `runs_during`: the calendar by which it runs. `fire`: a fire pump, which the gateway never stops
    and never keeps from starting.
    """

    starts_within: Micros = 10 * SECOND
    stops_within: Micros = 10 * SECOND
    most_starts: int = 12
    service_every: float | None = None
    rated_current: float | None = None
    dry_below: float = 40.0
    overload_above: float = 110.0
    low_pressure: float | None = None
    dry_after: Micros = 10 * SECOND
    overload_after: Micros = 10 * SECOND
    draws_from: str | None = None
    fills: str | None = None
    low_level: float | None = None
    high_level: float | None = None
    level_deadband: float = 0.05
    stuck_band: float = 0.005
    stuck_after: Micros = 30 * MINUTE
    runs_during: str | None = None
    fire: bool = False


class Rotation(StrEnum):
    """When another pump of a group leads."""

    EACH_START = "each-start"
    DAILY = "daily"
    HOURS = "hours"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """Pumps that share a duty, by the level or pressure at `by`. One is started at `start` and
    another at `lag`, all are stopped at `stop`; a `stop` below `start` empties, one above it fills.
    At most `most` run at once. One that does not run `starts_within` is given up for the next; one
    that has run for `runs_blind` without anything being known of the level is stopped."""

    pumps: tuple[str, ...]
    by: str
    start: float
    stop: float
    lag: float | None = None
    most: int = 1
    rotation: Rotation = Rotation.EACH_START
    rotate_at: time = time(4)
    starts_within: Micros = 20 * SECOND
    runs_blind: Micros = 5 * MINUTE


class Control(StrEnum):
    """Who starts and stops it."""

    OWN = "own"
    """A controller of its own: the gateway looks whether it does."""
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class GeneratorSettings:
    """A generator that runs while the mains are lost. `mains`: the point that tells of them, by
    default its own. It runs within `starts_within` of their loss, is under load within
    `loaded_within` where `transfer` names its transfer switch, and stands within `stops_within` of
    the end of `stop_after` with the mains back. By control of the gateway it is told to start
    `start_after` their loss."""

    control: Control = Control.OWN
    mains: str | None = None
    transfer: str | None = None
    start_after: Micros = 3 * SECOND
    starts_within: Micros = 30 * SECOND
    loaded_within: Micros = MINUTE
    stop_after: Micros = 3 * MINUTE
    stops_within: Micros = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class TransferSettings:
    """A transfer switch between the mains and `generator`. It has moved within `moves_within` of
    the generator running, and is back within `returns_within` of the mains."""

    generator: str | None = None
    moves_within: Micros = 30 * SECOND
    returns_within: Micros = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class LightingSettings:
    """A lighting circuit: on while `photocell` (lx) has been below `on_below` for `delay` and the
    calendar `lit_during` holds, of these what is said; off again above `off_above` or at its end.
    It is so `within` this time."""

    control: Control = Control.OWN
    photocell: str | None = None
    on_below: float = 30.0
    off_above: float = 60.0
    delay: Micros = 5 * MINUTE
    lit_during: str | None = None
    within: Micros = MINUTE
