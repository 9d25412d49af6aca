"""Tickets and what happens to them, for tests of what follows a ticket."""

from dataclasses import replace

from gateway.model.clock import Micros
from gateway.model.rule import JobKind, Priority
from gateway.model.text import Text
from gateway.model.ticket import Act, Entry, Ticket, TicketChange, TicketState

_AFTER = {
    Act.ACKNOWLEDGE: TicketState.ACCEPTED,
    Act.DISPATCH: TicketState.DISPATCHED,
    Act.ARRIVE: TicketState.ON_SITE,
    Act.HOLD: TicketState.ON_HOLD,
    Act.RESOLVE: TicketState.RESOLVED,
    Act.CLOSE: TicketState.CLOSED,
    Act.REOPEN: TicketState.REOPENED,
    Act.MERGE: TicketState.MERGED,
    Act.FALSE_ALARM: TicketState.FALSE_ALARM,
}


def opened(
    at: Micros, job: JobKind = JobKind.REPAIR, priority: Priority = Priority.HIGH
) -> TicketChange:
    """A ticket that an alarm opens."""
    ticket = Ticket(
        number=5,
        key="tank/low-level",
        device="tank",
        title=Text("Low level", "低液位"),
        place=Text("Roof", "屋顶"),
        priority=priority,
        state=TicketState.NEW,
        version=1,
        opened_at=at,
        changed_at=at,
        job=job,
    )
    return TicketChange(None, ticket, Entry(5, 1, at, "gateway", "opened", TicketState.NEW, ""))


def changed(
    ticket: Ticket, what: str, at: Micros, who: str = "li", state: TicketState | None = None
) -> TicketChange:
    """The ticket after an act, or after something else, in the state that usually leads to."""
    if what == Act.RESUME:
        state = ticket.held_from
    known = _AFTER.get(Act(what), ticket.state) if what in set(Act) else ticket.state
    after = replace(
        ticket,
        state=state or known,
        version=ticket.version + 1,
        changed_at=at,
        held_from=ticket.state if what == Act.HOLD else None,
    )
    entry = Entry(ticket.number, after.version, at, who, what, after.state, "")
    return TicketChange(ticket, after, entry)
