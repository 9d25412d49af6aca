"""Tickets in the ledger: opened or joined by alarms, moved by people, never deleted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.alarms.lifecycle import Move
from gateway.desk.acts import hastened, more_urgent, reopened, reported
from gateway.desk.states import MOVES
from gateway.errors import Missing
from gateway.ledger.tables import desk
from gateway.model.actor import GATEWAY, Actor
from gateway.model.alarm import Alarm
from gateway.model.clock import DAY, Micros
from gateway.model.rule import JobKind, Rule
from gateway.model.text import Text
from gateway.model.ticket import (
    Act,
    Doing,
    Entry,
    Event,
    Report,
    Source,
    Ticket,
    TicketChange,
    TicketState,
)

Follow = Callable[[sa.Connection, TicketChange], None]

_table = desk.ticket
_about: sa.BindParameter[Any] = sa.bindparam("about")
# Made once: SQLAlchemy takes longer to make a statement than SQLite to carry it out.
_FIND = sa.select(_table).where(_table.c.number == _about)
_OPEN_OF = sa.select(_table).where(_table.c.key == _about, _table.c.closed_at.is_(None))
_LAST_ENDED_OF = (
    sa.select(_table)
    .where(_table.c.key == _about, _table.c.closed_at.is_not(None))
    .order_by(_table.c.closed_at.desc(), _table.c.number.desc())
    .limit(1)
)
_NEWEST = sa.select(sa.func.max(_table.c.number))
_WRITE = _table.update().where(_table.c.number == _about)
_OPEN = _table.insert()
_ENTER = desk.ticket_entry.insert()

_NEWS: Mapping[Move, Event] = {
    Move.RETURN: Event.CLEARED,
    Move.SUPPRESS: Event.SUPPRESSED,
    Move.REALARM: Event.REALARMED,
}
"""What of its alarms is written on a ticket without anything being announced anew."""


class TicketBook:
    """The one place where a ticket changes. `follows` are told of each change, in its transaction:
    what must be done in time, who is told."""

    def __init__(self, follows: Sequence[Follow] = (), reopen_within: Micros = DAY) -> None:
        self._follows = follows
        self._reopen_within = reopen_within

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

        An announced alarm joins the ticket of its rule, or the one that was merged into; one
        thought resolved, or closed a short while ago, is reopened; without one, it opens one. One
        that returns closes nothing: a person looks first. One that asks again does so on a ticket
        that somebody will look at, and makes it as urgent as itself.
        """
        news = _NEWS.get(move)
        if news is not None and alarm.ticket is not None:
            ticket = find(connection, alarm.ticket)
            if (ticket.state, news) in MOVES:
                return self.add_entry(connection, ticket, at=at, who=who, what=news, text=text)
        joined = self._joined(connection, alarm.rule, at)
        if joined is None:
            return self._open(connection, _of_alarm(connection, rule, alarm, at), Event.OPENED)
        ticket, event = joined
        job, procedure = (ticket.job, None) if rule is None else (rule.job, rule.procedure)
        urgent = hastened(ticket, alarm.priority, job, procedure)
        said = " ".join(more_urgent(ticket, urgent))
        if said and event is Event.JOINED:
            urgent = self.add_entry(
                connection, urgent, at=at, who=GATEWAY, what=Event.HASTENED, text=said
            )
        if move is Move.UNSUPPRESS and event is Event.JOINED:
            event = Event.UNSUPPRESSED
        return self.add_entry(connection, urgent, at=at, who=who, what=event, text=text)

    def open(
        self,
        connection: sa.Connection,
        report: Report,
        place: Text | None,
        *,
        at: Micros,
        who: Actor,
        source: Source,
        external: str | None,
    ) -> Ticket:
        """A ticket of what a person or another system reports. `place` is that of its device;
        without one, where the person says."""
        number = _next_number(connection)
        blank = Text("", "")
        ticket = Ticket(
            number=number,
            key=str(number),
            device=report.device,
            title=blank,
            place=place or blank,
            priority=report.priority,
            state=TicketState.NEW,
            version=1,
            opened_at=at,
            changed_at=at,
            job=report.job,
            source=source,
            procedure=report.procedure,
            external=external,
        )
        doing = Doing(Act.REPORT, call=report.call)
        return self._open(connection, reported(ticket, report.call), Event.OPENED, who, doing)

    def add_entry(
        self,
        connection: sa.Connection,
        ticket: Ticket,
        *,
        at: Micros,
        who: Actor,
        what: Act | Event,
        text: str = "",
        doing: Doing | None = None,
    ) -> Ticket:
        """Write the ticket as it is now, with one more line of history."""
        before = find(connection, ticket.number)
        after = replace(ticket, version=ticket.version + 1, changed_at=at)
        connection.execute(_WRITE, {"about": ticket.number, **msgspec.to_builtins(after)})
        self._tell(connection, TicketChange(before, after, _entry(after, who, what, text, doing)))
        return after

    def _joined(
        self, connection: sa.Connection, key: str, at: Micros
    ) -> tuple[Ticket, Event] | None:
        """The ticket a raised alarm belongs to and how it comes to it; None: to a new one."""
        ticket = open_ticket(connection, key) or _last_ended(connection, key)
        while ticket is not None and ticket.merged_into is not None:
            ticket = find(connection, ticket.merged_into)
        if ticket is not None and ticket.state is TicketState.CLOSED:
            soon = at < (ticket.closed_at or 0) + self._reopen_within
            ticket = open_ticket(connection, ticket.key) or (ticket if soon else None)
        if ticket is None or ticket.state is TicketState.FALSE_ALARM:
            return None
        if (ticket.state, Event.JOINED) in MOVES:
            return ticket, Event.JOINED
        return reopened(ticket), Event.REOPENED

    def _open(
        self,
        connection: sa.Connection,
        ticket: Ticket,
        what: Event,
        who: Actor = GATEWAY,
        doing: Doing | None = None,
    ) -> Ticket:
        connection.execute(_OPEN, msgspec.to_builtins(ticket))
        self._tell(connection, TicketChange(None, ticket, _entry(ticket, who, what, "", doing)))
        return ticket

    def _tell(self, connection: sa.Connection, change: TicketChange) -> None:
        connection.execute(_ENTER, msgspec.to_builtins(change.entry))
        for follow in self._follows:
            follow(connection, change)


