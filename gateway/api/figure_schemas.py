"""What the API says about how the alarm system performs. Spans are in seconds."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.api.documented import Documented, Instant, example_of
from gateway.api.schemas import RuleId, Urgency, Words
from gateway.model.clock import SECOND

Fraction = Annotated[float, Field(ge=0, le=1, examples=[0.25])]


def _in_seconds(value: object) -> object:
    return value / SECOND if isinstance(value, int) else value


Seconds = Annotated[float | None, BeforeValidator(_in_seconds), Field(examples=[42.5])]
"""A span of ours (microseconds) in an answer."""


class PriorityCount(Documented):
    """So many of one priority."""

    priority: Urgency
    count: int = Field(examples=[12])


def _listed(value: object) -> object:
    if isinstance(value, Mapping):
        return [{"priority": priority, "count": value[priority]} for priority in sorted(value)]
    return value


PriorityCounts = Annotated[
    tuple[PriorityCount, ...],
    BeforeValidator(_listed),
    Field(examples=[[example_of(PriorityCount)]]),
]


class BadActor(Documented):
    """A rule that stands out."""

    rule: RuleId
    title: Words
    count: int = Field(examples=[31])
    share: Fraction


class Standing(Documented):
    """An alarm that was active for over a day."""

    rule: RuleId
    title: Words
    since: Instant
    until: Instant | None = Field(examples=["2026-05-01T09:00:00Z"])
    """Null while it is."""


class Peak(Documented):
    """The most announcements within any ten minutes."""

    since: Instant
    count: int = Field(examples=[14])


class Share(Documented):
    """Announcements of one priority, and what share ISA-18.2 recommends."""

    priority: Urgency
    count: int = Field(examples=[12])
    share: Fraction
    recommended: Fraction


class Waits(Documented):
    """How long something took. Null where it was never done."""

    count: int = Field(examples=[40])
    median: Seconds
    p90: Seconds


class FirstOut(Documented):
    """The first alarm of a flood: most likely its cause."""

    at: Instant
    alarm: int = Field(examples=[17])
    rule: RuleId
    priority: Urgency


class Flood(Documented):
    """From over 10 announcements in 10 minutes until fewer than 5 in 10 minutes."""

    began_at: Instant
    ended_at: Instant | None = Field(examples=["2026-05-01T09:00:00Z"])
    """Null while it lasts."""
    first_out: FirstOut = Field(examples=[example_of(FirstOut)])
    counts: PriorityCounts
    """Its announcements."""


class FloodNow(Documented):
    """A flood that lasts, and what the desk's list makes a count of: tickets of medium and low
    priority that nobody has touched, but for the first-out's."""

    flood: Flood = Field(examples=[example_of(Flood)])
    alarms: tuple[int, ...] = Field(examples=[[18, 19]])
    tickets: tuple[int, ...] = Field(examples=[[7, 8]])
    counts: PriorityCounts
    """Of these tickets."""
    first_out_ticket: int | None = Field(examples=[6])
    """Null when its alarm has ended."""


class FloodLook(Documented):
    """Whether there is a flood."""

    now: FloodNow | None = Field(examples=[example_of(FloodNow)])
    """Null while there is none."""


_Actors = Annotated[tuple[BadActor, ...], Field(examples=[[example_of(BadActor)]])]


class Figures(Documented):
    """How the alarm system did from start to end (ISA-18.2, EEMUA 191). Worst first."""

    start: Instant
    end: Instant
    announced: int = Field(examples=[128])
    """How often the operator was told of an alarm."""
    suppressed: int = Field(examples=[3])
    """Occurrences nobody was told of."""
    per_hour: float = Field(examples=[5.3])
    per_ten_minutes: float = Field(examples=[0.89])
    peak: Peak | None = Field(examples=[example_of(Peak)])
    floods: tuple[Flood, ...] = Field(examples=[[example_of(Flood)]])
    flood_share: Fraction
    """Of the time."""
    most_frequent: _Actors
    """Ten rules at most."""
    top_ten_share: Fraction
    chattering: _Actors
    """Bursts of three in a minute."""
    fleeting: _Actors
    """Gone within 10 seconds."""
    standing: tuple[Standing, ...] = Field(examples=[[example_of(Standing)]])
    mix: tuple[Share, ...] = Field(examples=[[example_of(Share)]])
    acknowledged: Waits = Field(examples=[example_of(Waits)])
    unacknowledged: int = Field(examples=[2])
    """Told in the window, and not acknowledged by its end."""
