"""A ticket: the work that one or more alarms, or a person's call, ask for."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.clock import Micros
from gateway.model.rule import JobKind, Priority
from gateway.model.text import Text


class TicketState(StrEnum):
    """How far the work has come."""

    NEW = "new"
    REOPENED = "reopened"
    """It was thought done: as NEW."""
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    ON_SITE = "on_site"
    ON_HOLD = "on_hold"
    """It waits, for a reason and until a time."""
    RESOLVED = "resolved"
    """The work is done; the person who reported it is still to be called back."""
    CLOSED = "closed"
    MERGED = "merged"
    """It goes on under another number."""
    FALSE_ALARM = "false_alarm"
    """There was nothing to do, for a reason that is told."""


UNACCEPTED = frozenset({TicketState.NEW, TicketState.REOPENED})
"""States in which nobody has taken it on."""

ENDED = frozenset({TicketState.CLOSED, TicketState.MERGED, TicketState.FALSE_ALARM})
"""States in which nothing more is to be done."""


class Act(StrEnum):
    """What a person does to a ticket."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    ARRIVE = "arrive"
    DIAGNOSE = "diagnose"
    """Tell what is wrong to the person who reported it."""
    HOLD = "hold"
    RESUME = "resume"
    STEP = "step"
    """Tick off a step of its procedure."""
    RESET = "reset"
    """Let its latched alarms go."""
    RESOLVE = "resolve"
    CALL_BACK = "call_back"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    FALSE_ALARM = "false_alarm"
    ESCALATE = "escalate"
    """Tell those above the desk at once: it cannot settle this."""
    REPORT = "report"
    """Take down what a person says: it opens a ticket, or puts one right."""
    NOTE = "note"


class Event(StrEnum):
    """What the gateway writes into a ticket's history."""

    OPENED = "opened"
    JOINED = "joined"
    """Its alarm was raised again, or another one came to it."""
    CLEARED = "cleared"
    """Its alarm is back to normal: somebody verifies that."""
    SUPPRESSED = "suppressed"
    """Its alarm is kept from the operator, for a reason that is told."""
    UNSUPPRESSED = "unsuppressed"
    """Its alarm is announced again: it is still active."""
    REALARMED = "realarmed"
    """Its alarm was acknowledged, and is still active after so long."""
    REOPENED = "reopened"
    RESUMED = "resumed"
    """The time of its hold is over."""
    TOOK_IN = "took_in"
    """Another ticket goes on under this one."""
    HASTENED = "hastened"
    """What has come to the ticket is more urgent: what it takes over of that."""
    LATE = "late"
    ESCALATED = "escalated"


class FalseAlarm(StrEnum):
    """Why there was nothing to do."""

    OPERATOR_ERROR = "operator_error"
    DEVICE_FAULT = "device_fault"
    WEATHER = "weather"
    ANIMAL = "animal"
    TEST = "test"
    OTHER = "other"
    """As the text says."""


class Source(StrEnum):
    """Where a ticket came from."""

    ALARM = "alarm"
    CALL = "call"
    """A person reported it."""
    WEBHOOK = "webhook"
    """Another system did."""


class ClockKind(StrEnum):
    """What must be done in time."""

    ANSWER = "answer"
    ARRIVE = "arrive"
    DIAGNOSE = "diagnose"
    RESOLVE = "resolve"
    """As long as it should take."""
    RESOLVE_AT_MOST = "resolve_at_most"
    """As long as it may take, whatever the reasons."""
    CALL_BACK = "call_back"


@dataclass(frozen=True, slots=True)
class TicketClock:
    """One thing that must be done in time on a ticket; `run` counts how often it was started, from
    1, for a ticket may be reopened.

    It counts the hours of the calendar `counting`, all time without one. `left` is what was left of
    it, while it is stopped on hold. It is over once `met_at`, or `dropped_at`: no longer asked for.
    `late_at` is when it was told that it is late; it stays so when it is met after all.
    """

    ticket: int
    kind: ClockKind
    run: int
    started_at: Micros
    due_at: Micros
    counting: str | None = None
    left: Micros | None = None
    met_at: Micros | None = None
    dropped_at: Micros | None = None
    late_at: Micros | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a person who reports something says (estate-rules D12)."""

    reporter: str
    phone: str
    what: str
    convenient: str = ""
    """When somebody may come."""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person who reported ticket `number`, and what they said when called back; None while nobody
    has."""

    number: int
    call: Call
    satisfied: bool | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A call that opens a ticket, and what the desk makes of it. `device` (its id) and `procedure`
    where one is concerned."""

    call: Call
    job: JobKind
    priority: Priority
    device: str = ""
    procedure: str | None = None


@dataclass(frozen=True, slots=True)
class Doing:
    """What is done to a ticket, and what goes with it.

    `assignee`: of DISPATCH. `until`: of HOLD. `into`: the number of MERGE. `code`: why it is a
    FALSE_ALARM, or what was done at RESOLVE. `step`: of STEP, its number in the procedure, from 0.
    `satisfied`: what the person said at CALL_BACK; `caller`: the ticket they reported, of several
    merged. `call`: of REPORT; of CALL_BACK that of the person called.
    """

    act: Act
    text: str = ""
    assignee: str = ""
    until: Micros | None = None
    into: int | None = None
    code: str = ""
    step: int | None = None
    satisfied: bool | None = None
    call: Call | None = None
    caller: int | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """`number` counts up from 1 without gaps. `key` is the alarm key (rule id) that opens or joins
    it, the number itself for others; `version` counts its entries, and an act names the version it
    has seen. `device` is empty where none is concerned. `call` is its own; `callers` are those of
    the tickets merged into it."""

    number: int
    key: str
    device: str
    title: Text
    place: Text
    priority: Priority
    state: TicketState
    version: int
    opened_at: Micros
    changed_at: Micros
    closed_at: Micros | None = None
    job: JobKind = JobKind.REPAIR
    source: Source = Source.ALARM
    call: Call | None = None
    assignee: str = ""
    procedure: str | None = None
    held_from: TicketState | None = None
    """Where it goes on from after a hold."""
    held_until: Micros | None = None
    merged_into: int | None = None
    code: str = ""
    satisfied: bool | None = None
    callers: tuple[Caller, ...] = ()
    external: str | None = None
    """Its number in the company's own ticket system."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ticket's history: who did what, when and why. `who` is a user's name, or
    "gateway" where nobody acted. `what` is an Act or an Event; `doing` what went with an act, of
    OPENED the report, of TOOK_IN the merging of the other ticket."""

    ticket: int
    version: int
    at: Micros
    who: str
    what: str
    state: TicketState
    text: str
    doing: Doing | None = None


@dataclass(frozen=True, slots=True)
class TicketChange:
    """A ticket before (None: there was none) and after one entry."""

    before: Ticket | None
    after: Ticket
    entry: Entry
