"""The clocks of tickets in the ledger: they follow the ticket, and are late by their timers."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from gateway.desk import tickets
from gateway.desk.acts import more_urgent, taken_in
from gateway.desk.clocks import Limits, clocks_after, hastened, runs_out_at, set_back, taken_over
from gateway.desk.tickets import TicketBook
from gateway.ledger import timers
from gateway.ledger.tables import desk
from gateway.ledger.timers import Ahead, Timer, TimerKind
from gateway.ledger.upsert import upsert
from gateway.model.actor import GATEWAY
from gateway.model.clock import Micros
from gateway.model.ticket import Act, ClockKind, Event, Ticket, TicketChange, TicketClock

LATE = Event.LATE
"""What a ticket's entry says of a clock that ran out; its text names the clock's kind."""

Begin = Callable[[sa.Connection, Ticket, ClockKind, Micros], None]
"""Tells people, one after the other, that this is late on the ticket."""

_table = desk.ticket_clock
_CLOCKS_OF = (
    sa.select(_table)
    .where(_table.c.ticket == sa.bindparam("about"))
    .order_by(_table.c.run, _table.c.due_at, _table.c.kind)
)


class ClockBook:
    """Keeps the clocks of every ticket; `follow` hangs on the TicketBook."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def follow(self, connection: sa.Connection, change: TicketChange) -> None:
        """Start, stop, rest or go on, as the change asks."""
        number = change.after.number
        known = () if change.before is None else clocks_of(connection, number)
        taken = self._taken_over(connection, known, change)
        _write(connection, taken)
        _write(connection, clocks_after((*known, *taken), change, self._limits))

    def set_right(self, connection: sa.Connection, ahead: Ahead) -> None:
        """A SetRight: for clocks that run; what was told late stays told."""
        table = desk.ticket_clock
        running = [table.c[name].is_(None) for name in ("met_at", "dropped_at", "late_at", "left")]
        for row in connection.execute(sa.select(table).where(*running)).all():
            clock = _clock(row)
            since = max(clock.started_at, _resumed_at(connection, clock.ticket))
            if since > ahead.now:
                _write(connection, [set_back(clock, since, ahead.span, self._limits)])

    def _taken_over(
        self, connection: sa.Connection, known: tuple[TicketClock, ...], change: TicketChange
    ) -> tuple[TicketClock, ...]:
        """From the ticket that goes on under this one, or from what makes it more urgent."""
        before, after, entry = change.before, change.after, change.entry
        other = taken_in(entry)
        if other is not None:
            theirs = clocks_of(connection, other)
            return taken_over(known, theirs, after.number, entry.at, self._limits)
        if before is not None and entry.what == Event.HASTENED and any(more_urgent(before, after)):
            return hastened(known, change, self._limits)
        return ()


class Lateness:
    """What happens when a clock has run out; `run_out` hangs on the alarm service's timers."""

    def __init__(self, book: TicketBook, begin: Begin) -> None:
        self._book = book
        self._begin = begin

    def run_out(self, connection: sa.Connection, timer: Timer, now: Micros) -> tuple[Ticket, ...]:
        """Mark the clock late, write it down, and tell people unless it has been met meanwhile."""
        clock = _clock_of(connection, timer)
        if runs_out_at(clock) is None:
            return ()
        _write(connection, [replace(clock, late_at=now)])
        ticket = tickets.find(connection, clock.ticket)
        ticket = self._book.add_entry(
            connection, ticket, at=now, who=GATEWAY, what=Event.LATE, text=clock.kind.value
        )
        if clock.met_at is None and clock.dropped_at is None:
            self._begin(connection, ticket, clock.kind, now)
        return (ticket,)


def clocks_of(connection: sa.Connection, number: int) -> tuple[TicketClock, ...]:
    """The ticket's clocks earlier runs first, and what is due first."""
    rows = connection.execute(_CLOCKS_OF, {"about": number})
    return tuple(_clock(row) for row in rows)


def _resumed_at(connection: sa.Connection, number: int) -> Micros:
    """When the ticket went on last after a hold; 0: never."""
    table = desk.ticket_entry
    query = sa.select(sa.func.max(table.c.at)).where(table.c.ticket == number)
    resumed = query.where(table.c.what.in_((Act.RESUME, Event.RESUMED)))
    return connection.execute(resumed).scalar() or 0


def _clock(row: sa.Row[tuple[object, ...]]) -> TicketClock:
    return msgspec.convert(row, TicketClock, from_attributes=True)


def _clock_of(connection: sa.Connection, timer: Timer) -> TicketClock:
    number, kind, run = timer.subject.split("/")
    clocks = clocks_of(connection, int(number))
    return next(clock for clock in clocks if (clock.kind, clock.run) == (kind, int(run)))


def _write(connection: sa.Connection, clocks: Sequence[TicketClock]) -> None:
    upsert(connection, desk.ticket_clock, [msgspec.to_builtins(clock) for clock in clocks])
    due = {f"{clock.ticket}/{clock.kind}/{clock.run}": runs_out_at(clock) for clock in clocks}
    started = [Timer(TimerKind.CLOCK, subject, at) for subject, at in due.items() if at is not None]
    timers.start_all(connection, started)
    timers.stop_all(connection, [(TimerKind.CLOCK, each) for each, at in due.items() if at is None])
