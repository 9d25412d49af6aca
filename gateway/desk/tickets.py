"""Tickets in the ledger: opened or joined by alarms, moved by people, never deleted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from gateway.alarms.lifecycle import Move
from gateway.errors import Missing
from gateway.ledger import tables
from gateway.model.actor import GATEWAY, Actor
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.rule import JobKind, Rule
from gateway.model.ticket import Entry, Ticket, TicketChange, TicketState

Follow = Callable[[sa.Connection, TicketChange], None]


_NEWS: Mapping[Move, str] = {
    Move.RETURN: "cleared",
    Move.SUPPRESS: "suppressed",
    Move.REALARM: "realarmed",
}
"""What of its alarms is written on a ticket without anything being announced anew."""


class TicketBook:
    """The one place where a ticket changes. `follows` are told of each change, in its transaction:
    what must be done in time, who is told."""

    def __init__(self, follows: Sequence[Follow] = ()) -> None:
        self._follows = follows

    def announce(
        self,
        connection: sa.Connection,
        rule: Rule | None,
        alarm: Alarm,
        move: Move,
        at: Micros,
        *,
        who: Actor = GATEWAY,
        text: str = "",
    ) -> Ticket:
        """The ticket of an alarm that was announced, or of which there is other news.

        An announced alarm joins the ticket of its rule that is not closed yet (one thought resolved
        is reopened), or opens one. One that returns closes nothing: a person looks first.
        """
        news = _NEWS.get(move)
        if news is not None and alarm.ticket is not None:
            ticket = find(connection, alarm.ticket)
            return self.add_entry(connection, ticket, at=at, who=who, what=news, text=text)
        joined = _find_open(connection, alarm)
        if joined is None:
            return self._open(connection, rule, alarm, at)
        if joined.state is TicketState.RESOLVED:
            reopened = replace(joined, state=TicketState.REOPENED)
            return self.add_entry(connection, reopened, at=at, who=GATEWAY, what="reopened")
        what = "unsuppressed" if move is Move.UNSUPPRESS else "joined"
        return self.add_entry(connection, joined, at=at, who=who, what=what, text=text)

    def add_entry(
        self,
        connection: sa.Connection,
        ticket: Ticket,
        *,
        at: Micros,
        who: Actor,
        what: str,
        text: str = "",
    ) -> Ticket:
        """Write the ticket as it is now, with one more line of history."""
        before = find(connection, ticket.number)
        after = replace(ticket, version=ticket.version + 1, changed_at=at)
        table = tables.ticket
        row = msgspec.to_builtins(after)
        connection.execute(table.update().where(table.c.number == ticket.number).values(row))
        self._tell(connection, before, after, who, what, text)
        return after

    def _open(
        self, connection: sa.Connection, rule: Rule | None, alarm: Alarm, at: Micros
    ) -> Ticket:
        newest = connection.execute(sa.select(sa.func.max(tables.ticket.c.number))).scalar_one()
        ticket = Ticket(
            number=(newest or 0) + 1,
            key=alarm.rule,
            device=alarm.device,
            title=alarm.title,
            place=alarm.place,
            priority=alarm.priority,
            state=TicketState.NEW,
            version=1,
            opened_at=at,
            changed_at=at,
            job=JobKind.REPAIR if rule is None else rule.job,
            procedure=None if rule is None else rule.procedure,
        )
        connection.execute(tables.ticket.insert().values(msgspec.to_builtins(ticket)))
        self._tell(connection, None, ticket, GATEWAY, "opened", "")
        return ticket

    def _tell(
        self,
        connection: sa.Connection,
        before: Ticket | None,
        after: Ticket,
        who: Actor,
        what: str,
        text: str,
    ) -> None:
        entry = Entry(
            ticket=after.number,
            version=after.version,
            at=after.changed_at,
            who=who.user,
            what=what,
            state=after.state,
            text=text,
        )
        connection.execute(tables.ticket_entry.insert().values(msgspec.to_builtins(entry)))
        change = TicketChange(before, after, entry)
        for follow in self._follows:
            follow(connection, change)


def find(connection: sa.Connection, number: int) -> Ticket:
    """The ticket with that number; Missing when there is none."""
    query = sa.select(tables.ticket).where(tables.ticket.c.number == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Missing(f"ticket {number}", "there is no such ticket", "look at the list of tickets")
    return _ticket(row)


def list_tickets(connection: sa.Connection, *, closed: bool, limit: int) -> list[Ticket]:
    """Tickets not closed, most urgent and then oldest first; with `closed`, all, newest first."""
    table = tables.ticket
    query = sa.select(table).limit(limit)
    if closed:
        query = query.order_by(table.c.number.desc())
    else:
        query = query.where(table.c.closed_at.is_(None))
        query = query.order_by(table.c.priority, table.c.number)
    return [_ticket(row) for row in connection.execute(query)]


def entries(connection: sa.Connection, number: int) -> tuple[Entry, ...]:
    """The ticket's history, oldest first."""
    table = tables.ticket_entry
    query = sa.select(table).where(table.c.ticket == number).order_by(table.c.version)
    rows = connection.execute(query)
    return tuple(msgspec.convert(row, Entry, from_attributes=True) for row in rows)


def _find_open(connection: sa.Connection, alarm: Alarm) -> Ticket | None:
    table = tables.ticket
    query = sa.select(table).where(table.c.key == alarm.rule, table.c.closed_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else _ticket(row)


def _ticket(row: sa.Row[tuple[object, ...]]) -> Ticket:
    return msgspec.convert(row, Ticket, from_attributes=True)
