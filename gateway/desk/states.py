"""What may be done to a ticket, as a table."""

from collections.abc import Mapping

from gateway.errors import Refused
from gateway.model.ticket import Act, TicketState

MOVES: Mapping[tuple[TicketState, Act], TicketState] = {
    (TicketState.NEW, Act.ACKNOWLEDGE): TicketState.ACCEPTED,
    (TicketState.REOPENED, Act.ACKNOWLEDGE): TicketState.ACCEPTED,
    (TicketState.ACCEPTED, Act.ACKNOWLEDGE): TicketState.ACCEPTED,
    (TicketState.DISPATCHED, Act.ACKNOWLEDGE): TicketState.DISPATCHED,
    (TicketState.ON_SITE, Act.ACKNOWLEDGE): TicketState.ON_SITE,
    (TicketState.ACCEPTED, Act.DISPATCH): TicketState.DISPATCHED,
    (TicketState.DISPATCHED, Act.ARRIVE): TicketState.ON_SITE,
    (TicketState.ACCEPTED, Act.RESOLVE): TicketState.RESOLVED,
    (TicketState.DISPATCHED, Act.RESOLVE): TicketState.RESOLVED,
    (TicketState.ON_SITE, Act.RESOLVE): TicketState.RESOLVED,
    (TicketState.ACCEPTED, Act.RESET): TicketState.ACCEPTED,
    (TicketState.DISPATCHED, Act.RESET): TicketState.DISPATCHED,
    (TicketState.ON_SITE, Act.RESET): TicketState.ON_SITE,
    (TicketState.RESOLVED, Act.RESET): TicketState.RESOLVED,
    (TicketState.RESOLVED, Act.CLOSE): TicketState.CLOSED,
} | {(state, Act.NOTE): state for state in TicketState}
"""A ticket already accepted is acknowledged again when its alarm was raised again."""


def after(state: TicketState, act: Act, *, subject: str) -> TicketState:
    """The ticket's state after the act; Refused when it cannot be done from there."""
    target = MOVES.get((state, act))
    if target is None:
        possible = ", ".join(allowed(state))
        raise Refused(subject, f"cannot {act} while it is {state}", f"possible now: {possible}")
    return target


def allowed(state: TicketState) -> tuple[Act, ...]:
    """What can be done from that state, in the order of work."""
    return tuple(act for act in Act if (state, act) in MOVES)
