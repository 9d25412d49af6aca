"""What people do at the desk: look, take calls, acknowledge, and work tickets off."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import sqlalchemy as sa

from gateway.alarms import records
from gateway.alarms.book import AlarmBook
from gateway.alarms.lifecycle import Move, check_seen
from gateway.desk import tickets
from gateway.desk.clock_book import clocks_of
from gateway.desk.steps import Step, steps_of
from gateway.desk.tickets import TicketBook
from gateway.desk.working import Acted, Working
from gateway.errors import Refused
from gateway.feed import Feed
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm
from gateway.model.clock import Clock
from gateway.model.ticket import Doing, Entry, Report, Source, Ticket, TicketClock
from gateway.site.model import Site

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A ticket with everything that belongs to it. Alarms newest first, entries oldest first;
    `steps` of its procedure, as far as they are ticked off since it was opened last; `clocks` of
    earlier runs first."""

    ticket: Ticket
    entries: tuple[Entry, ...]
    alarms: tuple[Alarm, ...]
    steps: tuple[Step, ...] = ()
    clocks: tuple[TicketClock, ...] = ()


class Desk:
    """One per gateway. Every act is one ledger transaction and names its user; what it changed is
    published once it is durable. `wake` is called then: a timer may have been started."""

    def __init__(
        self,
        site: Site,
        ledger: Ledger,
        feed: Feed,
        clock: Clock,
        book: TicketBook,
        alarms: AlarmBook,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._working = Working(site, book, alarms, clock)
        self._ledger = ledger
        self._feed = feed
        self._wake = wake

    async def tickets(self, *, closed: bool = False, limit: int = 200) -> list[Ticket]:
        """Tickets not closed, most urgent first; with `closed`, all of them, newest first."""
        return await self._ledger.transact(
            lambda connection: tickets.list_tickets(connection, closed=closed, limit=limit)
        )

    async def ticket(self, number: int) -> TicketFile:
        """One ticket whole; Missing when there is none."""

        def work(connection: sa.Connection) -> TicketFile:
            ticket = tickets.find(connection, number)
            entries = tickets.entries(connection, number)
            alarms = tuple(records.list_alarms(connection, ended=True, ticket=number))
            steps = steps_of(self._working.steps_of(ticket), entries)
            return TicketFile(ticket, entries, alarms, steps, clocks_of(connection, number))

        return await self._ledger.transact(work)

    async def alarms(self, *, ended: bool = False, limit: int = 500) -> list[Alarm]:
        """Open alarms, most urgent first; with `ended`, all of them, newest first."""
        return await self._ledger.transact(
            lambda connection: records.list_alarms(connection, ended=ended, limit=limit)
        )

    async def open(
        self,
        report: Report,
        *,
        who: Actor,
        source: Source = Source.CALL,
        external: str | None = None,
    ) -> Ticket:
        """A new ticket of what a person reports, or another system, which then has its number
        `external` there. Refused when it does not say who reports, where or what; Missing when
        there is no such device or procedure."""
        return await self._perform(
            lambda connection: self._working.open(connection, report, who, source, external)
        )

    async def ticket_of(self, external: str, system: Actor) -> Ticket:
        """The newest ticket that this other system has opened with that number of its own; Missing
        when there is none."""
        return await self._ledger.transact(
            lambda connection: tickets.find_external(connection, external, system.user)
        )

    async def act(self, number: int, doing: Doing, *, who: Actor, version: int | None) -> Ticket:
        """Do that to the ticket. `version` is the one the person has seen: Refused when the ticket
        has moved on since (what it notes of time moves it nowhere), when the act is impossible now,
        or lacks something it needs."""

        def work(connection: sa.Connection) -> Acted[Ticket]:
            ticket = tickets.find(connection, number)
            if version is not None and tickets.has_moved_on(connection, ticket, version):
                problem = f"has changed since version {version} (now {ticket.version})"
                raise Refused(f"ticket {number}", problem, "look at it again")
            said = replace(doing, text=doing.text.strip())
            return self._working.act(connection, ticket, said, who)

        return await self._perform(work)

    async def acknowledge(
        self, alarm_id: int, *, who: Actor, occurrence: int, sequence: int, text: str = ""
    ) -> Alarm:
        """Acknowledge one alarm as seen at `occurrence` and `sequence`; its ticket, if new, is
        accepted with it. Refused when the alarm has moved on since, or needs no acknowledgement."""
        seen = (occurrence, sequence)
        return await self._move(alarm_id, Move.ACKNOWLEDGE, who, seen, text)

    async def reset(
        self, alarm_id: int, *, who: Actor, occurrence: int, sequence: int, text: str = ""
    ) -> Alarm:
        """Reset a latched alarm as seen then. Refused when it has moved on, or is not latched."""
        return await self._move(alarm_id, Move.RESET, who, (occurrence, sequence), text)

    async def _move(
        self, alarm_id: int, move: Move, who: Actor, seen: tuple[int, int], text: str
    ) -> Alarm:
        def work(connection: sa.Connection) -> Acted[Alarm]:
            alarm = records.find(connection, alarm_id)
            check_seen(alarm, occurrence=seen[0], sequence=seen[1])
            return self._working.move_alarm(connection, alarm, move, who, text)

        return await self._perform(work)

    async def _perform(self, work: Callable[[sa.Connection], Acted[T]]) -> T:
        answer, changed = await self._ledger.transact(work)
        self._wake()
        self._feed.publish(changed)
        return answer
