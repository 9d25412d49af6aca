"""What may happen to a ticket, as tables: where an act leads, who may, what must go with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import Refused
from gateway.model.ticket import UNACCEPTED, Act, Event, Ticket, TicketState
from gateway.security.roles import Right

WORKED = (TicketState.ACCEPTED, TicketState.DISPATCHED, TicketState.ON_SITE)
TAKEN = (*WORKED, TicketState.ON_HOLD)
GOING = (*UNACCEPTED, *WORKED)
UNSOLVED = (*GOING, TicketState.ON_HOLD)
OPEN = (*UNSOLVED, TicketState.RESOLVED)
"""In the order of work, from "nobody has it" to "nothing more to do but to close it"."""

Step = Act | Event
Moves = Mapping[tuple[TicketState, Step], TicketState | None]


def _from(
    states: Iterable[TicketState], step: Step, to: TicketState | None
) -> dict[tuple[TicketState, Step], TicketState | None]:
    return {(state, step): to for state in states}


def _stay(
    states: Iterable[TicketState], *steps: Step
) -> dict[tuple[TicketState, Step], TicketState | None]:
    return {(state, step): state for state in states for step in steps}


MOVES: Moves = {
    **_stay((*TAKEN, TicketState.RESOLVED), Act.ACKNOWLEDGE, Act.RESET),
    **_from(UNACCEPTED, Act.ACKNOWLEDGE, TicketState.ACCEPTED),
    **_from(WORKED, Act.DISPATCH, TicketState.DISPATCHED),
    (TicketState.DISPATCHED, Act.ARRIVE): TicketState.ON_SITE,
    **_stay([TicketState.ON_SITE], Act.DIAGNOSE),
    **_from(WORKED, Act.HOLD, TicketState.ON_HOLD),
    (TicketState.ON_HOLD, Act.RESUME): None,
    **_stay(OPEN, Act.STEP, Act.ESCALATE, Act.REPORT),
    **_from(WORKED, Act.RESOLVE, TicketState.RESOLVED),
    **_stay([TicketState.RESOLVED], Act.CALL_BACK),
    (TicketState.RESOLVED, Act.CLOSE): TicketState.CLOSED,
    **_from(
        (TicketState.RESOLVED, TicketState.CLOSED, TicketState.FALSE_ALARM),
        Act.REOPEN,
        TicketState.REOPENED,
    ),
    **_from(OPEN, Act.MERGE, TicketState.MERGED),
    **_from(OPEN, Act.FALSE_ALARM, TicketState.FALSE_ALARM),
    **_stay(TicketState, Act.NOTE),
    **_stay(UNSOLVED, Event.JOINED, Event.UNSUPPRESSED),
    **_stay(GOING, Event.TOOK_IN),
    **_stay(UNSOLVED, Event.HASTENED),
    **_stay(OPEN, Event.REALARMED),
    **_stay(TicketState, Event.CLEARED, Event.SUPPRESSED),
    **_stay(TicketState, Event.LATE, Event.ESCALATED),
    **_from((TicketState.RESOLVED, TicketState.CLOSED), Event.REOPENED, TicketState.REOPENED),
    (TicketState.ON_HOLD, Event.RESUMED): None,
}
"""None: to where it was held from. A ticket already accepted is acknowledged again when its alarm
was raised again; that takes it nowhere (a late acknowledgement never un-resolves it)."""


class Need(StrEnum):
    """What an act cannot do without."""

    TEXT = "text"
    ASSIGNEE = "assignee"
    UNTIL = "until"
    INTO = "into"
    CODE = "code"
    STEP = "step"
    SATISFIED = "satisfied"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may do it, and what must go with it."""

    right: Right = Right.WORK
    needs: tuple[Need, ...] = ()


_PLAIN = Terms()

TERMS: Mapping[Act, Terms] = {
    Act.ACKNOWLEDGE: _PLAIN,
    Act.DISPATCH: Terms(needs=(Need.ASSIGNEE,)),
    Act.ARRIVE: _PLAIN,
    Act.DIAGNOSE: Terms(needs=(Need.TEXT,)),
    Act.HOLD: Terms(needs=(Need.TEXT, Need.UNTIL)),
    Act.RESUME: _PLAIN,
    Act.STEP: Terms(needs=(Need.STEP,)),
    Act.RESET: _PLAIN,
    Act.RESOLVE: _PLAIN,
    Act.CALL_BACK: Terms(Right.END_TICKETS, (Need.SATISFIED,)),
    Act.CLOSE: Terms(Right.END_TICKETS),
    Act.REOPEN: Terms(needs=(Need.TEXT,)),
    Act.MERGE: Terms(Right.END_TICKETS, (Need.INTO,)),
    Act.FALSE_ALARM: Terms(Right.END_TICKETS, (Need.CODE,)),
    Act.ESCALATE: _PLAIN,
    Act.REPORT: Terms(needs=(Need.CALL,)),
    Act.NOTE: Terms(needs=(Need.TEXT,)),
}
"""The worker says what was done; the desk ends the ticket (estate-rules D12)."""


def after(ticket: Ticket, step: Step) -> TicketState:
    """The ticket's state after the act or event; Refused when it cannot be from there."""
    if (ticket.state, step) not in MOVES:
        possible = ", ".join(allowed(ticket.state))
        problem = f"cannot {step} while it is {ticket.state}"
        raise Refused(f"ticket {ticket.number}", problem, f"possible now: {possible}")
    return MOVES[ticket.state, step] or ticket.held_from or TicketState.ACCEPTED


def allowed(state: TicketState) -> tuple[Act, ...]:
    """What a person can do from that state, in the order of work."""
    return tuple(act for act in Act if (state, act) in MOVES)
