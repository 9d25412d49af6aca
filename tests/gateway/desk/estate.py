"""Tickets with their clocks and chains over a ledger; time goes by when a test says so."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from gateway.alarms.lifecycle import Move
from gateway.desk import tickets
from gateway.desk.acts import done
from gateway.desk.clock_book import ClockBook, Lateness, clocks_of
from gateway.desk.clocks import Limits
from gateway.desk.escalation import Escalations, Rising
from gateway.desk.notices import Outbox
from gateway.desk.states import allowed
from gateway.desk.tickets import TicketBook
from gateway.ledger import timers
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import desk, outside, progress
from gateway.ledger.timers import RunOut, Timer, TimerKind
from gateway.model.actor import Actor
from gateway.model.clock import DAY, MINUTE, Micros
from gateway.model.rule import Rule
from gateway.model.ticket import Act, ClockKind, Doing, Ticket, TicketClock
from gateway.site.timing_model import Chain, ChainRule, Level, Timing
from tests.dashboards.samples import alarm
from tests.gateway.samples import LOW_WATER, NOON

LI, WANG = Actor("li"), Actor("wang")
SHORT = Timing(
    chains=(ChainRule(Chain((Level(0, "operator"), Level(MINUTE, "boss")), nag=2 * MINUTE)),)
)


@dataclass
class Estate:
    """A desk whose time goes by when it is told to."""

    ledger: Ledger
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        self.start_again()

    def start_again(self) -> None:
        """All that is not in the ledger is forgotten."""
        clocks = ClockBook(Limits(self.timing, ZoneInfo("Asia/Shanghai")))
        chains = Escalations(self.timing.chains)
        self.book = TicketBook((clocks.follow, chains.follow))
        self.run_outs: dict[TimerKind, RunOut] = {
            TimerKind.CLOCK: Lateness(self.book, chains.begin_late).run_out,
            TimerKind.ESCALATE: Rising(self.book, Outbox().put).run_out,
        }

    async def alarm(self, after: Micros = 0, by: Rule = LOW_WATER) -> Ticket:
        raised = alarm(rule=by.id, device=by.device, priority=by.priority)
        return await self.ledger.transact(
            lambda connection: self.book.announce(connection, by, raised, Move.RAISE, NOON + after)
        )

    async def shelve(self, after: Micros, by: Rule = LOW_WATER) -> None:
        """What the ticket of the alarm is told when that is shelved."""
        await self.live(until=after)
        quiet = alarm(rule=by.id, device=by.device, priority=by.priority, ticket=1)
        move, at = Move.SUPPRESS, NOON + after
        await self.ledger.transact(
            lambda connection: self.book.announce(connection, by, quiet, move, at, text="shelved")
        )

    async def act(
        self, act: Act, after: Micros, who: Actor = LI, number: int = 1, *, away: bool = False
    ) -> Ticket:
        """A person's act; where the gateway was not `away` it has looked at its timers before."""

        def work(connection: sa.Connection) -> Ticket:
            ticket = tickets.find(connection, number)
            acted = done(ticket, Doing(act, until=NOON + after + DAY), NOON + after)
            return self.book.add_entry(connection, acted, at=NOON + after, who=who, what=act)

        if not away:
            await self.live(until=after)
        return await self.ledger.transact(work)

    async def tick(self, after: Micros) -> list[Timer]:
        """The gateway looks at its timers once, however long it was away."""

        def work(connection: sa.Connection) -> list[Timer]:
            due = timers.take_due(connection, NOON + after)
            for timer in due:
                self.run_outs[timer.kind](connection, timer, NOON + after)
            return due

        return await self.ledger.transact(work)

    async def live(self, until: Micros) -> None:
        """Every timer runs out when it is due, until then."""
        while (due := await self.ledger.transact(timers.next_due)) is not None:
            if due > NOON + until:
                break
            await self.tick(due - NOON)

    async def possible(self) -> list[Act]:
        ticket = await self.ledger.transact(lambda connection: tickets.find(connection, 1))
        return [
            act
            for act in allowed(ticket.state)
            if act not in (Act.MERGE, Act.FALSE_ALARM, Act.REOPEN)
        ]

    async def clock(self, kind: ClockKind, run: int = 1, number: int = 1) -> TicketClock:
        clocks = await self.ledger.transact(lambda connection: clocks_of(connection, number))
        return next(clock for clock in clocks if (clock.kind, clock.run) == (kind, run))

    async def told(self) -> list[tuple[str, str, Micros]]:
        """Key, audience and instant of every notice."""
        table = outside.notice
        query = sa.select(table.c.key, table.c.audience, table.c.made_at).order_by(table.c.id)
        rows = await self.ledger.transact(lambda connection: connection.execute(query).all())
        return [
            (row.key.removeprefix("escalation/"), row.audience, row.made_at - NOON) for row in rows
        ]

    async def entries(self, number: int = 1) -> list[tuple[str, str]]:
        entries = await self.ledger.transact(lambda c: tickets.entries(c, number))
        return [(entry.what, entry.text) for entry in entries]

    async def rows(self) -> list[list[tuple[str, ...]]]:
        """All that clocks and chains have written."""
        written = (desk.ticket_entry, desk.ticket_clock, desk.escalation, progress.timer)

        def work(connection: sa.Connection) -> list[list[tuple[str, ...]]]:
            return [
                sorted(tuple(map(str, row)) for row in connection.execute(sa.select(table)))
                for table in (*written, outside.notice)
            ]

        return await self.ledger.transact(work)
