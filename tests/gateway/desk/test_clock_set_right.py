"""A wall clock that was days ahead, and is set right: nothing is due, or late, days too late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa

from gateway.desk.clocks import runs_out_at
from gateway.desk_wiring import DeskParts, wire_desk
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import desk, outside, progress
from gateway.ledger.timers import TimerKind
from gateway.model.actor import Actor
from gateway.model.clock import DAY, HOUR, MINUTE, Micros
from gateway.model.reading import TICK, Reading
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import Act, Call, ClockKind, Doing, Report, TicketClock
from tests.gateway.desk.duty_desk import at
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import site

LI = Actor("li")
LEAK = Report(Call("Wang", "138", "A leak", where="3-1201"), JobKind.REPAIR, Priority.HIGH)
TEN = at("2026-01-05T10:00")
AHEAD = 3 * DAY


@asynccontextmanager
async def gateway(folder: Path, ledger: Ledger, clock: HandClock) -> AsyncIterator[DeskParts]:
    """Running, as far as desk and alarms go, when it has heard of the present."""
    async with Journal(folder / "journal.db", clock(), clock) as journal:
        parts = await wire_desk(site(folder), journal, ledger, Feed(), clock)
        running = asyncio.create_task(parts.alarms.run())
        try:
            await journal.append([Reading(TICK, 0.0, clock(), clock())])
            await parts.alarms.passed(journal.last_seq)
            yield parts
        finally:
            running.cancel()
            await asyncio.wait([running])


async def clocks_of(parts: DeskParts, number: int) -> dict[ClockKind, TicketClock]:
    return {clock.kind: clock for clock in (await parts.desk.ticket(number)).clocks}


async def due(ledger: Ledger) -> dict[str, Micros]:
    """The timers of clocks, by their subject."""
    timer = progress.timer.c
    query = sa.select(timer.subject, timer.due_at).where(timer.kind == TimerKind.CLOCK)
    return await ledger.transact(lambda db: {row[0]: row[1] for row in db.execute(query)})


async def test_a_tickets_clocks_are_due_by_the_right_clock(ledger: Ledger, tmp_path: Path) -> None:
    clock = HandClock(TEN)
    async with gateway(tmp_path, ledger, clock) as parts:
        await parts.desk.open(LEAK, who=LI)
        by_the_right_one = await clocks_of(parts, 1)
    clock.now = TEN + AHEAD
    async with gateway(tmp_path, ledger, clock) as parts:
        await parts.desk.open(LEAK, who=LI)
    clock.now = TEN
    for _ in range(2):  # a second start finds all done
        async with gateway(tmp_path, ledger, clock) as parts:
            found = await clocks_of(parts, 2)
            assert {kind: each.due_at - TEN for kind, each in found.items()} == {
                kind: each.due_at - TEN for kind, each in by_the_right_one.items()
            }
            timers = await due(ledger)
            for each in found.values():
                assert timers[f"2/{each.kind}/1"] == runs_out_at(each)


async def test_work_resumed_by_a_clock_days_ahead_is_due_by_the_right_one(
    ledger: Ledger, tmp_path: Path
) -> None:
    clock = HandClock(TEN)
    async with gateway(tmp_path, ledger, clock) as parts:
        await parts.desk.open(LEAK, who=LI)
        for doing in (Doing(Act.ACKNOWLEDGE), Doing(Act.HOLD, "rain", until=TEN + 9 * DAY)):
            await parts.desk.act(1, doing, who=LI, version=None)
        left = (await clocks_of(parts, 1))[ClockKind.RESOLVE].left
    clock.now = TEN + AHEAD
    async with gateway(tmp_path, ledger, clock) as parts:
        await parts.desk.act(1, Doing(Act.RESUME), who=LI, version=None)
    clock.now = TEN + HOUR
    async with gateway(tmp_path, ledger, clock) as parts:
        resumed = (await clocks_of(parts, 1))[ClockKind.RESOLVE]
        assert (resumed.started_at, resumed.due_at) == (TEN, TEN + HOUR + (left or 0))


async def test_a_hand_over_called_late_by_a_clock_days_ahead_is_late_in_its_time(
    ledger: Ledger, tmp_path: Path
) -> None:
    async def late() -> list[int]:
        query = sa.select(desk.handover.c.id).where(desk.handover.c.late_at.is_not(None))
        found = await ledger.transact(lambda db: db.execute(query).scalars().all())
        return sorted(found)

    async def told() -> list[str]:
        query = sa.select(outside.notice.c.key).order_by(outside.notice.c.id)
        return list(await ledger.transact(lambda db: db.execute(query).scalars().all()))

    clock = HandClock(TEN)
    async with gateway(tmp_path, ledger, clock):
        assert await late() == []
    clock.now = TEN + 6 * HOUR + AHEAD  # the first shift ended at 15:00
    async with gateway(tmp_path, ledger, clock):
        assert (await late())[:2] == [1, 2]
        assert await told() == ["hand-over/10/late"]
    clock.now = TEN
    async with gateway(tmp_path, ledger, clock):
        assert await late() == []
    for hours, expected in ((0, []), (6, [1]), (14, [1, 2])):
        clock.now = TEN + hours * HOUR
        async with gateway(tmp_path, ledger, clock):
            assert await late() == expected
    clock.now = TEN + 6 * HOUR + AHEAD + MINUTE
    async with gateway(tmp_path, ledger, clock):
        assert await late() == list(range(1, 11))
        assert (await told())[-1] == "hand-over/10/late"
