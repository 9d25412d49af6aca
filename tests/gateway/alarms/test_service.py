"""The alarm service over a real journal and ledger."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import diagnostics
from gateway.alarms.service import FOLLOWER, AlarmService
from gateway.desk.desk import Desk
from gateway.desk.tickets import TicketBook
from gateway.errors import Refused, Unreachable
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import alarms, progress
from gateway.model.actor import Actor
from gateway.model.alarm import Attention
from gateway.model.clock import DAY, MILLISECOND, SECOND, Clock, gateway_clock
from gateway.model.reading import Quality, Reading
from gateway.model.rule import Happened, InState, Rule, Side, Threshold
from gateway.model.ticket import Act, Doing, TicketState
from tests.gateway.alarming import desk_of
from tests.gateway.samples import BREACH, LOW_WATER, NOON, PROPPED, RULES, reading, site
from tests.waiting import until


@asynccontextmanager
async def running(
    folder: Path, ledger: Ledger, rules: tuple[Rule, ...] = RULES, clock: Clock = lambda: NOON
) -> AsyncIterator[tuple[Journal, Desk]]:
    """An alarm service that follows the journal in `folder`, and a desk. Time stands still unless
    a clock is given: only readings move it."""
    here, feed = site(folder, rules), Feed()
    async with Journal(folder / "journal.db") as journal:
        service = AlarmService(here, journal, ledger, feed, clock, TicketBook().announce)
        task = asyncio.create_task(service.run())
        try:
            yield _Followed(journal, service), desk_of(here, ledger, clock, feed)
        finally:
            task.cancel()
            await asyncio.wait([task])


class _Followed(Journal):
    """A journal whose append returns when the alarm service has dealt with the readings."""

    def __init__(self, journal: Journal, service: AlarmService) -> None:
        self._followed, self._service = journal, service

    async def append(self, readings: list[Reading]) -> None:  # type: ignore[override]  # test's own
        await self._followed.append(readings)
        await until(lambda: self._service.cursor >= self._followed.last_seq)


async def test_an_alarm_opens_a_ticket_and_joins_it_when_it_comes_back(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("tank/level", 0.5)])
        (ticket,) = await desk.tickets()
        assert (ticket.number, ticket.key, ticket.state) == (1, LOW_WATER.id, TicketState.NEW)
        await journal.append([reading("tank/level", 2.0, SECOND)])
        await journal.append([reading("tank/level", 0.4, 2 * SECOND)])
        file = await desk.ticket(1)
        assert [entry.what for entry in file.entries] == ["opened", "cleared", "joined"]
        (alarm,) = file.alarms
        assert (alarm.attention, alarm.occurrences) == (Attention.UNACK, 2)
        assert alarm.evidence is not None
        assert alarm.evidence.value == 0.4
        assert [t.number for t in await desk.tickets()] == [1]


async def test_readings_counted_before_a_restart_count_after_it(
    tmp_path: Path, ledger: Ledger
) -> None:
    counted = replace(LOW_WATER, needed=2, of=3)
    async with running(tmp_path, ledger, (counted,)) as (journal, desk):
        await journal.append([reading("tank/level", 0.5)])
    async with running(tmp_path, ledger, (counted,)) as (journal, desk):
        await journal.append([reading("tank/level", 2.0, SECOND)])
        assert await desk.tickets() == []
        await journal.append([reading("tank/level", 0.4, 2 * SECOND)])
        assert [ticket.key for ticket in await desk.tickets()] == [counted.id]


async def test_a_ticket_closed_a_day_ago_is_not_reopened_and_the_next_number_follows(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("tank/level", 0.5), reading("tank/level", 2.0)])
        for act in (Act.ACKNOWLEDGE, Act.RESOLVE, Act.CLOSE):
            await desk.act(1, Doing(act), who=Actor("li"), version=None)
        await journal.append([reading("tank/level", 0.5, DAY)])
        assert [ticket.number for ticket in await desk.tickets()] == [2]
        assert [ticket.number for ticket in await desk.tickets(closed=True)] == [2, 1]


async def test_an_alarm_that_ends_after_its_ticket_was_closed_opens_no_other(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("tank/level", 0.5)])
        for act in (Act.ACKNOWLEDGE, Act.RESOLVE, Act.CLOSE):
            await desk.act(1, Doing(act, "float switch on order"), who=Actor("li"), version=None)
        closed = (await desk.ticket(1)).ticket
        await journal.append([reading("tank/level", 2.0, SECOND)])
        file = await desk.ticket(1)
        assert (file.ticket.state, file.ticket.closed_at) == (closed.state, closed.closed_at)
        assert file.entries[-1].what == "cleared"
        assert await desk.tickets() == []


async def test_the_timer_raises_a_propped_door_without_any_news(
    tmp_path: Path, ledger: Ledger
) -> None:
    soon = replace(PROPPED, raise_after=50 * MILLISECOND)
    clock = gateway_clock()
    now = clock()
    async with running(tmp_path, ledger, (soon,), clock) as (journal, desk):
        await journal.append([Reading("door/contact", "open", now, now)])
        async with asyncio.timeout(10):
            while not (raised := await desk.alarms()):
                pass
        assert raised[0].raised_at == now + 50 * MILLISECOND


@pytest.mark.promise("S10")
async def test_a_restart_carries_on_with_pending_doors_alarms_and_guards(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append(
            [
                reading("door/contact", "open"),
                reading("zone/mode", "disarmed"),
                reading("tank/level", 0.5),
            ]
        )
        await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("camera/crossing", {}, 29 * SECOND)])
        (alarm,) = await desk.alarms()
        assert (alarm.rule, alarm.attention) == (LOW_WATER.id, Attention.ACKED)
        await journal.append([reading("door/contact", "open", 30 * SECOND)])
        assert {a.rule for a in await desk.alarms()} == {LOW_WATER.id, PROPPED.id}
        await journal.append([reading("tank/level", 2.0, 31 * SECOND)])
        assert {a.rule for a in await desk.alarms()} == {PROPPED.id}


@pytest.mark.promise("S10")
async def test_an_acknowledgement_outlives_restarts_and_cannot_be_made_twice(
    tmp_path: Path, ledger: Ledger
) -> None:
    """Phoebus 3078: acknowledgements lost on restart."""
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("tank/level", 0.5)])
        (seen,) = await desk.alarms()
        given = await desk.acknowledge(seen.id, who=Actor("li"), occurrence=1, sequence=1)
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("tank/level", 0.5, SECOND)])
        assert await desk.alarms() == [given]
        for sequence, told in ((1, "has changed since"), (given.sequence, "cannot acknowledge")):
            with pytest.raises(Refused, match=told):
                await desk.acknowledge(seen.id, who=Actor("li"), occurrence=1, sequence=sequence)


async def test_an_acknowledged_breach_asks_again_for_a_second_intruder(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger, (BREACH,)) as (journal, desk):
        await journal.append([reading("camera/crossing", {"snapshot": "1.jpg"})])
        await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
        await journal.append([reading("camera/crossing", {"snapshot": "2.jpg"}, SECOND)])
        (alarm,) = await desk.alarms()
        assert alarm.attention is Attention.UNACK
        assert alarm.evidence is not None
        assert alarm.evidence.value == {"snapshot": "2.jpg"}
        await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)


async def test_an_alarm_whose_rule_left_the_site_file_returns_with_that_reason(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("tank/level", 0.5)])
    async with running(tmp_path, ledger, (PROPPED,)) as (journal, desk):
        await journal.append([reading("tank/level", 0.5)])
        (alarm,) = await desk.alarms()
        assert (alarm.attention, alarm.active) == (Attention.RTN_UNACK, False)
        reason = sa.select(alarms.alarm_change.c.reason).where(alarms.alarm_change.c.sequence == 2)
        told = await ledger.transact(lambda connection: connection.execute(reason).scalar_one())
        assert told == "its rule is no longer in the site file"


async def test_a_rule_that_is_new_looks_at_what_the_site_looks_like_already(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger, rules=(PROPPED,)) as (journal, _):
        await journal.append([reading("tank/level", 0.5), reading("door/contact", "open")])
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("zone/mode", "armed")])
        (alarm,) = await desk.alarms()
        assert (alarm.rule, alarm.occurrences) == (LOW_WATER.id, 1)
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("tank/level", 0.4, after=SECOND)])
        (alarm,) = await desk.alarms()
        assert alarm.occurrences == 1


async def test_a_guard_that_left_its_rule_hides_no_breach(tmp_path: Path, ledger: Ledger) -> None:
    unguarded = replace(BREACH, when=Happened("camera/crossing"))
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("zone/mode", "disarmed"), reading("camera/crossing", {})])
        assert await desk.alarms() == []
    async with running(tmp_path, ledger, rules=(unguarded,)) as (journal, desk):
        await journal.append([reading("camera/crossing", {}, after=SECOND)])
        assert [alarm.rule for alarm in await desk.alarms()] == [BREACH.id]


async def test_a_guard_whose_states_changed_is_judged_anew(tmp_path: Path, ledger: Ledger) -> None:
    guard = InState("zone/mode", frozenset({"armed"}))  # the other way round
    changed = replace(BREACH, when=Happened("camera/crossing", guard))
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("zone/mode", "disarmed"), reading("tank/level", 0.5)])
    async with running(tmp_path, ledger, rules=(changed, LOW_WATER)) as (journal, desk):
        await journal.append([reading("camera/crossing", {}, after=SECOND)])
        assert BREACH.id in [alarm.rule for alarm in await desk.alarms()]


async def test_a_ledger_that_was_away_costs_no_alarm(tmp_path: Path, ledger: Ledger) -> None:
    flaky = _Flaky(ledger)
    async with running(tmp_path, flaky) as (journal, desk):
        await journal.append([reading("tank/level", 2.0)])
        flaky.away = 1
        await journal.append([reading("tank/level", 0.5, SECOND)])
        assert [ticket.number for ticket in await desk.tickets()] == [1]
        assert flaky.away == 0


class _Flaky(Ledger):
    """A ledger that cannot be reached for the next `away` transactions."""

    def __init__(self, ledger: Ledger) -> None:
        self._real = ledger
        self.away = 0

    async def transact(self, work):  # type: ignore[no-untyped-def]  # as Ledger.transact
        if self.away:
            self.away -= 1
            raise Unreachable("ledger", "away on purpose")
        return await self._real.transact(work)


async def test_many_readings_without_a_change_keep_the_cursor_moving(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as (journal, _):
        await journal.append([reading("tank/level", 2.0, i) for i in range(6_000)])
    kept = sa.select(progress.cursor.c.seq).where(progress.cursor.c.follower == FOLLOWER)
    assert await ledger.transact(lambda connection: connection.execute(kept).scalar_one()) >= 5_000


async def test_offline_is_an_alarm_and_nothing_else_clears(tmp_path: Path, ledger: Ledger) -> None:
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading("tank/level", 0.5)])
        await journal.append([reading("tank/level", None, SECOND, Quality.OFFLINE)])
        active = {alarm.rule for alarm in await desk.alarms() if alarm.active}
        assert active == {"tank/low-level", "tank/offline"}


async def test_a_flood_of_alarms_is_seen_before_its_last_is_written(
    tmp_path: Path, ledger: Ledger
) -> None:
    pumps = range(300)
    flood = tuple(
        replace(LOW_WATER, id=f"tank/{n}", when=Threshold(f"tank/{n}", Side.BELOW, 1.0))
        for n in pumps
    )
    seen: list[int] = []

    async with running(tmp_path, ledger, flood) as (journal, desk):
        written = asyncio.create_task(journal.append([reading(f"tank/{n}", 0.5) for n in pumps]))
        while not written.done():
            seen.append(len(await desk.alarms()))
            await asyncio.sleep(0)
        await written
        assert len(await desk.alarms()) == 300
    assert any(0 < count < 300 for count in seen)


async def test_a_disk_that_is_nearly_full_is_a_ticket_of_the_gateways_own(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with running(tmp_path, ledger) as (journal, desk):
        await journal.append([reading(diagnostics.DISK, diagnostics.LOW)])
        (ticket,) = await desk.tickets()
        assert (ticket.key, ticket.place.zh) == ("gateway/disk-low", "网关")
        await journal.append([reading(diagnostics.DISK, diagnostics.AMPLE, SECOND)])
        assert [alarm.active for alarm in await desk.alarms()] == [False]
