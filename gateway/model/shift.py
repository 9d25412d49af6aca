"""Shifts: the plan by which the desk is manned round the clock (estate-rules.md, D1)."""

from dataclasses import dataclass, field
from datetime import date, time

from gateway.model.clock import MINUTE, Micros
from gateway.model.text import Text


@dataclass(frozen=True, slots=True)
class Team:
    """People who work the same shifts."""

    id: str
    name: Text


@dataclass(frozen=True, slots=True)
class DailyShift:
    """A shift of every day. It begins on the site's wall clock and lasts until the next one of the
    plan begins: so the plan has no gap and no overlap, whatever its times."""

    id: str
    name: Text
    begins: time


@dataclass(frozen=True, slots=True)
class OnDays:
    """The teams move on at these days of every month (1 to 28, rising)."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EveryDays:
    """The teams move on after so many days, counted from the plan's `since`."""

    days: int


Rotation = OnDays | EveryDays

MORNING = DailyShift("morning", Text("Morning shift", "早班"), time(7))
AFTERNOON = DailyShift("afternoon", Text("Afternoon shift", "中班"), time(15))
NIGHT = DailyShift("night", Text("Night shift", "夜班"), time(23))

TEAMS = (
    Team("a", Text("Team A", "甲班")),
    Team("b", Text("Team B", "乙班")),
    Team("c", Text("Team C", "丙班")),
)


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """Who works when; as it stands here: three shifts and three teams (D1).

    `times` in the order of the day, at least one; on the day `since` the first team has the first
    of them, the second team the second, and so on, round again. At each move of `rotation` a team
    takes the shift before its last one, so that nobody works two in a row. A hand-over may be
    signed from `sign_from` before the shift's end on, and is late `late_after` its end.
    """

    times: tuple[DailyShift, ...] = (MORNING, AFTERNOON, NIGHT)
    teams: tuple[Team, ...] = TEAMS
    rotation: Rotation = field(default_factory=lambda: OnDays((1, 11, 21)))
    since: date = date(2026, 1, 1)
    sign_from: Micros = 30 * MINUTE
    late_after: Micros = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of one day: from `begins_at` until before `ends_at`."""

    id: str
    name: Text
    team: Team
    begins_at: Micros
    ends_at: Micros
