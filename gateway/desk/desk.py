"""What people do at the desk: look, acknowledge, and work tickets off."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TypeVar

import sqlalchemy as sa

from gateway.alarms import records
from gateway.alarms.book import AlarmBook
from gateway.alarms.lifecycle import Move, check_seen
from gateway.alarms.work import AlarmWork
from gateway.desk import tickets
from gateway.desk.states import after, allowed
from gateway.desk.tickets import TicketBook
from gateway.errors import Refused
from gateway.feed import Feed
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm, Attention
from gateway.model.clock import Clock
from gateway.model.ticket import Act, Doing, Entry, Ticket, TicketState
from gateway.site.model import Site

T = TypeVar("T")

TO_ACKNOWLEDGE = (Attention.UNACK, Attention.RTN_UNACK)

UNACCEPTED = (TicketState.NEW, TicketState.REOPENED)

_ALARM_MOVES = {
    Act.ACKNOWLEDGE: (Move.ACKNOWLEDGE, TO_ACKNOWLEDGE),
    Act.RESET: (Move.RESET, (Attention.LATCHED,)),
}
"""The acts on a ticket that also move its alarms: how, and those that stand so."""


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A ticket with everything that belongs to it. Alarms newest first, entries oldest first."""

    ticket: Ticket
    entries: tuple[Entry, ...]
    alarms: tuple[Alarm, ...]


Acted = tuple[T, list[Alarm | Ticket]]
"""What an act answers, and what it changed."""


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
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._book = book
        self._wake = wake
        self._alarms = AlarmBook.of(site, book.announce)
        self._ledger = ledger
        self._feed = feed
        self._clock = clock

    async def tickets(self, *, closed: bool = False, limit: int = 200) -> list[Ticket]:
        """Tickets not closed, most urgent first; with `closed`, all of them, newest first."""
        return await self._ledger.transact(
            lambda connection: tickets.list_tickets(connection, closed=closed, limit=limit)
        )

    async def ticket(self, number: int) -> TicketFile:
        """One ticket whole; Missing when there is none."""
        return await self._ledger.transact(
            lambda connection: TicketFile(
                tickets.find(connection, number),
                tickets.entries(connection, number),
                tuple(records.list_alarms(connection, ended=True, ticket=number)),
            )
        )

    async def alarms(self, *, ended: bool = False, limit: int = 500) -> list[Alarm]:
        """Open alarms, most urgent first; with `ended`, all of them, newest first."""
        return await self._ledger.transact(
            lambda connection: records.list_alarms(connection, ended=ended, limit=limit)
        )

    async def act(self, number: int, doing: Doing, *, who: Actor, version: int | None) -> Ticket:
        """Do that to the ticket. `version` is the one the person has seen: Refused when the ticket
        has moved on since, when the act is impossible now, or when it needs a text and has none."""

        def work(connection: sa.Connection) -> Acted[Ticket]:
            ticket = tickets.find(connection, number)
            subject = f"ticket {number}"
            if version not in (None, ticket.version):
                problem = f"has changed since version {version} (now {ticket.version})"
                raise Refused(subject, problem, "look at it again")
            act, text = doing.act, doing.text.strip()
            state = after(ticket.state, act, subject=subject)
            alarms = records.list_alarms(connection, ticket=number)
            _check(ticket, act, alarms, text)
            moved_alarms = self._move_all(connection, alarms, act, who)
            at = self._clock()
            closed_at = at if act is Act.CLOSE else ticket.closed_at
            moved = self._book.add_entry(
                connection,
                replace(ticket, state=state, closed_at=closed_at),
                at=at,
                who=who,
                what=act.value,
                text=text,
            )
            return moved, [*moved_alarms, moved]

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
            (moved,) = self._move_alarms(connection, [alarm], move, who, text)
            ticket = None if moved.ticket is None else tickets.find(connection, moved.ticket)
            if ticket is None or ticket.state not in UNACCEPTED:
                return moved, [moved]
            accepted = self._book.add_entry(
                connection,
                replace(ticket, state=TicketState.ACCEPTED),
                at=self._clock(),
                who=who,
                what=Act.ACKNOWLEDGE.value,
                text=text,
            )
            return moved, [moved, accepted]

        return await self._perform(work)

    def _move_all(
        self, connection: sa.Connection, alarms: list[Alarm], act: Act, who: Actor
    ) -> list[Alarm]:
        if act not in _ALARM_MOVES:
            return []
        move, concerned = _ALARM_MOVES[act]
        moving = [alarm for alarm in alarms if alarm.attention in concerned]
        return self._move_alarms(connection, moving, move, who, "")

    def _move_alarms(
        self, connection: sa.Connection, alarms: list[Alarm], move: Move, who: Actor, reason: str
    ) -> list[Alarm]:
        work, at = AlarmWork(connection), self._clock()
        moved = [
            self._alarms.move(work, alarm, move, at=at, who=who, reason=reason) for alarm in alarms
        ]
        work.write()
        return moved

    async def _perform(self, work: Callable[[sa.Connection], Acted[T]]) -> T:
        answer, changed = await self._ledger.transact(work)
        self._wake()
        self._feed.publish(changed)
        return answer


def possible(ticket: Ticket, alarms: Collection[Alarm]) -> tuple[Act, ...]:
    """What can be done to the ticket now, in the order of work; `alarms` are its open ones."""
    return tuple(act for act in allowed(ticket.state) if _applies(ticket, act, alarms))


def _applies(ticket: Ticket, act: Act, alarms: Collection[Alarm]) -> bool:
    """Whether there is something to acknowledge or to reset; the other acts need nothing."""
    if act is Act.ACKNOWLEDGE and ticket.state in UNACCEPTED:
        return True
    _, concerned = _ALARM_MOVES.get(act, (None, None))
    return concerned is None or any(alarm.attention in concerned for alarm in alarms)


def _check(ticket: Ticket, act: Act, alarms: list[Alarm], text: str) -> None:
    subject = f"ticket {ticket.number}"
    if not _applies(ticket, act, alarms):
        nothing = {
            Act.ACKNOWLEDGE: "is acknowledged already",
            Act.RESET: "has no latched alarm",
        }
        raise Refused(subject, nothing[act])
    if act in (Act.RESOLVE, Act.CLOSE) and any(alarm.active for alarm in alarms) and not text:
        raise Refused(subject, "its alarm is still active", f"say in the text why you {act} it")
    if act is Act.NOTE and not text:
        raise Refused(subject, "an empty note says nothing", "write a text")
