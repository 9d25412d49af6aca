"""How a field line and the units on it are doing, for the engineer who looks after them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model.clock import Micros


class UnitState(StrEnum):
    """Whether a unit answers."""

    UNASKED = "unasked"
    ANSWERING = "answering"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One unit. `errors` counts by kind what its requests came to instead of an answer, since the
    start; `missed_periods` the polls left out because they would have come a period late or more.
    Round trips, of answered requests in the last minute, are in milliseconds; None without any.
    `due` is when it is asked next; `unread` says of points without a value why they have none."""

    unit: int
    devices: tuple[str, ...]
    state: UnitState = UnitState.UNASKED
    since: Micros | None = None
    answered: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    last_error: str | None = None
    last_error_at: Micros | None = None
    round_trip_ms: float | None = None
    longest_ms: float | None = None
    missed_periods: int = 0
    due: Micros | None = None
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineFigures:
    """One physical line. `duty` is the share of the last minute in which it was busy with a
    request, waiting for answers that never came included."""

    line: str
    duty: float
    units: tuple[UnitFigures, ...]
