"""The shift plan as the site file says it."""

from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from gateway.model.clock import DAY
from gateway.model.shift import DailyShift, EveryDays, OnDays, Rotation, ShiftPlan, Team
from gateway.site import fields as f
from gateway.site.entry import Entry, Label, some

_PLAN = ShiftPlan()

Named = TypeVar("Named", "DailyShiftEntry", "TeamEntry")
DayOfMonth = Annotated[int, Field(ge=1, le=28)]


class DailyShiftEntry(Entry):
    """A shift of every day. It lasts until the next one begins."""

    id: f.ShortId
    """Unique in the plan."""
    name: Label
    """What people call it."""
    begins: f.TimeOfDay
    """On the estate's wall clock, such as "07:00"."""


class TeamEntry(Entry):
    """People who work the same shifts. Who they are is said over the API."""

    id: f.ShortId
    """Unique in the plan."""
    name: Label
    """What people call it."""


def _rising(days: tuple[int, ...]) -> tuple[int, ...]:
    if list(days) != sorted(set(days)):
        raise ValueError("expected every day once, in rising order")
    return days


def _in_order(times: tuple[DailyShiftEntry, ...]) -> tuple[DailyShiftEntry, ...]:
    begins = [daily.begins for daily in times]
    if begins != sorted(set(begins)):
        raise ValueError("expected every time once, in the order of the day")
    return _distinct(times)


def _distinct(entries: tuple[Named, ...]) -> tuple[Named, ...]:
    if len({entry.id for entry in entries}) < len(entries):
        raise ValueError("expected every id once")
    return entries


DaysOfMonth = Annotated[tuple[DayOfMonth, ...], AfterValidator(some), AfterValidator(_rising)]
Times = Annotated[tuple[DailyShiftEntry, ...], AfterValidator(some), AfterValidator(_in_order)]
Teams = Annotated[tuple[TeamEntry, ...], AfterValidator(some), AfterValidator(_distinct)]


class RotationEntry(Entry):
    """When the teams move on: each takes the shift before its last one. One of the two."""

    on: Annotated[tuple[DayOfMonth, ...], AfterValidator(some), AfterValidator(_rising)] | None = (
        None
    )
    """Days of the month, 1 to 28, such as [1, 11, 21]."""
    every: f.Days | None = None
    """Or after so many days, counted from `since`, such as 2d."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.on is None) == (self.every is None):
            raise ValueError("expected either on or every")
        return self

    def rotation(self) -> Rotation:
        """The same, for the gateway."""
        return OnDays(self.on or ()) if self.every is None else EveryDays(self.every // DAY)


class ShiftsEntry(Entry):
    """Who mans the desk when. Without it three shifts and three teams: 07:00, 15:00 and 23:00,
    moving on at the 1st, 11th and 21st."""

    times: Times = ()
    """The shifts of a day, by the time they begin."""
    teams: Teams = ()
    """On the day `since` the first team has the first shift, and so on."""
    rotation: RotationEntry = RotationEntry(on=(1, 11, 21))
    """When the teams move on."""
    since: f.Date = _PLAN.since
    """A day on which the first team has the first shift."""
    sign_from: f.Duration = _PLAN.sign_from
    """How long before its end a shift may sign its hand-over."""
    late_after: f.Duration = _PLAN.late_after
    """How long after a shift's end its hand-over is late."""

    def plan(self) -> ShiftPlan:
        """The same, for the gateway."""
        times = tuple(DailyShift(t.id, t.name.text(), t.begins) for t in self.times)
        teams = tuple(Team(team.id, team.name.text()) for team in self.teams)
        return ShiftPlan(
            times=times or _PLAN.times,
            teams=teams or _PLAN.teams,
            rotation=self.rotation.rotation(),
            since=self.since,
            sign_from=self.sign_from,
            late_after=self.late_after,
        )
