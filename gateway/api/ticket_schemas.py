"""What the API says about tickets, and what is done to them. Times are RFC 3339, UTC."""

from typing import Annotated

from pydantic import Field

from gateway.api.documented import Documented, Instant, Moment, Sentence, example_of
from gateway.api.schemas import Alarm, Urgency, Words
from gateway.desk.written import HIGHEST_NUMBER, LONGEST_ASSIGNEE, LONGEST_CODE, LONGEST_LINE
from gateway.model import ticket as model
from gateway.model.clock import from_datetime
from gateway.model.rule import JobKind
from gateway.model.ticket import Act, ClockKind, Source, TicketState

Line = Annotated[str, Field(max_length=LONGEST_LINE, pattern=r"^[^\x00-\x1f]*$")]
"""A name or number a person wrote."""

Assignee = Annotated[str, Field(max_length=LONGEST_ASSIGNEE, pattern=r"^[^\x00-\x1f]*$")]
Code = Annotated[str, Field(max_length=LONGEST_CODE, pattern=r"^[^\x00-\x1f]*$")]


class Call(Documented):
    """What a person who reports something says."""

    reporter: str = Field(examples=["Mrs Wang, 3-1201"])
    phone: str = Field(examples=["13800000000"])
    what: str = Field(examples=["Water comes through the kitchen ceiling"])
    convenient: str = Field(default="", examples=["after 18:00"])
    """When somebody may come."""
    where: str = Field(examples=["3-1201, kitchen"])


class SaidCall(Call):
    """What a person who reports something says, as the desk takes it down."""

    reporter: Line = Field(examples=["Mrs Wang, 3-1201"])
    phone: Line = Field(examples=["13800000000"])
    what: Sentence = Field(examples=["Water comes through the kitchen ceiling"])
    convenient: Line = Field(default="", examples=["after 18:00"])
    where: Line = Field(examples=["3-1201, kitchen"])

    def call(self) -> model.Call:
        """The same, for the desk."""
        return model.Call(self.reporter, self.phone, self.what, self.convenient, self.where)


class Caller(Documented):
    """A person to be called back."""

    number: int = Field(examples=[3])
    """The ticket they reported."""
    call: Call = Field(examples=[example_of(Call)])
    satisfied: bool | None = Field(examples=[True])
    """What they said when called back; null while nobody has called."""


class Report(Documented):
    """A call that opens a ticket."""

    call: SaidCall = Field(examples=[example_of(Call)])
    job: JobKind = Field(default=JobKind.REPAIR, examples=["urgent"])
    priority: Urgency
    device: Line = Field(default="", examples=["roof-tank"])
    """The device concerned; empty where none is."""
    procedure: Line | None = Field(default=None, examples=["burst-pipe"])
    """The step list shown with it."""

    def report(self) -> model.Report:
        """The same, for the desk."""
        return model.Report(self.call.call(), self.job, self.priority, self.device, self.procedure)


class Ticket(Documented):
    """The work that one or more alarms, or a person's call, ask for."""

    number: int = Field(examples=[5])
    key: str = Field(examples=["roof-tank/low-level"])
    """The rule whose alarms join it; the number itself where no alarm is behind it."""
    device: str = Field(examples=["roof-tank"])
    """Empty where none is concerned."""
    title: Words
    place: Words
    priority: Urgency
    state: TicketState = Field(examples=["new"])
    version: int = Field(examples=[1])
    """Counts its entries; an act names the one it has seen."""
    opened_at: Instant
    changed_at: Instant
    closed_at: Instant | None = Field(examples=["2026-05-01T09:00:00Z"])
    """When it was closed, merged or called a false alarm."""
    job: JobKind = Field(examples=["repair"])
    source: Source = Field(examples=["alarm"])
    call: Call | None = Field(examples=[example_of(Call)])
    """Where a person reported it."""
    assignee: str = Field(examples=["zhang"])
    """Who was sent; empty where nobody was yet."""
    procedure: str | None = Field(examples=["burst-pipe"])
    """The step list shown with it."""
    held_from: TicketState | None = Field(examples=["dispatched"])
    """On hold: where it goes on from."""
    held_until: Instant | None = Field(examples=["2026-05-02T08:00:00Z"])
    """On hold: when it goes on by itself."""
    merged_into: int | None = Field(examples=[7])
    code: str = Field(examples=[""])
    """Why it was a false alarm, or what was done."""
    satisfied: bool | None = Field(examples=[True])
    """What the person who reported it said when called back; null while nobody was."""
    callers: tuple[Caller, ...] = Field(examples=[[example_of(Caller)]])
    """Who reported the tickets merged into it."""
    external: str | None = Field(examples=["WO-2026-0042"])
    """Its number in the company's own ticket system."""


