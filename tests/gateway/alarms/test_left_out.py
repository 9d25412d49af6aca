"""An alarm that cannot be recorded, for a fault of ours, takes no other with it."""

import asyncio
from pathlib import Path

import sqlalchemy as sa

from gateway.alarms.lifecycle import Move
from gateway.alarms.service import AlarmService
from gateway.desk.tickets import TicketBook
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.rule import Rule
from gateway.model.ticket import Ticket
from tests.gateway.alarms.test_service import running
from tests.gateway.samples import LOW_WATER, NOON, PROPPED, reading, site
from tests.waiting import until


class Faulty(TicketBook):
    """Nothing can be opened for low water."""

    def announce(
        self,
        connection: sa.Connection,
        rule: Rule | None,
        alarm: Alarm,
        move: Move,
        at: Micros,
        **more: object,
    ) -> Ticket:
        if alarm.rule == LOW_WATER.id:
            raise ZeroDivisionError("a fault of ours")
        return super().announce(connection, rule, alarm, move, at, **more)  # type: ignore[arg-type]


async def test_an_alarm_that_cannot_be_recorded_is_told_and_all_others_come(
    tmp_path: Path, ledger: Ledger
) -> None:
    here = site(tmp_path, (LOW_WATER, PROPPED))
    async with Journal(tmp_path / "journal.db") as journal:
        service = AlarmService(here, journal, ledger, Feed(), lambda: NOON, Faulty().announce)
        run = asyncio.create_task(service.run())
        door = reading("door/contact", "open")
        later = reading("door/contact", "open", PROPPED.raise_after)
        await journal.append([door, reading("tank/level", 0.5), later])
        await until(lambda: service.cursor >= journal.last_seq or run.done())
        assert not run.done()
        assert service.fault is not None
        assert "alarms of tank/low-level could not be recorded" in service.fault
        run.cancel()
        await asyncio.wait([run])
    async with running(tmp_path, ledger, (LOW_WATER, PROPPED)) as (followed, desk):
        await followed.append([reading("zone/mode", "armed", PROPPED.raise_after)])
        rules = sorted(alarm.rule for alarm in await desk.alarms())
        assert rules == [PROPPED.id, LOW_WATER.id], "tried again at the next start"
