"""What the API says about shifts, hand-overs, the roster and keys."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from gateway.api.documented import Documented, Instant, Moment, Sentence, example_of
from gateway.api.schemas import RuleId, Urgency, Words
from gateway.api.standing_orders import StandingOrder
from gateway.desk.keys import LONGEST_HOLDER, LONGEST_KEY
from gateway.model.alarm import Suppressing
from gateway.model.ticket import ClockKind, TicketState

TeamId = Annotated[str, Field(max_length=32, examples=["a"])]
SomeName = Annotated[str, Field(examples=["li.wei"])]
Number = Annotated[int, Field(examples=[12])]
Line = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f]*[^\s\x00-\x1f][^\x00-\x1f]*$")]


class Team(Documented):
    """People who work the same shifts."""

    id: TeamId
    name: Words


class Shift(Documented):
    """One shift of one day, by the plan."""

    id: str = Field(examples=["morning"])
    name: Words
    team: Team = Field(examples=[example_of(Team)])
    begins_at: Instant
    ends_at: Instant


class OpenTicket(Documented):
    """Work that goes on in the next shift."""

    number: int = Field(examples=[5])
    title: Words
    place: Words
    priority: Urgency
    state: TicketState = Field(examples=["accepted"])
    assignee: str = Field(examples=["zhang"])
    opened_at: Instant


class KeptQuiet(Documented):
    """Alarms of a rule that are shelved or out of service."""

    kind: Suppressing = Field(examples=["shelved"])
    rule: RuleId
    title: Words
    until: Instant | None = Field(examples=["2026-05-01T15:00:00Z"])
    """When it ends, or is to be reviewed."""
    who: SomeName
    reason: str = Field(examples=["the tank is being cleaned"])
    work_order: str | None = Field(examples=["W-1042"])
    since: Instant | None = Field(examples=["2026-05-01T12:00:00Z"])
    """Null on sheets of earlier versions."""


class Overdue(Documented):
    """What should have been done on a ticket by then."""

    ticket: int = Field(examples=[5])
    clock: ClockKind = Field(examples=["arrive"])
    due_at: Instant


class Standing(Documented):
    """A device that is silent, or a door that stands open."""

    device: str = Field(examples=["door-07"])
    title: Words
    place: Words
    since: Instant


class Unwatched(Documented):
    """A device that is bypassed, or of which that is not known."""

    device: str = Field(examples=["north-zone"])
    place: Words
    state: str | None = Field(examples=["bypassed"])
    """The last it told for certain; null: never told."""
    since: Moment
    """When it told so."""
    unknown_since: Moment
    """Since when it is not known; null while it is."""
    until: Moment
    """When it ends by itself; null where the gateway does not hold it."""


class KeyLoan(Documented):
    """A key, or radio, that was lent."""

    id: int = Field(examples=[31])
    key: str = Field(examples=["B1 pump room"])
    """What stands on its tag."""
    holder: str = Field(examples=["Zhang, plumber"])
    lent_by: SomeName
    lent_at: Instant
    due_at: Instant
    """The end of the day."""
    returned_at: Instant | None = Field(examples=["2026-05-01T09:30:00Z"])
    taken_back_by: str | None = Field(examples=["li.wei"])


class Note(Documented):
    """What somebody wants the next shift to know."""

    at: Instant
    who: SomeName
    text: str = Field(examples=["lift 2 is slow; the firm comes tomorrow at nine"])


class Counts(Documented):
    """What happened from one sheet to the next."""

    alarms_raised: int = Field(examples=[14])
    tickets_opened: int = Field(examples=[9])
    tickets_closed: int = Field(examples=[7])


class Sheet(Documented):
    """The hand-over sheet as things were at that instant."""

    at: Instant
    since: Instant
    """Counts are of what happened after this."""
    tickets: tuple[OpenTicket, ...] = Field(examples=[[example_of(OpenTicket)]])
    quiet: tuple[KeptQuiet, ...] = Field(examples=[[example_of(KeptQuiet)]])
    overdue: tuple[Overdue, ...] = Field(examples=[[example_of(Overdue)]])
    offline: tuple[Standing, ...] = Field(examples=[[example_of(Standing)]])
    open_doors: tuple[Standing, ...] = Field(examples=[[example_of(Standing)]])
    keys_out: tuple[KeyLoan, ...] = Field(examples=[[example_of(KeyLoan)]])
    notes: tuple[Note, ...] = Field(examples=[[example_of(Note)]])
    counts: Counts = Field(examples=[example_of(Counts)])
    audit: str = Field(examples=[f"{0x9F86D081884C7D65:064x}"])
    """The newest hash of the audit record: `gatehouse audit verify --expect`."""
    bypassed: tuple[Unwatched, ...] = Field(examples=[[example_of(Unwatched)]])
    standing: tuple[StandingOrder, ...] = Field(examples=[[example_of(StandingOrder)]])
    """What somebody has ordered that stays so."""


class Handover(Documented):
    """The end of one shift. Its team is on duty until both sides have signed."""

    id: Number
    shift: str = Field(examples=["morning"])
    team: TeamId
    begun_at: Instant
    due_at: Instant
    left_by: str | None = Field(examples=["li.wei"])
    left_at: Instant | None = Field(examples=["2026-05-01T06:58:00Z"])
    taken_by: str | None = Field(examples=["chen.jie"])
    taken_at: Instant | None = Field(examples=["2026-05-01T07:18:00Z"])
    late_at: Instant | None = Field(examples=["2026-05-01T07:15:00Z"])
    """Since when it was late, signed after all or not."""


class HandoverFile(Handover):
    """A hand-over with its sheet: as it was signed, or else as it would be now."""

    sheet: Sheet = Field(examples=[example_of(Sheet)])


class Person(Documented):
    """Somebody of the team on duty."""

    user: SomeName
    signed_in: bool = Field(examples=[True])
    took_over: bool = Field(examples=[True])
    """Signed for the team when it took over."""


class Duty(Documented):
    """Who is on duty: by the plan, and in truth."""

    shift: Shift = Field(examples=[example_of(Shift)])
    following: Shift = Field(examples=[example_of(Shift)])
    handover: Handover = Field(examples=[example_of(Handover)])
    """The oldest that is not signed by both sides: its team is on duty."""
    people: tuple[Person, ...] = Field(examples=[[example_of(Person)]])


class Side(StrEnum):
    """For whom somebody signs."""

    LEAVING = "leaving"
    TAKING = "taking"


class Signature(Documented):
    """One's own signature."""

    side: Side = Field(examples=["leaving"])


class NewNote(Documented):
    """A note for the sheet that is signed next."""

    text: Sentence = Field(examples=["lift 2 is slow; the firm comes tomorrow at nine"])


class Place(Documented):
    """Where somebody belongs, from then on."""

    user: SomeName
    team: TeamId | None = Field(examples=["a"])
    """Null: to no team."""
    since: Instant
    set_by: SomeName


class NewPlace(Documented):
    """Where somebody is to belong."""

    team: TeamId | None = Field(examples=["a"])
    """Null: to no team."""
    since: Moment | None = Field(default=None, examples=["2026-05-11T07:00:00+08:00"])
    """Null: from now on."""


class NewLoan(Documented):
    """A key, or radio, to be lent."""

    key: Line = Field(max_length=LONGEST_KEY, examples=["B1 pump room"])
    """What stands on its tag."""
    holder: Line = Field(max_length=LONGEST_HOLDER, examples=["Zhang, plumber"])
