"""Who is told when nobody acts, level by level (逐级上报, estate rules D10).

A chain begins when a ticket is opened or reopened, when something on it is late, or when the desk
cannot settle it. It is frozen then, and goes on after a restart: a level that fell due meanwhile is
told once, and the next waits from then. It ends by an act of a person, never by a delivery; once
all were told, the last is told again and again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from gateway.desk import tickets
from gateway.desk.acts import taken_in
from gateway.desk.chains import (
    Cause,
    Escalation,
    Standing,
    Telling,
    cause_of,
    ends,
    stronger,
    telling,
    wait,
    worth_an_entry,
)
from gateway.desk.escalation_notice import escalation_notice
from gateway.desk.notices import Notice
from gateway.desk.tickets import TicketBook
from gateway.ledger import timers
from gateway.ledger.tables import desk
from gateway.ledger.timers import Timer, TimerKind
from gateway.ledger.upsert import upsert
from gateway.model.actor import GATEWAY
from gateway.model.clock import Micros
from gateway.model.ticket import ClockKind, Event, Ticket, TicketChange
from gateway.site.timing_model import Chain, ChainRule

ESCALATED = Event.ESCALATED
"""What a ticket's entry says when somebody was told; its text says who."""

Tell = Callable[[sa.Connection, Notice, Micros], None]
"""Puts a notice where it will be sent from, in the same transaction."""

_table = desk.escalation
_NEWEST_OF = (
    sa.select(_table)
    .where(_table.c.ticket == sa.bindparam("about"))
    .order_by(_table.c.generation.desc())
    .limit(1)
)


class Escalations:
    """Begins and ends chains; `follow` hangs on the TicketBook, `begin_late` on the clocks."""

    def __init__(self, rules: Sequence[ChainRule]) -> None:
        self._rules = rules

    def follow(self, connection: sa.Connection, change: TicketChange) -> None:
        """Begin a chain, or end the one that runs, as the change asks."""
        ticket, entry = change.after, change.entry
        newest = None if change.before is None else newest_of(connection, ticket.number)
        running = newest if newest is not None and newest.ended_at is None else None
        if change.before is not None and entry.what in (Event.TOOK_IN, Event.HASTENED):
            other = taken_in(entry)
            taken = [] if other is None else [tickets.find(connection, other)]
            self._take_over(connection, change, [change.before, *taken], newest)
            return
        cause = cause_of(change)
        if running is not None and cause is Cause.AGAIN:
            return  # what chatters must not keep a chain from going up
        if running is not None and (cause is not None or ends(running, change)):
            _end(connection, running, entry.at, entry.who)
        if cause is not None:
            # What the desk cannot settle goes above the desk, and never down again.
            asked = cause is Cause.ASKED
            told = max(1, running.told if running else 0) if asked else 0
            who = entry.who if asked else GATEWAY.user
            begun = self._begun(newest, ticket, cause, told, entry.at, who)
            _write(connection, begun, entry.at + (0 if asked else wait(begun)))

    def begin_late(
        self, connection: sa.Connection, ticket: Ticket, kind: ClockKind, at: Micros
    ) -> None:
        """Begin a chain because that is late, unless one is on its way up already."""
        newest = newest_of(connection, ticket.number)
        if newest is None or newest.ended_at is not None:
            begun = self._begun(newest, ticket, Cause(kind.value), 0, at, GATEWAY.user)
            _write(connection, begun, at + wait(begun))

    def _take_over(
        self,
        connection: sa.Connection,
        change: TicketChange,
        merged: Sequence[Ticket],
        newest: Escalation | None,
    ) -> None:
        """Go on from where the chain of the most urgent of them was, no slower than the ticket now
        asks for; a person who merges has taken notice of what was accepted."""
        before, after, entry = merged[0], change.after, change.entry
        running = [one for ticket in merged if (one := standing_of(connection, ticket)) is not None]
        first = stronger(one for one in running if not ends(one.chain, change))
        as_urgent = (before.priority, before.job) == (after.priority, after.job)
        if first is not None and first.ticket is before and as_urgent:
            return
        if newest is not None and newest.ended_at is None:
            _end(connection, newest, entry.at, entry.who)
        if first is None:
            return
        chain = first.chain
        told = min(chain.told, len(chain.chain.levels))
        begun = self._begun(newest, after, chain.cause, told, entry.at, chain.begun_by)
        _write(connection, begun, min(first.due_at, entry.at + wait(begun)))

    def _begun(
        self,
        newest: Escalation | None,
        ticket: Ticket,
        cause: Cause,
        told: int,
        at: Micros,
        who: str,
    ) -> Escalation:
        return Escalation(
            ticket=ticket.number,
            generation=1 if newest is None else newest.generation + 1,
            chain=self._chain(ticket),
            cause=cause,
            told=told,
            begun_at=at,
            begun_by=who,
        )

    def _chain(self, ticket: Ticket) -> Chain:
        fitting = (r.chain for r in self._rules if r.concerns(ticket.job, ticket.priority))
        return next(fitting)  # the brought rule fits every ticket, and stands last


