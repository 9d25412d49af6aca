"""A ticket: the work that one or more alarms, or a person's call, ask for."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.clock import Micros
from gateway.model.rule import Priority
from gateway.model.text import Text


class TicketState(StrEnum):
    """How far the work has come."""

    NEW = "new"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    ON_SITE = "on_site"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Act(StrEnum):
    """What a person does to a ticket."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    ARRIVE = "arrive"
    RESET = "reset"
    """Let its latched alarms go."""
    RESOLVE = "resolve"
    CLOSE = "close"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Ticket:
    """`number` counts up from 1 without gaps. `key` is the alarm key (rule id) that opens or joins
    it; `version` counts its entries, and an act names the version it has seen."""

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


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ticket's history: who did what, when and why. `who` is a user's name, or
    "gateway" for what the alarm service wrote. `what` is an Act, or "opened", "joined",
    "cleared"."""

    ticket: int
    version: int
    at: Micros
    who: str
    what: str
    state: TicketState
    text: str
