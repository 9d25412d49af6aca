"""A desk with shifts over a ledger, on a clock that a test moves."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from gateway.desk.duty import Shifts
from gateway.desk.handover import HandoverBook
from gateway.desk.keys import KeyRegister
from gateway.desk.notices import Outbox
from gateway.desk.roster import Roster
from gateway.ledger import timers
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.clock import Micros, from_datetime
from gateway.security import users
from gateway.security.roles import Role
from gateway.site.model import Site
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import site

LEADER = Actor("lin", Role.LEADER, "10.0.0.5")
PEOPLE = ("amy", "ben", "cai", "dan")


@dataclass(slots=True)
class DutyDesk:
    """What gateway.app wires, without the alarm service: `pass_to` lets the timers run out."""

    ledger: Ledger
    clock: HandClock
    book: HandoverBook
    shifts: Shifts
    roster: Roster
    keys: KeyRegister
    site: Site

    async def pass_to(self, text: str) -> None:
        """Have it be that time, with the timers run out until none is due."""
        self.clock.now = at(text)

        def run(connection: sa.Connection) -> bool:
            due = timers.take_due(connection, self.clock.now)
            for timer in due:
                assert self.book.run_out(connection, timer, self.clock.now) == ()
            return bool(due)

        while await self.ledger.transact(run):
            pass

    async def hand_over(self, number: int, leaving: str, taking: str) -> None:
        """Both sign."""
        await self.shifts.leave(number, who=Actor(leaving))
        await self.shifts.take(number, who=Actor(taking))


def at(text: str) -> Micros:
    """An instant on the wall clock of the site."""
    return from_datetime(datetime.fromisoformat(text + "+08:00"))


async def duty_desk(ledger: Ledger, folder: Path, now: str) -> DutyDesk:
    """Begun at that time; amy, ben, cai and dan are operators, lin leads."""
    clock, here = HandClock(at(now)), site(folder)

    def people(connection: sa.Connection) -> None:
        for name in PEOPLE:
            users.insert(connection, name, Role.OPERATOR, None, clock.now)
        users.insert(connection, LEADER.user, Role.LEADER, None, clock.now)

    await ledger.transact(people)
    book = HandoverBook(here, Outbox())
    desk = DutyDesk(
        ledger=ledger,
        clock=clock,
        book=book,
        shifts=Shifts(here, ledger, clock, book),
        roster=Roster(here.desk.shifts, ledger, clock),
        keys=KeyRegister(here.time_zone, ledger, clock),
        site=here,
    )
    await desk.shifts.start()
    return desk
