"""A desk, with what raises alarms and lets time pass beside it."""

from dataclasses import replace

import sqlalchemy as sa

from gateway.alarms.book import AlarmBook
from gateway.desk.chains import Escalation
from gateway.desk.clock_book import ClockBook, Lateness
from gateway.desk.clocks import Limits, due_by_kind
from gateway.desk.escalation import Escalations, Rising, newest_of
from gateway.desk.holds import HoldEnd, follow_hold
from gateway.desk.notices import Outbox
from gateway.desk.tickets import TicketBook
from gateway.ledger import timers
from gateway.ledger.ledger import Ledger
from gateway.ledger.timers import RunOut, TimerKind
from gateway.model.actor import Actor
from gateway.model.clock import MINUTE, Micros
from gateway.model.rule import JobKind, Priority, Rule
from gateway.model.text import Text
from gateway.model.ticket import (
    Act,
    Call,
    ClockKind,
    Doing,
    Report,
    Ticket,
)
from gateway.site.model import Site
from gateway.site.timing_model import Chain, ChainRule, Concerns, Level
from tests.gateway import samples
from tests.gateway.alarming import desk_of, turn_condition
from tests.gateway.samples import LOW_WATER, NOON, PROPPED

LI = Actor("li", "operator", "127.0.0.1")
LEAK = replace(LOW_WATER, procedure="leak")
URGENT = samples.rule("door/forced", PROPPED.when, priority=Priority.CRITICAL)
URGENT_CHAIN = ChainRule(
    Chain((Level(0, "operator"), Level(MINUTE, "leader")), nag=2 * MINUTE),
    Concerns(priorities=frozenset({Priority.CRITICAL})),
)
STEPS = (Text("Shut the valve", "关阀"), Text("Call the plumber", "叫水工"))
SAID = Call("Wang", "138", "Water on the floor\nsince noon", "now", "3-1201")
REPORT = Report(SAID, JobKind.URGENT, Priority.MEDIUM)


class Room:
    """`now` is its time."""

    def __init__(self, here: Site, ledger: Ledger) -> None:
        self.ledger = ledger
        self.now: Micros = NOON
        clocks = ClockBook(Limits(here.desk.timing, here.time_zone))
        chains = Escalations(here.desk.timing.chains)
        self.book = TicketBook((follow_hold, clocks.follow, chains.follow))
        self.desk = desk_of(here, ledger, lambda: self.now, tickets=self.book)
        self._here = here
        self._alarms = AlarmBook.of(here, self.book.announce)
        self._run_outs: dict[TimerKind, RunOut] = {
            TimerKind.HOLD: HoldEnd(self.book).run_out,
            TimerKind.CLOCK: Lateness(self.book, chains.begin_late).run_out,
            TimerKind.ESCALATE: Rising(self.book, Outbox().put).run_out,
        }

    def change(self, rule: Rule) -> None:
        """The site file has it otherwise from now on."""
        others = (other for other in self._here.rules if other.id != rule.id)
        changed = replace(self._here, rules=(*others, rule))
        self._alarms = AlarmBook.of(changed, self.book.announce)

    async def raised(self, rule: Rule = LEAK) -> Ticket:
        """The ticket of the rule's alarm, raised (again)."""
        await self._turn(rule, active=True)
        alarms = await self.desk.alarms()
        (number,) = {alarm.ticket for alarm in alarms if alarm.rule == rule.id}
        return (await self.desk.ticket(number or 0)).ticket

    async def returned(self, rule: Rule = LEAK) -> None:
        await self._turn(rule, active=False)

    async def do(self, number: int, *doings: Doing | Act) -> Ticket:
        for one in doings:
            doing = Doing(one) if isinstance(one, Act) else one
            ticket = await self.desk.act(number, doing, who=LI, version=None)
        return ticket

    async def closed(self, number: int) -> Ticket:
        """Worked off, after its alarm has returned."""
        return await self.do(number, Act.ACKNOWLEDGE, Act.RESOLVE, Act.CLOSE)

    async def due(self, number: int) -> dict[ClockKind, Micros]:
        return due_by_kind((await self.desk.ticket(number)).clocks)

    async def chain_of(self, number: int) -> Escalation | None:
        return await self.ledger.transact(lambda connection: newest_of(connection, number))

    async def pass_time(self, by: Micros) -> None:
        self.now += by

        def work(connection: sa.Connection) -> None:
            for timer in timers.take_due(connection, self.now):
                self._run_outs[timer.kind](connection, timer, self.now)

        await self.ledger.transact(work)

    async def _turn(self, rule: Rule, *, active: bool) -> None:
        await self.ledger.transact(
            lambda connection: turn_condition(
                connection, self._alarms, rule, self.now, active=active
            )
        )
