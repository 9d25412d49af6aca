"""What a ticket becomes by an act or event: pure."""

from collections.abc import Iterator
from dataclasses import replace

from gateway.desk.callers import called_back, callers_of, none_called
from gateway.desk.states import after
from gateway.model.clock import Micros
from gateway.model.rule import JobKind, Priority
from gateway.model.text import Text
from gateway.model.ticket import ENDED, Act, Call, Doing, Entry, Event, Ticket, TicketState

LONGEST_TITLE = 80


def done(ticket: Ticket, doing: Doing, at: Micros) -> Ticket:
    """The ticket after the act. Refused when it cannot be done from its state; what else it asks
    for is in demands.py."""
    state = after(ticket, doing.act)
    if state is TicketState.REOPENED:
        return reopened(ticket)
    ended = state in ENDED
    moved = replace(ticket, state=state, closed_at=(ticket.closed_at or at) if ended else None)
    if ticket.state is TicketState.ON_HOLD and state is not TicketState.ON_HOLD:
        moved = replace(moved, held_from=None, held_until=None)
    match doing.act:
        case Act.DISPATCH:
            moved = replace(moved, assignee=doing.assignee)
        case Act.HOLD:
            moved = replace(moved, held_from=ticket.state, held_until=doing.until)
        case Act.RESOLVE | Act.FALSE_ALARM:
            moved = replace(moved, code=doing.code)
        case Act.CALL_BACK:
            moved = called_back(moved, doing.caller, doing.satisfied)
        case Act.MERGE:
            moved = replace(moved, merged_into=doing.into)
        case Act.REPORT if doing.call is not None:
            moved = reported(moved, doing.call)
    return moved


def reopened(ticket: Ticket) -> Ticket:
    """As a new one again: nobody has it, and nobody was called back."""
    return replace(
        none_called(ticket),
        state=TicketState.REOPENED,
        closed_at=None,
        assignee="",
        code="",
        held_from=None,
        held_until=None,
    )


def resumed(ticket: Ticket) -> Ticket:
    """Its hold is over by itself."""
    state = after(ticket, Event.RESUMED)
    return replace(ticket, state=state, held_from=None, held_until=None)


def with_taken_in(ticket: Ticket, other: Ticket) -> Ticket:
    """The ticket, as urgent as the one that goes on under it; whoever reported that one will be
    called back for this one."""
    after(ticket, Event.TOOK_IN)
    callers = (*ticket.callers, *callers_of(none_called(other)))
    urgent = hastened(ticket, other.priority, other.job, other.procedure)
    return replace(urgent, callers=callers)


def hastened(ticket: Ticket, priority: Priority, job: JobKind, procedure: str | None) -> Ticket:
    """The ticket, no less urgent than what has come to it."""
    return replace(
        ticket,
        priority=min(ticket.priority, priority),
        job=min(ticket.job, job, key=lambda job: job.rank),
        procedure=ticket.procedure or procedure,
    )


def more_urgent(before: Ticket, after: Ticket) -> Iterator[str]:
    """In what it is, in words that pages translate one by one: "priority.critical job.urgent"."""
    if after.priority < before.priority:
        yield f"priority.{after.priority.name.lower()}"
    if after.job.rank < before.job.rank:
        yield f"job.{after.job}"


def taken_in(entry: Entry) -> int | None:
    """The ticket that goes on under this one by that entry, if any."""
    return entry.doing.into if entry.what == Event.TOOK_IN and entry.doing is not None else None


def reported(ticket: Ticket, call: Call) -> Ticket:
    """The ticket with what the person said. Where no alarm and no device tells what it is about,
    the call does. Somebody else than was called back is still to be."""
    before = ticket.call
    if before is None or (before.reporter, before.phone) != (call.reporter, call.phone):
        ticket = replace(ticket, satisfied=None)
    if ticket.key != str(ticket.number):
        return replace(ticket, call=call)
    what, where = title_of(call.what), call.where.strip()
    place = ticket.place if ticket.device else Text(where, where)
    return replace(ticket, call=call, title=Text(what, what), place=place)


def title_of(what: str) -> str:
    """The first line of what somebody said, cut short where it is long."""
    first = what.strip().partition("\n")[0].strip()
    return first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1]}…"