class Done(Documented):
    """What went with an act. Only what belongs to the act is set."""

    act: Act = Field(examples=["dispatch"])
    text: str = Field(examples=[""])
    assignee: str = Field(examples=["zhang"])
    until: Instant | None = Field(examples=["2026-05-02T08:00:00Z"])
    into: int | None = Field(examples=[7])
    """Of merge the other ticket; of took_in the one that goes on under this one."""
    code: str = Field(examples=[""])
    step: int | None = Field(examples=[0])
    satisfied: bool | None = Field(examples=[True])
    call: Call | None = Field(examples=[example_of(Call)])
    """Of report what the person said; of call_back who was called."""
    caller: int | None = Field(examples=[3])
    """Of call_back: the ticket they reported."""


class Entry(Documented):
    """One line of a ticket's history."""

    ticket: int = Field(examples=[5])
    version: int = Field(examples=[1])
    at: Instant
    who: str = Field(examples=["gateway"])
    what: str = Field(examples=["opened"])
    """An act of a person, or what the gateway did: opened, joined, cleared, reopened, resumed,
    took_in, hastened, late, escalated."""
    state: TicketState = Field(examples=["new"])
    text: str = Field(examples=[""])
    doing: Done | None = Field(examples=[example_of(Done)])
    """What went with it."""


class Step(Documented):
    """A step of a ticket's procedure."""

    text: Words
    done_at: Instant | None = Field(examples=["2026-05-01T08:03:00Z"])
    done_by: str = Field(examples=["li"])
    """Empty while it is not ticked off."""


class Clock(Documented):
    """What must be done in time on a ticket."""

    kind: ClockKind = Field(examples=["arrive"])
    run: int = Field(examples=[1])
    """Counts how often it was started: once more each time the ticket is reopened."""
    started_at: Instant
    due_at: Instant
    left: int | None = Field(examples=[900_000_000])
    """Microseconds left of it, while the ticket is on hold; `due_at` moves when it goes on."""
    met_at: Instant | None = Field(examples=["2026-05-01T08:09:00Z"])
    dropped_at: Instant | None = Field(examples=["2026-05-01T08:30:00Z"])
    """It is no longer asked for."""
    late_at: Instant | None = Field(examples=["2026-05-01T08:10:00Z"])
    """It was found late; it stays so when it is met after all."""


class TicketFile(Documented):
    """A ticket with everything that belongs to it."""

    ticket: Ticket = Field(examples=[example_of(Ticket)])
    entries: tuple[Entry, ...] = Field(examples=[[example_of(Entry)]])
    """Oldest first."""
    alarms: tuple[Alarm, ...] = Field(examples=[[example_of(Alarm)]])
    """Newest first."""
    steps: tuple[Step, ...] = Field(examples=[[example_of(Step)]])
    """Of its procedure, as far as they are ticked off since it was opened last."""
    clocks: tuple[Clock, ...] = Field(examples=[[example_of(Clock)]])
    """Earlier runs first."""


class Doing(Documented):
    """What is done to a ticket, and what goes with it."""

    act: Act = Field(examples=["dispatch"])
    text: Sentence = Field(default="", examples=["On my way"])
    version: int = Field(ge=0, examples=[1])
    """The version the person has seen; a ticket that moved on since is not touched."""
    assignee: Assignee = Field(default="", examples=["zhang"])
    """Of dispatch: who goes."""
    until: Moment | None = Field(default=None, examples=[None])
    """Of hold: when it goes on by itself."""
    into: int | None = Field(default=None, ge=1, le=HIGHEST_NUMBER, examples=[None])
    """Of merge: the ticket it goes on under."""
    code: Code = Field(default="", examples=[""])
    """Of false_alarm: operator_error, device_fault, weather, animal, test or other. Of resolve:
    what was done, as the company codes it."""
    step: int | None = Field(default=None, ge=0, lt=1_000, examples=[None])
    """Of step: its number in the procedure, from 0."""
    satisfied: bool | None = Field(default=None, examples=[None])
    """Of call_back: what the person who reported it said."""
    caller: int | None = Field(default=None, ge=1, le=HIGHEST_NUMBER, examples=[None])
    """Of call_back: the ticket that the person called had reported, where several are merged."""
    call: SaidCall | None = Field(default=None, examples=[None])
    """Of report: what they say, put right."""

    def doing(self) -> model.Doing:
        """The same, for the desk."""
        return model.Doing(
            act=self.act,
            text=self.text,
            assignee=self.assignee,
            until=None if self.until is None else from_datetime(self.until),
            into=self.into,
            code=self.code,
            step=self.step,
            satisfied=self.satisfied,
            call=None if self.call is None else self.call.call(),
            caller=self.caller,
        )
