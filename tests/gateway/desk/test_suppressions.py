"""What people keep quiet, with the alarm service running, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.alarms.service import AlarmService
from gateway.alarms.suppression import OutOfService, Shelving
from gateway.desk.desk import Desk
from gateway.desk.suppressions import Suppressions
from gateway.desk.tickets import TicketBook
from gateway.errors import Refused
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import security
from gateway.model.actor import Actor
from gateway.model.alarm import Attention, Suppressing
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND
from gateway.model.reading import TICK, Reading
from gateway.security import users
from gateway.security.roles import Role
from tests.gateway.samples import LOW_WATER, NOON, PROPPED, reading, site

LI, WANG = Actor("li", "operator", "desk-1"), Actor("wang", "engineer", "office")


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway's alarms, and what people do to them."""

    journal: Journal
    service: AlarmService
    desk: Desk
    suppressions: Suppressions

    async def hear(self, *readings: Reading) -> None:
        """Returns when the alarm service has dealt with them."""
        await self.journal.append(readings)
        await self.service.passed(self.journal.last_seq)


@asynccontextmanager
async def running(folder: Path, ledger: Ledger) -> AsyncIterator[Running]:
    here, feed, book = site(folder, (LOW_WATER, PROPPED)), Feed(), TicketBook()
    async with Journal(folder / "journal.db") as journal:
        service = AlarmService(here, journal, ledger, feed, lambda: NOON, book.announce)
        suppressions = Suppressions(service.book, ledger, feed, lambda: NOON, service.wake)
        task = asyncio.create_task(service.run())
        try:
            desk = Desk(here, ledger, feed, lambda: NOON, book, service.book, service.wake)
            yield Running(journal, service, desk, suppressions)
        finally:
            task.cancel()
            await asyncio.wait([task])


def tick(after: int) -> Reading:
    return reading(TICK, 0.0, after)


def shelving(span: int = HOUR) -> Shelving:
    return Shelving(LOW_WATER.id, NOON + span, "sensor swapped")


async def test_what_is_shelved_is_recorded_and_announced_at_the_end_over_a_restart(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as gateway:
        await gateway.suppressions.shelve(shelving(), who=LI)
        await gateway.hear(reading("tank/level", 0.5, SECOND))
        assert (await gateway.desk.alarms(), await gateway.desk.tickets()) == ([], [])
    async with running(tmp_path, ledger) as gateway:
        (quiet,) = await gateway.suppressions.quiet()
        assert quiet.alarm is not None
        assert (quiet.alarm.active, quiet.alarm.announced) == (True, False)
        await gateway.hear(tick(HOUR))
        (alarm,) = await gateway.desk.alarms()
        assert (alarm.attention, alarm.ticket) == (Attention.UNACK, 1)
        assert await gateway.suppressions.quiet() == []


async def test_an_end_before_its_time_announces_at_once_and_both_acts_are_on_record(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as gateway:
        begun = await gateway.suppressions.shelve(shelving(), who=LI)
        await gateway.hear(reading("tank/level", 0.5, SECOND))
        await gateway.suppressions.unshelve(begun.id, who=WANG, reason="done")
        (alarm,) = await gateway.desk.alarms()
        assert alarm.announced
        await gateway.hear(tick(2 * HOUR))
        assert [a.sequence for a in await gateway.desk.alarms()] == [alarm.sequence]
    table = security.audit.c
    query = sa.select(table.who, table.act, table.subject).order_by(table.id)
    acts = [tuple(row) for row in await ledger.transact(lambda c: c.execute(query).all())]
    assert acts == [
        ("li", "shelved", "rule tank/low-level"),
        ("wang", "unshelved", "rule tank/low-level"),
    ]


async def test_out_of_service_needs_a_second_person_who_may(tmp_path: Path, ledger: Ledger) -> None:
    def add_users(connection: sa.Connection) -> None:
        users.insert(connection, "zhou", Role.MANAGER, None, NOON)
        users.insert(connection, "sun", Role.OPERATOR, None, NOON)

    await ledger.transact(add_users)
    async with running(tmp_path, ledger) as gateway:
        for second in ("wang", "sun", "unknown"):
            asked = OutOfService(LOW_WATER.id, NOON + DAY, "WO-1", second, "overhaul")
            with pytest.raises(Refused, match=f"{second} cannot approve it"):
                await gateway.suppressions.out_of_service(asked, who=WANG)
        asked = OutOfService(LOW_WATER.id, NOON + DAY, "WO-1", "zhou", "overhaul")
        await gateway.suppressions.out_of_service(asked, who=WANG)
        await gateway.hear(reading("tank/level", 0.5, SECOND), tick(DAY - 1))
        assert await gateway.desk.alarms() == []
        await gateway.hear(tick(DAY))
        assert [alarm.rule for alarm in await gateway.desk.alarms()] == [LOW_WATER.id]


async def test_a_late_act_on_an_alarm_is_refused_by_name(tmp_path: Path, ledger: Ledger) -> None:
    """OnCall 3161: a late acknowledge un-resolves."""
    async with running(tmp_path, ledger) as gateway:
        await gateway.hear(reading("tank/level", 0.5))
        (seen,) = await gateway.desk.alarms()
        await gateway.hear(reading("tank/level", 2.0, SECOND), reading("tank/level", 0.5, MINUTE))
        occurrence, sequence = seen.occurrences, seen.sequence
        with pytest.raises(Refused, match="was raised again since occurrence 1"):
            await gateway.suppressions.shelve_alarm(
                seen.id,
                occurrence=occurrence,
                sequence=sequence,
                until=NOON + HOUR,
                reason="x",
                who=LI,
            )
        with pytest.raises(Refused, match="was raised again since occurrence 1"):
            await gateway.desk.acknowledge(
                seen.id, who=LI, occurrence=occurrence, sequence=sequence
            )


async def test_of_two_acts_at_once_on_what_both_saw_one_is_late(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as gateway:
        await gateway.hear(reading("tank/level", 0.5))
        (seen,) = await gateway.desk.alarms()
        shelve = gateway.suppressions.shelve_alarm
        _, late = await asyncio.gather(
            shelve(seen.id, occurrence=1, sequence=1, until=NOON + HOUR, reason="x", who=LI),
            gateway.desk.acknowledge(seen.id, occurrence=1, sequence=1, who=WANG),
            return_exceptions=True,
        )
        assert isinstance(late, Refused)


async def test_two_people_shelving_at_once_leave_one_shelving(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as gateway:
        acts = [gateway.suppressions.shelve(shelving(), who=who) for who in (LI, WANG)]
        _, second = await asyncio.gather(*acts, return_exceptions=True)
        assert isinstance(second, Refused)
        (quiet,) = await gateway.suppressions.quiet()
        assert (quiet.suppression.kind, quiet.suppression.who) == (Suppressing.SHELVED, "li")
