"""A ticket goes on under another one, with its alarms, its callers and its urgency."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from gateway.alarms.work import AlarmWork
from gateway.desk import tickets
from gateway.desk.acts import more_urgent, with_taken_in
from gateway.desk.clock_book import clocks_of
from gateway.desk.clocks import due_by_kind
from gateway.desk.escalation import standing_of
from gateway.desk.tickets import TicketBook
from gateway.model.actor import GATEWAY, Actor
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.ticket import Act, ClockKind, Doing, Event, Ticket


@dataclass(frozen=True, slots=True)
class _Pace:
    """How fast a ticket is to be worked. `generation` is that of the chain that runs."""

    ticket: Ticket
    due: dict[ClockKind, Micros]
    generation: int | None


def take_in(
    connection: sa.Connection,
    book: TicketBook,
    number: int,
    other: Ticket,
    alarms: Sequence[Alarm],
    who: Actor,
    at: Micros,
) -> list[Alarm | Ticket]:
    """Let ticket `number` take in the other one while that is not merged yet: its clocks and its
    chain still run. What it takes over of them is written in its history."""
    before = _pace(connection, tickets.find(connection, number))
    taken = book.add_entry(
        connection,
        with_taken_in(before.ticket, other),
        at=at,
        who=who,
        what=Event.TOOK_IN,
        doing=Doing(Act.MERGE, into=other.number),
    )
    said = " ".join(_hastened(before, _pace(connection, taken)))
    if said:
        what = Event.HASTENED
        taken = book.add_entry(connection, taken, at=at, who=GATEWAY, what=what, text=said)
    work = AlarmWork(connection)
    moved = [work.put(replace(alarm, ticket=number)) for alarm in alarms]
    work.write()
    return [*moved, taken]


def _pace(connection: sa.Connection, ticket: Ticket) -> _Pace:
    standing = standing_of(connection, ticket)
    due = due_by_kind(clocks_of(connection, ticket.number))
    return _Pace(ticket, due, None if standing is None else standing.chain.generation)


def _hastened(before: _Pace, after: _Pace) -> Iterator[str]:
    """In words that pages translate one by one: "priority.critical clock.arrive told.faster"."""
    yield from more_urgent(before.ticket, after.ticket)
    for kind, due_at in after.due.items():
        if kind not in before.due or due_at < before.due[kind]:
            yield f"clock.{kind}"
    if after.generation is not None and after.generation != before.generation:
        yield "told.faster"
