"""Timers with the alarm service running: none that fails stops the others, none is overlooked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from gateway.alarms import records
from gateway.alarms.guarded import AGAIN_AFTER
from gateway.alarms.service import AlarmService
from gateway.desk.tickets import TicketBook
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger import timers
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import progress
from gateway.ledger.timers import RunOut, Timer, TimerKind
from gateway.model.alarm import Alarm
from gateway.model.clock import DAY, HOUR, SECOND, Micros
from gateway.model.reading import TICK, Reading
from gateway.model.rule import Rule
from gateway.model.ticket import Ticket
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import LOW_WATER, NOON, TANK_OFFLINE, reading, site
from tests.waiting import until

T = TypeVar("T")

CHILD = replace(LOW_WATER, parents=(TANK_OFFLINE.id,))
HOLD = Timer(TimerKind.HOLD, "7", NOON)


@dataclass(slots=True)
class Following:
    """An alarm service, the journal it follows and the clock of both."""

    journal: Journal
    service: AlarmService
    clock: HandClock = field(default_factory=HandClock)

    async def hear(self, *readings: Reading) -> None:
        """Returns when the alarm service has dealt with them."""
        await self.journal.append(readings)
        await self.service.passed(self.journal.last_seq)


@asynccontextmanager
async def following(
    folder: Path,
    ledger: Ledger,
    rules: tuple[Rule, ...],
    run_outs: Mapping[TimerKind, RunOut] | None = None,
    now: Micros = NOON,
) -> AsyncIterator[Following]:
    clock = HandClock(now)
    async with Journal(folder / "journal.db") as journal:
        announce = TicketBook().announce
        here = site(folder, rules)
        service = AlarmService(here, journal, ledger, Feed(), clock, announce, run_outs=run_outs)
        task = asyncio.create_task(service.run())
        try:
            await until(lambda: service.is_placed)
            yield Following(journal, service, clock)
        finally:
            task.cancel()
            await asyncio.wait([task])


class Failing:
    """What a timer does: it writes, and then fails until it is mended."""

    def __init__(self) -> None:
        self.mended = False
        self.tried: list[Micros] = []

    def run_out(
        self, connection: sa.Connection, timer: Timer, now: Micros
    ) -> Sequence[Alarm | Ticket]:
        self.tried.append(now)
        timers.start(connection, Timer(TimerKind.SHIFT, "written", NOON + DAY))
        if not self.mended:
            raise LookupError(f"there is no ticket {timer.subject}")
        return ()


async def started(ledger: Ledger, *begun: Timer) -> None:
    await ledger.transact(lambda connection: timers.start_all(connection, begun))


async def presented(ledger: Ledger) -> list[str]:
    return [alarm.rule for alarm in await ledger.transact(records.list_alarms)]


def tick(after: Micros) -> Reading:
    return reading(TICK, 0.0, after)


async def test_a_timer_that_fails_stops_no_alarm_and_is_tried_again(
    tmp_path: Path, ledger: Ledger
) -> None:
    failing = Failing()
    await started(ledger, HOLD)
    run_outs = {HOLD.kind: failing.run_out}
    async with following(tmp_path, ledger, (CHILD, TANK_OFFLINE), run_outs) as f:
        await f.hear(reading("tank/level", 0.5, SECOND))
        assert f.service.fault == "timer hold 7 fails: there is no ticket 7"
        await f.hear(tick(7 * SECOND))
        assert await presented(ledger) == [CHILD.id]
        left = await ledger.transact(timers.standing)
        assert left == {(TimerKind.HOLD, "7")}  # what it wrote before it failed is undone
        failing.mended = True
        await f.hear(tick(HOUR))
        await until(lambda: f.service.fault is None)
    assert failing.tried[0] in (NOON, NOON + SECOND)
    assert failing.tried[-1] - failing.tried[0] >= AGAIN_AFTER


async def test_a_timer_that_fails_and_is_stopped_fails_no_more(
    tmp_path: Path, ledger: Ledger
) -> None:
    await started(ledger, HOLD)
    async with following(tmp_path, ledger, (CHILD,), {HOLD.kind: Failing().run_out}) as f:
        await f.hear(tick(SECOND))
        assert f.service.fault is not None
        await ledger.transact(lambda connection: timers.stop(connection, HOLD.kind, HOLD.subject))
        f.service.wake()
        await until(lambda: f.service.fault is None)


async def test_what_a_timer_asks_of_the_database_in_vain_is_its_own_fault(
    tmp_path: Path, ledger: Ledger
) -> None:
    def twice(connection: sa.Connection, _: Timer, now: Micros) -> Sequence[Alarm | Ticket]:
        row = {"kind": "hold", "subject": "same", "due_at": now + HOUR}
        connection.execute(progress.timer.insert(), [row, row])
        return ()

    await started(ledger, HOLD)
    async with following(tmp_path, ledger, (LOW_WATER,), {HOLD.kind: twice}) as f:
        await f.hear(reading("tank/level", 0.5, SECOND))
        assert f.service.fault is not None
        assert await presented(ledger) == [LOW_WATER.id]


async def test_a_clock_that_was_days_ahead_puts_no_escalation_off_for_days(
    tmp_path: Path, ledger: Ledger
) -> None:
    ahead, rising = 3 * DAY, Failing()
    rising.mended = True
    run_outs = {TimerKind.ESCALATE: rising.run_out}
    async with following(tmp_path, ledger, (CHILD,), run_outs, NOON + ahead) as f:
        await f.hear(tick(ahead))
        await started(ledger, Timer(TimerKind.ESCALATE, "7/1", NOON + ahead + HOUR))
    for _ in range(2):
        async with following(tmp_path, ledger, (CHILD,), run_outs) as f:
            assert rising.tried == []
    async with following(tmp_path, ledger, (CHILD,), run_outs) as f:
        await f.hear(tick(HOUR))
        assert rising.tried == [NOON + HOUR]


class _SlowToBegin(Ledger):
    """A ledger that begins one transaction late, when `held`."""

    def __init__(self, ledger: Ledger) -> None:
        self._real = ledger
        self.held: asyncio.Event | None = None
        self.waiting = False

    async def transact(self, work: Callable[[sa.Connection], T]) -> T:
        if self.held is not None and not self.waiting:
            self.waiting = True
            await self.held.wait()
        return await self._real.transact(work)


async def test_what_somebody_elses_timer_is_for_happens_with_the_next_reading(
    tmp_path: Path, ledger: Ledger
) -> None:
    slow, resuming = _SlowToBegin(ledger), Failing()
    resuming.mended = True
    async with following(tmp_path, slow, (CHILD,), {HOLD.kind: resuming.run_out}) as f:
        await started(ledger, replace(HOLD, due_at=NOON + SECOND))
        slow.held = asyncio.Event()
        f.service.wake()
        await until(lambda: slow.waiting)  # it has not been looked for yet
        await f.hear(tick(HOUR), tick(2 * HOUR))
        slow.held.set()
        assert resuming.tried == [NOON + HOUR]


class _SlowToAnswer(Ledger):
    """A ledger whose answers reach the loop late, while `held`."""

    def __init__(self, ledger: Ledger) -> None:
        self._real = ledger
        self.held = asyncio.Event()
        self.held.set()
        self.waiting = 0

    async def transact(self, work: Callable[[sa.Connection], T]) -> T:
        answer = await self._real.transact(work)
        if not self.held.is_set() and not self.waiting:
            self.waiting += 1
            await self.held.wait()
        return answer


async def test_a_timer_started_while_somebody_elses_is_looked_for_is_not_overlooked(
    tmp_path: Path, ledger: Ledger
) -> None:
    slow = _SlowToAnswer(ledger)
    async with following(tmp_path, slow, (CHILD, TANK_OFFLINE)) as f:
        await f.hear(reading("tank/level", 2.0))
        slow.held.clear()
        f.service.wake()
        await until(lambda: slow.waiting)
        await f.hear(reading("tank/level", 0.5, SECOND))  # waits for its parent's alarm
        slow.held.set()
        f.clock.now = NOON + HOUR
        await until(lambda: f.journal.last_seq > 2)
        await f.service.passed(3)
        assert await presented(ledger) == [CHILD.id]
