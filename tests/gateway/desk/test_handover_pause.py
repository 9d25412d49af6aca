"""Hand-overs by the alarm service's own timer, over a pause of the gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa

from gateway.desk_wiring import DeskParts, wire_desk
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside
from gateway.model.clock import HOUR, MINUTE
from tests.gateway.desk.duty_desk import at
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import site


@asynccontextmanager
async def gateway(folder: Path, ledger: Ledger, clock: HandClock) -> AsyncIterator[DeskParts]:
    """Running, as far as desk and alarms go."""
    async with Journal(folder / "journal.db", clock(), clock) as journal:
        parts = await wire_desk(site(folder), journal, ledger, Feed(), clock)
        running = asyncio.create_task(parts.alarms.run())
        yield parts
        running.cancel()
        await asyncio.wait([running])


async def late(parts: DeskParts) -> list[bool]:
    """Of each hand-over, oldest first."""
    return [h.late_at is not None for h in reversed(await parts.shifts.handovers())]


async def test_shifts_missed_in_a_pause_have_one_late_hand_over_each(
    ledger: Ledger, tmp_path: Path
) -> None:
    clock = HandClock(at("2026-01-05T10:00"))
    async with gateway(tmp_path, ledger, clock) as parts:
        assert await late(parts) == [False]
    clock.now += 27 * HOUR
    for _ in range(2):  # a second start finds all done
        async with gateway(tmp_path, ledger, clock) as parts:
            async with asyncio.timeout(20):
                while await late(parts) != [True, True, True, False]:
                    await asyncio.sleep(0.002)
    told = sa.select(outside.notice.c.key).order_by(outside.notice.c.id)
    keys = await ledger.transact(lambda db: db.execute(told).scalars().all())
    assert keys == ["hand-over/3/late"]


async def test_a_running_gateway_begins_the_next_shift_and_marks_the_last_one_late(
    ledger: Ledger, tmp_path: Path
) -> None:
    clock = HandClock(at("2026-01-05T14:59"))
    async with gateway(tmp_path, ledger, clock) as parts:
        for passed, expected in ((MINUTE, [False, False]), (15 * MINUTE, [True, False])):
            clock.now += passed
            parts.alarms.wake()
            async with asyncio.timeout(20):
                while await late(parts) != expected:
                    await asyncio.sleep(0.002)
