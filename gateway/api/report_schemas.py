"""What the API says of a shift, a week or a month."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.api.documented import Documented, Instant, example_of
from gateway.api.figure_schemas import Figures, Fraction, PriorityCounts, Waits
from gateway.api.schemas import Urgency, Words
from gateway.api.shift_schemas import Unwatched
from gateway.model.rule import JobKind
from gateway.model.ticket import ClockKind, TicketState
from gateway.reports.period import Span


class Subject(Documented):
    """A ticket, by name."""

    number: int = Field(examples=[12])
    title: Words
    place: Words
    priority: Urgency
    job: JobKind = Field(examples=["repair"])
    opened_at: Instant


_Ticket = Annotated[Subject, Field(examples=[example_of(Subject)])]


class TeamOnDuty(Documented):
    """A team."""

    id: str = Field(examples=["a"])
    name: Words


class ShiftOnDuty(Documented):
    """A shift, and the team that worked it."""

    id: str = Field(examples=["morning"])
    name: Words
    team: TeamOnDuty = Field(examples=[example_of(TeamOnDuty)])


class Period(Documented):
    """From start until before end."""

    span: Span = Field(examples=["shift"])
    start: Instant
    end: Instant
    shift: ShiftOnDuty | None = Field(examples=[example_of(ShiftOnDuty)])
    """Null but for a shift."""


class Ratio(Documented):
    """A part of a whole."""

    part: int = Field(examples=[1])
    whole: int = Field(examples=[4])
    share: Fraction | None = Field(examples=[0.25])
    """Null of nothing."""


_Share = Annotated[Ratio, Field(examples=[example_of(Ratio)])]


class OpenJob(Documented):
    """A ticket on which something was still to be done."""

    ticket: _Ticket
    state: TicketState = Field(examples=["dispatched"])
    """At the end of the report."""


class Late(Documented):
    """What was not done in time."""

    ticket: _Ticket
    kind: ClockKind = Field(examples=["arrive"])
    due_at: Instant
    met_at: Instant | None = Field(examples=["2026-05-01T08:20:00Z"])
    """When it was done after all."""


class Repeat(Documented):
    """A fault that came again within 30 days."""

    ticket: _Ticket
    earlier: int = Field(examples=[3])
    """Under which it had been mended; its own number where it was opened again."""


class LateHandover(Documented):
    """A hand-over that was not signed in time."""

    shift: str = Field(examples=["morning"])
    team: str = Field(examples=["a"])
    due_at: Instant
    taken_at: Instant | None = Field(examples=["2026-05-01T07:40:00Z"])


class Counted(Documented):
    """So many under one name."""

    name: str = Field(examples=["alarm"])
    count: int = Field(examples=[4])


def _listed(value: object) -> object:
    if isinstance(value, dict):
        return [{"name": str(name), "count": value[name]} for name in sorted(value)]
    return value


_Counts = Annotated[
    tuple[Counted, ...], BeforeValidator(_listed), Field(examples=[[example_of(Counted)]])
]
_Waits = Annotated[Waits, Field(examples=[example_of(Waits)])]


class Report(Documented):
    """What the desk did. Times to answer, to arrive and to resolve count from the opening, of the
    tickets opened in the period, up to its end."""

    period: Period = Field(examples=[example_of(Period)])
    until: Instant
    """Before the period's end while that lasts."""
    alarms: Figures = Field(examples=[example_of(Figures)])
    opened: int = Field(examples=[9])
    opened_by_priority: PriorityCounts
    opened_by_source: _Counts
    answered: _Waits
    arrived: _Waits
    resolved: _Waits
    closed: int = Field(examples=[7])
    open: tuple[OpenJob, ...] = Field(examples=[[example_of(OpenJob)]])
    late: tuple[Late, ...] = Field(examples=[[example_of(Late)]])
    repeats: tuple[Repeat, ...] = Field(examples=[[example_of(Repeat)]])
    false_alarms: _Counts
    """By code."""
    on_time: _Share
    """Of the repairs done or due in the period; 100 % is wanted."""
    repeated: _Share
    """Of the repairs done; under 0.5 % is wanted."""
    satisfied: _Share
    """Of those called back; at least 95 % is wanted."""
    late_handovers: tuple[LateHandover, ...] = Field(examples=[[example_of(LateHandover)]])
    bypassed: tuple[Unwatched, ...] = Field(examples=[[example_of(Unwatched)]])
    """As the shift's signed hand-over sheet has it; without one, of what is bypassed now, or not
    known, what was so by the end."""
