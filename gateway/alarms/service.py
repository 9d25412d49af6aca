"""The alarm service: follows the journal, keeps alarms and their tickets in the ledger.

What a batch of readings changes, the tickets that opens or joins, and the cursor are one ledger
transaction, so a crash at any instant repeats or loses nothing. Time is the journal's: when a
deadline is due this service, the only timer, appends a tick, and the tick moves the conditions when
it comes by; so do the ledger's timers (gateway/ledger/timers.py), those of the desk too. What comes
of it is therefore the same on every reading of the same journal.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress

import sqlalchemy as sa

from gateway.alarms import records
from gateway.alarms.announce import Announce
from gateway.alarms.book import AlarmBook
from gateway.alarms.bypasses import Bypasses
from gateway.alarms.dealt_with import DealtWith
from gateway.alarms.evaluation import Evaluation, Start
from gateway.alarms.guarded import Guarded
from gateway.alarms.steps import Step, take_steps
from gateway.alarms.work import AlarmWork
from gateway.errors import Unreachable
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger import timers
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import progress
from gateway.ledger.timers import Ahead, RunOuts, SetRight
from gateway.ledger.upsert import upsert
from gateway.model.alarm import Alarm
from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.reading import TICK, Reading
from gateway.model.ticket import Ticket
from gateway.site.model import Site

logger = logging.getLogger(__name__)

FOLLOWER = "alarms"
SET_RIGHT = "clock set right"
"""Kept under this name: the last instant shown by a clock that was ahead, put right since."""

CURSOR_EVERY = 5_000
"""Readings without a change after which the cursor is kept all the same. They would be read again
after a restart, with the same result."""

TURNS = 100
"""Turns after which a transaction ends: in a flood of alarms the first are seen, and acted upon,
before the last are written."""

RETRY_SECONDS = 1.0


class AlarmService:
    """One per gateway; `run` is its life."""

    def __init__(
        self,
        site: Site,
        journal: Journal,
        ledger: Ledger,
        feed: Feed,
        clock: Clock,
        announce: Announce,
        histories: tuple[str, ...] = (),
        run_outs: RunOuts | None = None,
        receivers: tuple[str, ...] = (),
        dealt_with: DealtWith | None = None,
        set_right: Sequence[SetRight] = (),
    ) -> None:
        self._dealt_with = dealt_with
        self._set_right = set_right
        self.book = AlarmBook.of(site, announce, histories, receivers)
        self._bypasses = Bypasses(site)
        self._journal = journal
        self._ledger = ledger
        self._feed = feed
        self._clock = clock
        self._guarded = Guarded({**self.book.run_outs(), **(run_outs or {})})
        self._evaluation = Evaluation((), {}, Start(0, 0))
        self._timer: Micros | None = None
        self._timers_changed = False
        self._moved = asyncio.Event()
        self._passed = asyncio.Event()
        self.cursor = 0
        self.is_placed = False
        """Whether the ledger has told `cursor` yet, which says nothing before."""
        self._waits: str | None = None
        self._left_out: str | None = None

    @property
    def fault(self) -> str | None:
        """What keeps it from following the journal, or what of its work fails; None while all is
        well."""
        return self._waits or self._left_out or self._guarded.fault

    async def run(self) -> None:
        """Follow the journal for ever. While the ledger cannot be reached it waits, and then goes
        on from what the ledger holds."""
        while True:
            try:
                await self._load()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._follow(), name="alarms: follow")
                    tasks.create_task(self._tick(), name="alarms: tick")
            except* Unreachable as unreachable:
                self._note_fault(str(unreachable.exceptions[0]))
            await asyncio.sleep(RETRY_SECONDS)

    async def passed(self, seq: int) -> None:
        """Returns once the readings up to that place have been dealt with, durably."""
        while not self.is_placed or self.cursor < seq:
            self._passed.clear()
            await self._passed.wait()

    def wake(self) -> None:
        """Somebody else's transaction may have started a timer."""
        self._timers_changed = True
        self._moved.set()

    async def _load(self) -> None:
        now = self._clock()
        start = Start(now, self._journal.last_seq)
        newest = await self._journal.newest_at()

        def work(connection: sa.Connection) -> tuple[list[Alarm | Ticket], Evaluation]:
            rules = self.book.rules
            records.forget_conditions(connection, rules)
            conditions = records.load_conditions(connection)
            work = AlarmWork(connection)
            active = {rule for rule, condition in conditions.items() if condition.active}
            self.book.take_over(work, active, now)
            work.write()
            if newest > now and newest != _kept(connection, SET_RIGHT):
                self._put_right(connection, Ahead(now, newest - now))
            self.cursor = _kept(connection, FOLLOWER)
            self._look_at_timers(connection)
            self._bypasses.load(connection)
            return work.changed, Evaluation(rules.values(), conditions, start)

        changed, self._evaluation = await self._ledger.transact(work)
        if self._dealt_with is not None:
            await self._ledger.transact(self._dealt_with.load)
            self.cursor = max(self.cursor, self._dealt_with.since)
        self.is_placed = True
        self._note_fault(None)
        self._feed.publish(changed)
        await self._look_again()

    async def _look_again(self) -> None:
        """A rule, or its guard, may be new or changed since the readings before the cursor came:
        what they say now counts. Where nothing changed this changes nothing; events are past."""
        newest = await self._journal.latest(until=self.cursor)
        since = 0 if self._dealt_with is None else self._dealt_with.since
        standing = [
            reading
            for reading in newest.values()
            if not isinstance(reading.value, Mapping) and (reading.seq or 0) > since
        ]
        standing.sort(key=lambda reading: reading.seq or 0)
        for reading in standing:
            self._bypasses.note(reading)
        steps = [
            Step(self._evaluation.present(reading), tuple(self._evaluation.take(reading)))
            for reading in standing
        ]
        if self._bypasses.unsaved or any(step.turns for step in steps):
            await self._record(steps, self.cursor)

    async def _follow(self) -> None:
        kept = seq = self.cursor
        async for batch in self._journal.follow(self.cursor):
            steps: list[Step] = []
            waiting = 0
            if self._dealt_with is not None:
                await self._dealt_with.look_at(batch)
            for reading in batch:
                step = self._step(reading)
                self._bypasses.note(reading)
                seq = reading.seq or seq
                if step.turns or steps or self._is_due(step.now):
                    steps.append(step)
                    waiting += len(step.turns)
                if waiting >= TURNS or self._is_due(step.now):
                    await self._record(steps, seq)
                    kept, steps, waiting = seq, [], 0
            if steps or self._bypasses.unsaved or seq - kept >= CURSOR_EVERY:
                await self._record(steps, seq)
                kept = seq
            self.cursor = seq
            self._moved.set()
            self._passed.set()

    def _step(self, reading: Reading) -> Step:
        if not self._is_new(reading):
            return Step(self._evaluation.present(reading), ())
        turns = self._evaluation.take(reading)
        return Step(self._evaluation.now, tuple(turns))

    def _is_new(self, reading: Reading) -> bool:
        if self._dealt_with is None or not self._evaluation.looks_at(reading.point):
            return True
        return self._dealt_with.is_new(reading)

    def _is_due(self, now: Micros) -> bool:
        return self._timers_changed or (self._timer is not None and self._timer <= now)

    async def _tick(self) -> None:
        while True:
            self._moved.clear()
            if self._timers_changed:
                await self._ledger.transact(self._look_at_timers)
            due = (at for at in (self._evaluation.deadline, self._timer) if at is not None)
            deadline = min(due, default=None)
            wait = None if deadline is None else max(0.0, (deadline - self._clock()) / SECOND)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._moved.wait()
                continue
            now = self._clock()
            await self._journal.append([Reading(TICK, float(deadline or now), now, now)])
            await self._moved.wait()

    async def _record(self, steps: Sequence[Step], seq: int) -> None:
        """One transaction. Where a fault of ours is in the way, each step has one of its own, and
        only what fails by itself is left out, and told: all other alarms go on."""
        try:
            await self._record_together(steps, seq)
        except Unreachable:
            raise
        except Exception as error:
            if len(steps) > 1:
                for step in steps[:-1]:
                    await self._record([step], self.cursor)
                await self._record(steps[-1:], seq)
            elif steps:
                self._note_left_out(steps[0], error)
                await self._record_together((), seq)
            else:
                raise

    async def _record_together(self, steps: Sequence[Step], seq: int) -> None:
        def work(connection: sa.Connection) -> list[Alarm | Ticket]:
            changed = take_steps(connection, self.book, self._guarded.run_outs, steps)
            if self._dealt_with is not None:
                self._dealt_with.save(connection)
            self._bypasses.save(connection)
            upsert(connection, progress.cursor, [{"follower": FOLLOWER, "seq": seq}])
            self._look_at_timers(connection)
            return changed

        self._feed.publish(await self._ledger.transact(work))

    def _put_right(self, connection: sa.Connection, ahead: Ahead) -> None:
        for set_right in (timers.bring_forward, *self._set_right):
            set_right(connection, ahead)
        upsert(connection, progress.cursor, [{"follower": SET_RIGHT, "seq": ahead.newest}])

    def _look_at_timers(self, connection: sa.Connection) -> None:
        # In the ledger's own thread: an answer that comes back to the loop may be out of date by
        # then, and a timer started meanwhile would be overlooked.
        self._timer, self._timers_changed = timers.next_due(connection), False
        self._guarded.forget_stopped(connection)

    def _note_left_out(self, step: Step, error: Exception) -> None:
        rules = ", ".join(turn.rule.id for turn in step.turns) or "none"
        logger.critical("alarms of %s could not be recorded", rules, exc_info=error)
        self._left_out = f"alarms of {rules} could not be recorded: {error!r}"

    def _note_fault(self, fault: str | None) -> None:
        if fault != self._waits:
            logger.log(
                logging.WARNING if fault is None else logging.CRITICAL,
                "alarm service %s",
                "follows the journal again" if fault is None else f"waits: {fault}",
            )
        self._waits = fault


def _kept(connection: sa.Connection, follower: str) -> int:
    query = sa.select(progress.cursor.c.seq).where(progress.cursor.c.follower == follower)
    return int(connection.execute(query).scalar_one_or_none() or 0)