def find(connection: sa.Connection, number: int) -> Ticket:
    """The ticket with that number; Missing when there is none."""
    row = connection.execute(_FIND, {"about": number}).one_or_none()
    if row is None:
        raise Missing(f"ticket {number}", "there is no such ticket", "look at the list of tickets")
    return _ticket(row)


def find_external(connection: sa.Connection, external: str, opened_by: str) -> Ticket:
    """The newest ticket with that number in the system that opened it: two systems may count
    alike. Missing when there is none."""
    table, entry = desk.ticket, desk.ticket_entry
    opening = (entry.c.ticket == table.c.number) & (entry.c.version == 1)
    query = sa.select(table).join(entry, opening)
    query = query.where(table.c.external == external, entry.c.who == opened_by)
    row = connection.execute(query.order_by(table.c.number.desc()).limit(1)).one_or_none()
    if row is None:
        raise Missing(
            f"ticket {external}", "there is no such ticket", "look at the list of tickets"
        )
    return _ticket(row)


def list_tickets(connection: sa.Connection, *, closed: bool, limit: int) -> list[Ticket]:
    """Tickets not closed, most urgent and then oldest first; with `closed`, all, newest first."""
    table = desk.ticket
    query = sa.select(table).limit(limit)
    if closed:
        query = query.order_by(table.c.number.desc())
    else:
        query = query.where(table.c.closed_at.is_(None))
        query = query.order_by(table.c.priority, table.c.number)
    return [_ticket(row) for row in connection.execute(query)]


def has_moved_on(connection: sa.Connection, ticket: Ticket, seen: int) -> bool:
    """Whether anything happened to the ticket since that version. That something is late, or was
    told to somebody, is nothing a person's act could be wrong about."""
    since = (entry.what for entry in entries(connection, ticket.number) if entry.version > seen)
    return seen > ticket.version or any(what not in (Event.LATE, Event.ESCALATED) for what in since)


def entries(connection: sa.Connection, number: int) -> tuple[Entry, ...]:
    """The ticket's history, oldest first."""
    table = desk.ticket_entry
    query = sa.select(table).where(table.c.ticket == number).order_by(table.c.version)
    rows = connection.execute(query)
    return tuple(msgspec.convert(row, Entry, from_attributes=True) for row in rows)


def open_ticket(connection: sa.Connection, key: str) -> Ticket | None:
    """The ticket of that key that is not ended."""
    row = connection.execute(_OPEN_OF, {"about": key}).one_or_none()
    return None if row is None else _ticket(row)


def _last_ended(connection: sa.Connection, key: str) -> Ticket | None:
    row = connection.execute(_LAST_ENDED_OF, {"about": key}).one_or_none()
    return None if row is None else _ticket(row)


def _next_number(connection: sa.Connection) -> int:
    newest: int | None = connection.execute(_NEWEST).scalar()
    return (newest or 0) + 1


def _of_alarm(connection: sa.Connection, rule: Rule | None, alarm: Alarm, at: Micros) -> Ticket:
    return Ticket(
        number=_next_number(connection),
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


def _entry(ticket: Ticket, who: Actor, what: Act | Event, text: str, doing: Doing | None) -> Entry:
    return Entry(
        ticket=ticket.number,
        version=ticket.version,
        at=ticket.changed_at,
        who=who.user,
        what=what.value,
        state=ticket.state,
        text=text,
        doing=doing,
    )


def _ticket(row: sa.Row[tuple[object, ...]]) -> Ticket:
    return msgspec.convert(row, Ticket, from_attributes=True)
