"""Who is to be called back for a ticket (estate-rules D8, D12): pure.

Whoever reported a ticket that was merged stands on the one it goes on under. A person who reported
two of them is called once.
"""

from collections.abc import Iterable
from dataclasses import replace

from gateway.errors import Refused
from gateway.model.ticket import Call, Caller, Ticket


def callers_of(ticket: Ticket) -> tuple[Caller, ...]:
    """Everybody who reported it, its own caller first."""
    if ticket.call is None:
        return ticket.callers
    return (Caller(ticket.number, ticket.call, ticket.satisfied), *ticket.callers)


def people_of(ticket: Ticket) -> tuple[Caller, ...]:
    """The same, each person once."""
    return _once(callers_of(ticket))


def to_call_back(ticket: Ticket) -> tuple[Caller, ...]:
    """The people whom nobody has called back yet."""
    return _once(caller for caller in callers_of(ticket) if caller.satisfied is None)


def named(callers: tuple[Caller, ...]) -> str:
    """Who they are and their telephones: "Wang (138), Zhao (139)"."""
    return ", ".join(f"{caller.call.reporter} ({caller.call.phone})" for caller in callers)


def chosen(ticket: Ticket, number: int | None) -> Caller:
    """Who reported it under that number; None: the only one there is to call back. Refused where
    there is nobody, or it is not said which of several."""
    subject, meant = f"ticket {ticket.number}", _meant(ticket, number)
    if not meant:
        problem = f"nobody reported it under ticket {number}"
        raise Refused(subject, problem, "look at the list of callers")
    if len(meant) > 1:
        raise Refused(subject, "it is not said who was called back", f"name one: {named(meant)}")
    return meant[0]


def called_back(ticket: Ticket, number: int | None, satisfied: bool | None) -> Ticket:
    """The ticket with what the person `chosen` said, wherever else they reported it."""
    people = {_person(caller.call) for caller in _meant(ticket, number)}
    own = ticket.call is not None and _person(ticket.call) in people
    return replace(
        ticket,
        satisfied=satisfied if own else ticket.satisfied,
        callers=tuple(
            replace(caller, satisfied=satisfied) if _person(caller.call) in people else caller
            for caller in ticket.callers
        ),
    )


def _meant(ticket: Ticket, number: int | None) -> tuple[Caller, ...]:
    if number is None:
        return to_call_back(ticket) or people_of(ticket)
    return tuple(caller for caller in callers_of(ticket) if caller.number == number)


def none_called(ticket: Ticket) -> Ticket:
    """The ticket with everybody to be called back (anew)."""
    callers = tuple(replace(caller, satisfied=None) for caller in ticket.callers)
    return replace(ticket, satisfied=None, callers=callers)


def _once(callers: Iterable[Caller]) -> tuple[Caller, ...]:
    first: dict[tuple[str, str], Caller] = {}
    for caller in callers:
        first.setdefault(_person(caller.call), caller)
    return tuple(first.values())


def _person(call: Call) -> tuple[str, str]:
    return call.reporter, call.phone