class Rising:
    """What happens when nobody acted in time; `run_out` hangs on the alarm service's timers."""

    def __init__(self, book: TicketBook, tell: Tell) -> None:
        self._book = book
        self._tell = tell

    def run_out(self, connection: sa.Connection, timer: Timer, now: Micros) -> tuple[Ticket, ...]:
        """Tell the next in the chain. A timer of an older generation, or of a chain that has
        ended, does nothing."""
        number, generation = map(int, timer.subject.split("/"))
        newest = newest_of(connection, number)
        if newest is None or newest.generation != generation or newest.ended_at is not None:
            return ()
        told = telling(newest, timer.due_at, now)
        ticket = tickets.find(connection, number)
        self._tell(connection, escalation_notice(newest, told, ticket), now)
        after = replace(newest, told=newest.told + 1)
        _write(connection, after, now + wait(after))
        if not worth_an_entry(told):
            return ()
        entry = self._book.add_entry(
            connection, ticket, at=now, who=GATEWAY, what=Event.ESCALATED, text=_said(told)
        )
        return (entry,)


def newest_of(connection: sa.Connection, number: int) -> Escalation | None:
    """The ticket's newest chain, whether it runs or has ended."""
    row = connection.execute(_NEWEST_OF, {"about": number}).one_or_none()
    return None if row is None else msgspec.convert(row, Escalation, from_attributes=True)


def standing_of(connection: sa.Connection, ticket: Ticket) -> Standing | None:
    """The ticket's chain, where one runs."""
    newest = newest_of(connection, ticket.number)
    if newest is None or newest.ended_at is not None:
        return None
    due_at = timers.due_at(connection, TimerKind.ESCALATE, _subject(newest))
    return None if due_at is None else Standing(ticket, newest, due_at)


def _said(told: Telling) -> str:
    """In words that pages translate one by one: "2/4 leader", then "again 8" and "late" if so."""
    times = ["again", str(told.again)] if told.again > 1 else ["again"]
    again, late = times * bool(told.again), ["late"] * told.late
    return " ".join([f"{told.level}/{told.of}", told.audience, *again, *late])


def _write(connection: sa.Connection, escalation: Escalation, due_at: Micros) -> None:
    upsert(connection, desk.escalation, [msgspec.to_builtins(escalation)])
    timers.start(connection, Timer(TimerKind.ESCALATE, _subject(escalation), due_at))


def _end(connection: sa.Connection, running: Escalation, at: Micros, who: str) -> None:
    ended = {"ended_at": at, "ended_by": who}
    same = _table.c.ticket == running.ticket, _table.c.generation == running.generation
    connection.execute(_table.update().where(*same).values(ended))
    timers.stop(connection, TimerKind.ESCALATE, _subject(running))


def _subject(escalation: Escalation) -> str:
    return f"{escalation.ticket}/{escalation.generation}"
