"""Tickets on hold go on by themselves when their time is over."""

import sqlalchemy as sa

from gateway.desk import tickets
from gateway.desk.acts import resumed
from gateway.desk.tickets import TicketBook
from gateway.ledger import timers
from gateway.ledger.timers import Timer, TimerKind
from gateway.model.actor import GATEWAY
from gateway.model.clock import Micros
from gateway.model.ticket import Event, Ticket, TicketChange


def follow_hold(connection: sa.Connection, change: TicketChange) -> None:
    """Start the timer of a ticket put on hold, stop that of one that goes on; hangs on the
    TicketBook."""
    before = None if change.before is None else change.before.held_until
    until, subject = change.after.held_until, str(change.after.number)
    if until == before:
        return
    if until is None:
        timers.stop(connection, TimerKind.HOLD, subject)
    else:
        timers.start(connection, Timer(TimerKind.HOLD, subject, until))


class HoldEnd:
    """What happens when a hold is over; `run_out` hangs on the alarm service's timers."""

    def __init__(self, book: TicketBook) -> None:
        self._book = book

    def run_out(self, connection: sa.Connection, timer: Timer, now: Micros) -> tuple[Ticket, ...]:
        """The ticket goes on from where it was."""
        ticket = resumed(tickets.find(connection, int(timer.subject)))
        entered = self._book.add_entry(connection, ticket, at=now, who=GATEWAY, what=Event.RESUMED)
        return (entered,)
