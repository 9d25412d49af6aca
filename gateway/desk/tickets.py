"""Tickets in the ledger: opened or joined by alarms, moved by people, never deleted."""

from dataclasses import replace

import msgspec
import sqlalchemy as sa

from gateway.alarms.lifecycle import Move
from gateway.alarms.records import GATEWAY
from gateway.errors import Missing
from gateway.ledger import tables
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.ticket import Entry, Ticket, TicketState


def announce(connection: sa.Connection, alarm: Alarm, move: Move, at: Micros) -> Ticket:
    """The ticket of an alarm that was raised or returned to normal.

    A raised alarm joins the ticket of its rule that is not closed yet (one thought resolved is
    reopened), or opens one. An alarm that returns closes nothing: a person looks first.
    """
    if move is Move.RETURN and alarm.ticket is not None:
        ticket = find(connection, alarm.ticket)
        return add_entry(connection, ticket, at=at, who=GATEWAY, what="cleared")
    joined = _find_open(connection, alarm)
    if joined is None:
        return _open(connection, alarm, at)
    if joined.state is TicketState.RESOLVED:
        reopened = replace(joined, state=TicketState.NEW)
        return add_entry(connection, reopened, at=at, who=GATEWAY, what="reopened")
    return add_entry(connection, joined, at=at, who=GATEWAY, what="joined")


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


def add_entry(
    connection: sa.Connection, ticket: Ticket, *, at: Micros, who: str, what: str, text: str = ""
) -> Ticket:
    """Write the ticket as it is now, with one more line of history."""
    written = replace(ticket, version=ticket.version + 1, changed_at=at)
    table = tables.ticket
    row = msgspec.to_builtins(written)
    connection.execute(table.update().where(table.c.number == ticket.number).values(row))
    _write_entry(connection, written, who=who, what=what, text=text)
    return written


def _open(connection: sa.Connection, alarm: Alarm, at: Micros) -> Ticket:
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
    )
    connection.execute(tables.ticket.insert().values(msgspec.to_builtins(ticket)))
    _write_entry(connection, ticket, who=GATEWAY, what="opened", text="")
    return ticket


def _find_open(connection: sa.Connection, alarm: Alarm) -> Ticket | None:
    table = tables.ticket
    query = sa.select(table).where(table.c.key == alarm.rule, table.c.closed_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else _ticket(row)


def _write_entry(
    connection: sa.Connection, ticket: Ticket, *, who: str, what: str, text: str
) -> None:
    entry = Entry(
        ticket=ticket.number,
        version=ticket.version,
        at=ticket.changed_at,
        who=who,
        what=what,
        state=ticket.state,
        text=text,
    )
    connection.execute(tables.ticket_entry.insert().values(msgspec.to_builtins(entry)))


def _ticket(row: sa.Row[tuple[object, ...]]) -> Ticket:
    return msgspec.convert(row, Ticket, from_attributes=True)
