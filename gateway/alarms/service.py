"""The alarm service: follows the journal, keeps alarms and their tickets in the ledger.

What a batch of readings changes, the tickets that opens or joins, and the cursor are one ledger
transaction, so a crash at any instant repeats or loses nothing. Time is the journal's: when a
deadline is due this service, the only timer, appends a tick, and the tick moves the conditions when
it comes by; so do the ledger's timers (gateway/ledger/timers.py), those of the desk too. What comes
of it is therefore the same on every reading of the same journal.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import sqlalchemy as sa

from gateway import diagnostics
from gateway.alarms import records
from gateway.alarms.evaluation import Evaluation, Start, Turn
from gateway.alarms.lifecycle import Move
from gateway.errors import Unreachable
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger import tables, timers
from gateway.ledger.ledger import Ledger
from gateway.ledger.timers import RunOut, TimerKind
from gateway.model.alarm import Alarm
from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.reading import TICK, Reading
from gateway.model.rule import Rule
from gateway.model.ticket import Ticket
from gateway.site.model import Site

logger = logging.getLogger(__name__)

FOLLOWER = "alarms"
CURSOR_EVERY = 5_000
"""Readings without a change after which the cursor is kept all the same. They would be read again
after a restart, with the same result."""

TURNS = 100
"""Turns after which a transaction ends: in a flood of alarms the first are seen, and acted upon,
before the last are written."""

RETRY_SECONDS = 1.0

Announce = Callable[[sa.Connection, Rule | None, Alarm, Move, Micros], Ticket]
"""Opens or joins the ticket of an alarm that was raised or returned, in the same
transaction. The rule is None where the site file no longer has it."""

RunOuts = Mapping[TimerKind, RunOut]


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
    ) -> None:
        self._rules = (*site.rules, *diagnostics.rules(histories))
        self._places = {device.id: device.place for device in site.devices}
        self._places[diagnostics.DEVICE] = diagnostics.PLACE
        self._journal = journal
        self._ledger = ledger
        self._feed = feed
        self._clock = clock
        self._announce = announce
        self._run_outs = run_outs or {}
        self._evaluation = Evaluation((), {}, Start(0, 0))
        self._timer: Micros | None = None
        self._timers_changed = False
        self._moved = asyncio.Event()
        self.cursor = 0
        self.is_placed = False
        """Whether the ledger has told `cursor` yet, which says nothing before."""
        self.fault: str | None = None

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

    def wake(self) -> None:
        """Somebody else's transaction may have started a timer."""
        self._timers_changed = True
        self._moved.set()

    async def _load(self) -> None:
        now = self._clock()
        start = Start(now, self._journal.last_seq)
        rules = [rule.id for rule in self._rules]

        def work(connection: sa.Connection) -> tuple[int, list[Alarm | Ticket], Evaluation]:
            changed: list[Alarm | Ticket] = []
            for alarm in records.drop_rules(connection, rules, now):
                changed += self._tell(connection, None, alarm, Move.RETURN, now)
            conditions = records.load_conditions(connection)
            return _kept_cursor(connection), changed, Evaluation(self._rules, conditions, start)

        self.cursor, changed, self._evaluation = await self._ledger.transact(work)
        self.is_placed = self._timers_changed = True
        self._note_fault(None)
        self._feed.publish(changed)
        await self._look_again()

    async def _look_again(self) -> None:
        """A rule, or its guard, may be new or changed since the readings before the cursor came:
        what they say now counts. Where nothing changed this changes nothing; events are past."""
        newest = await self._journal.latest(until=self.cursor)
        standing = [r for r in newest.values() if not isinstance(r.value, Mapping)]
        standing.sort(key=lambda reading: reading.seq or 0)
        turns = [turn for reading in standing for turn in self._evaluation.take(reading)]
        if turns:
            self._feed.publish(await self._record(turns, self.cursor))

    async def _follow(self) -> None:
        kept = seq = self.cursor
        async for batch in self._journal.follow(self.cursor):
            turns: list[Turn] = []
            for reading in batch:
                now = self._evaluation.present(reading)
                if self._timer is not None and self._timer <= now:
                    self._feed.publish(await self._record(turns, seq))
                    kept, turns = seq, []
                    await self._run_out(now)
                turns += self._evaluation.take(reading)
                last = reading is batch[-1]
                seq = reading.seq or seq
                if len(turns) >= TURNS or (last and (turns or seq - kept >= CURSOR_EVERY)):
                    self._feed.publish(await self._record(turns, seq))
                    kept, turns = seq, []
            self.cursor = seq
            self._moved.set()

    async def _tick(self) -> None:
        while True:
            self._moved.clear()
            if self._timers_changed:
                self._timers_changed = False
                self._timer = await self._ledger.transact(timers.next_due)
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

    async def _run_out(self, now: Micros) -> None:
        def work(connection: sa.Connection) -> tuple[list[Alarm | Ticket], Micros | None]:
            changed: dict[tuple[type[Alarm | Ticket], int], Alarm | Ticket] = {}
            for timer in timers.take_due(connection, now):
                for record in self._run_outs[timer.kind](connection, timer, now):
                    changed[_identity(record)] = record
            return list(changed.values()), timers.next_due(connection)

        changed, self._timer = await self._ledger.transact(work)
        self._feed.publish(changed)

    async def _record(self, turns: Sequence[Turn], seq: int) -> list[Alarm | Ticket]:
        def work(connection: sa.Connection) -> tuple[list[Alarm | Ticket], Micros | None]:
            changed: dict[tuple[type[Alarm | Ticket], int], Alarm | Ticket] = {}
            for turn in turns:
                records.save_condition(connection, turn.after)
                for record in self._apply(connection, turn):
                    changed[_identity(record)] = record
            connection.execute(tables.cursor.delete().where(tables.cursor.c.follower == FOLLOWER))
            connection.execute(tables.cursor.insert().values(follower=FOLLOWER, seq=seq))
            return list(changed.values()), timers.next_due(connection)

        changed, self._timer = await self._ledger.transact(work)
        return changed

    def _apply(self, connection: sa.Connection, turn: Turn) -> tuple[Alarm | Ticket, ...]:
        rule, at = turn.rule, turn.at
        if turn.raised or turn.repeated:
            place = self._places[rule.device]
            alarm = records.raise_alarm(connection, rule, place, turn.after.evidence, at)
            return self._tell(connection, rule, alarm, Move.RAISE, at)
        standing = records.find_open(connection, rule.id) if turn.returned else None
        if standing is None:
            return ()
        alarm = records.move_alarm(connection, standing, Move.RETURN, latching=rule.latching, at=at)
        return self._tell(connection, rule, alarm, Move.RETURN, at)

    def _tell(
        self, connection: sa.Connection, rule: Rule | None, alarm: Alarm, move: Move, at: Micros
    ) -> tuple[Alarm, Ticket]:
        ticket = self._announce(connection, rule, alarm, move, at)
        return records.attach_ticket(connection, alarm, ticket.number), ticket

    def _note_fault(self, fault: str | None) -> None:
        if fault != self.fault:
            logger.log(
                logging.WARNING if fault is None else logging.CRITICAL,
                "alarm service %s",
                "follows the journal again" if fault is None else f"waits: {fault}",
            )
        self.fault = fault


def _identity(record: Alarm | Ticket) -> tuple[type[Alarm | Ticket], int]:
    return type(record), record.id if isinstance(record, Alarm) else record.number


def _kept_cursor(connection: sa.Connection) -> int:
    query = sa.select(tables.cursor.c.seq).where(tables.cursor.c.follower == FOLLOWER)
    return int(connection.execute(query).scalar_one_or_none() or 0)
