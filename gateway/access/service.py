"""The access service: follows the journal, keeps every machine's state, says what follows.

The states and the cursor are kept in the ledger together, every second and at the end. After a
crash the readings since are read again: what came of them is in the journal already, under the
same numbers (engine.Turn.readings), and is left out there. What machines wish for is asked for
once: never for what was read again, for what was due before this start, nor, unless it is escape,
for what is told late.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from gateway.access.engine import Engine, Turn
from gateway.access.instants import CLOCKS_DIFFER
from gateway.access.machine import FIRE, AnyMachine, Shown, Wish
from gateway.access.states import Kept, States
from gateway.errors import Unreachable
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.command import LASTS_AT_MOST, Action
from gateway.model.reading import TICK, Reading

logger = logging.getLogger(__name__)

SAVE_SECONDS: Final = 1.0

SWITCHES: Final = frozenset({Action.SWITCH_ON, Action.SWITCH_OFF})
"""Lamps, sirens and sounders: they let nobody in."""

DEEP: Final = 3
"""So often something follows from what has followed: a card, a passage, who is inside."""

Keep = Callable[[sa.Connection, Sequence[Reading]], object]
"""Writes down events, in the transaction that keeps the machines' states."""

Ask = Callable[[Wish], None]
"""Begins to carry out what a machine wishes; returns at once."""


class AccessService:
    """One per gateway; `run` is its life. `elsewhere`: another gateway was active since this one's
    journal was written, so the states kept have no place in it. `keep` is given what machines have
    told, `log` every event of the journal."""

    def __init__(
        self,
        machines: Iterable[AnyMachine],
        journal: Journal,
        ledger: Ledger,
        clock: Clock,
        *,
        elsewhere: bool = False,
        keep: Keep | None = None,
        log: Keep | None = None,
    ) -> None:
        self._machines = tuple(machines)
        self._journal = journal
        self._ledger = ledger
        self._clock = clock
        self.ask: Ask = _nobody_grants
        self._elsewhere = elsewhere
        self._keep_events = keep
        self._log_events = log
        self._engine = Engine((), {}, 0, 0)
        self._started_at: Micros = 0
        self._start_seq = 0
        self._old_news: set[tuple[str, Micros]] = set()
        """Point and instant of what this gateway has told of things before its start."""
        self._old: set[int | None] = set()
        """The places of such readings among those that are being followed."""
        self._moved = asyncio.Event()
        self._passed = asyncio.Event()
        self._reached, self._time = 0, 0
        self._told = 0
        """Up to where the journal has what machines have told."""
        self._settled: dict[str, Any] = {}
        self._states = States()
        self._unsaved: set[str] = set()
        self._events: list[Reading] = []
        """What is to be kept once the ledger is there: as it was at `_reached`."""
        self._happened: list[Reading] = []
        self._saving = asyncio.Lock()
        self._up_to_date = False
        self.cursor = 0
        """Up to where what came of the journal is kept."""
        self.is_placed = False
        """Whether the ledger has told `cursor` yet, which says nothing before."""
        self._unkept: str | None = None
        self._lost: str | None = None

    @property
    def fault(self) -> str | None:
        """Why states are not kept, which machine stands still, or which began anew at this start as
        its state could not be read; None while all is well."""
        return self._unkept or self._engine.fault or self._lost

    async def run(self) -> None:
        """Follow the journal for ever; keeps the states when cancelled. Unreachable when the
        journal cannot be read."""
        await self._load()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow(), name="access: follow")
                tasks.create_task(self._tick(), name="access: tick")
                tasks.create_task(self._keep(), name="access: keep")
        finally:
            await self._try_to_save()

    def refusal(self, device: str, action: Action) -> str | None:
        """Why that must not be asked of that device now, as a code; None where nothing speaks
        against it. Before all is known, nothing may be asked."""
        return self._engine.refusal(device, action) if self._up_to_date else "starting"

    def state(self, machine: str) -> object:
        """As it was when the last batch was through; None before it is known."""
        return self._settled.get(machine)

    async def passed(self, seq: int) -> None:
        """Returns once what follows from the readings up to that place is in the journal."""
        while not self._up_to_date or self._reached < seq:
            self._passed.clear()
            await self._passed.wait()

    async def followed(self) -> None:
        """Returns once all that follows from what is in the journal now is there too, and what
        follows from that."""
        told = self._journal.last_seq
        for _ in range(DEEP):
            await self.passed(told)
            told = self._told

    async def kept(self) -> None:
        """The same once it stands in the ledger: another gateway can go on from it. Unreachable
        when the ledger is."""
        await self.followed()
        await self.save()

    async def save(self) -> None:
        """Keep what came of the journal up to the cursor, and the cursor. Unreachable when the
        ledger is: then the next one keeps that as well, for there is one at a time."""
        async with self._saving:
            await self._save()

    async def _save(self) -> None:
        reached, time, unsaved = self._reached, self._time, set(self._unsaved)
        events, happened = tuple(self._events), tuple(self._happened)
        states = {id_: self._settled[id_] for id_ in sorted(unsaved)}
        self._unsaved.clear()
        self._events.clear()
        self._happened.clear()

        def work(connection: sa.Connection) -> None:
            self._states.write(connection, Kept(states, reached, time))
            if self._keep_events is not None:
                self._keep_events(connection, events)
            if self._log_events is not None:
                self._log_events(connection, happened)

        try:
            await self._ledger.transact(work)
        except BaseException:
            self._unsaved |= unsaved
            self._events[:0] = events
            self._happened[:0] = happened
            self._states.doubt(states)
            raise
        self._states.wrote(states)
        self.cursor = reached

    def _settle(self, reached: int, said: Iterable[Reading] = ()) -> None:
        """All that comes of the readings up to that place is in the journal: it may be kept."""
        self._reached, self._time = reached, self._engine.now
        self._settled |= {id_: self._engine.states[id_] for id_ in self._engine.changed}
        self._unsaved |= self._engine.changed
        self._engine.changed.clear()
        self._events += [reading for reading in said if isinstance(reading.value, Mapping)]

    def _note_events(self, batch: Iterable[Reading]) -> None:
        if self._log_events is not None:
            self._happened += [reading for reading in batch if isinstance(reading.value, Mapping)]

    async def _load(self) -> None:
        self._started_at, self._start_seq = self._clock(), self._journal.last_seq
        kept, lost = await self._kept()
        states = kept.states
        if lost:
            self._lost = f"of {', '.join(sorted(lost))} is lost what was ordered: order it again"
        at_place = kept.cursor is not None and not self._elsewhere
        self.cursor = self._reached = (kept.cursor or 0) if at_place else self._start_seq
        start, time = (self._started_at, self._start_seq), kept.now if at_place else 0
        self._engine = Engine(self._machines, states, *start, time)
        await self._introduce(self._engine.machines.keys() - states.keys())
        self._settled = dict(self._engine.states)
        self._settle(self._reached)
        await self._try_to_save()
        self.is_placed = True

    async def _kept(self) -> tuple[Kept, frozenset[str]]:
        while True:
            try:
                return await self._ledger.transact(partial(self._states.read, self._machines))
            except Unreachable as error:
                self._note_fault(str(error))
                await asyncio.sleep(SAVE_SECONDS)

    async def _introduce(self, new: Collection[str]) -> None:
        """New machines learn what their points said last; events are past."""
        wanted = {point for id_ in new for point in self._engine.machines[id_].points}
        newest = await self._journal.latest(until=self.cursor)
        standing = [r for r in newest.values() if r.point in wanted and r.point != TICK]
        for reading in sorted(standing, key=lambda reading: reading.seq or 0):
            if not isinstance(reading.value, Mapping):
                self._engine.take(reading)

    async def _follow(self) -> None:
        if self._reached >= self._start_seq:
            await self._say_what_stands()
        async for batch in self._journal.follow(self._reached):
            self._old = {r.seq for r in batch if (r.point, r.taken_at) in self._old_news}
            turns = [turn for reading in batch for turn in self._engine.take(reading)]
            self._ask_for(turns, escape=True)  # it waits for no journal
            said = self._readings(turns)
            if said:
                await self._journal.append(said)
                self._told = self._journal.last_seq
            self._note_events(batch)
            self._settle(batch[-1].seq or self._reached, said)
            self._ask_for(turns, escape=False)
            if not self._up_to_date and self._reached >= self._start_seq:
                await self._say_what_stands()
            self._moved.set()
            self._passed.set()

    async def _say_what_stands(self) -> None:
        """What derived points say, where the journal knows otherwise: of new machines, and where
        another gateway was active. Not before all was read that stood there at the start."""
        last = await self._journal.latest()
        now = self._clock()
        await self._journal.append(
            [
                Reading(point, shown.value, now, now, shown.quality)
                for point, shown in self._engine.shown().items()
                if point not in last or Shown(last[point].value, last[point].quality) != shown
            ]
        )
        self._up_to_date = True
        self._passed.set()

    def _readings(self, turns: Sequence[Turn]) -> list[Reading]:
        now = self._clock()
        said: list[Reading] = []
        for turn in turns:
            news = [*turn.readings(now, again=turn.seq <= self._start_seq)]
            if self._is_old(turn):
                self._old_news |= {(reading.point, reading.taken_at) for reading in news}
            said += news
        return said

    def _ask_for(self, turns: Iterable[Turn], *, escape: bool) -> None:
        """What machines wish for because of a fire, or for anything else."""
        for turn in turns:
            for wish in turn.wishes:
                if (wish.reason == FIRE) is escape and self._is_news(turn, wish):
                    self.ask(wish)

    def _is_news(self, turn: Turn, wish: Wish) -> bool:
        """A fire that is told late, or by any clock that is wrong, is one all the same; what is
        only switched may be told by a clock that is as slow as clocks may be, or is known to be."""
        if wish.reason == FIRE:
            return turn.seq > self._start_seq
        at, since = turn.happened_at, self._clock() - CLOCKS_DIFFER
        if wish.action not in SWITCHES:
            at, since = turn.told_at, max(self._clock() - LASTS_AT_MOST, self._started_at)
        return not self._is_old(turn) and min(turn.due_at, at) >= since

    def _is_old(self, turn: Turn) -> bool:
        """Whether it follows from what was there, or due, before this start."""
        follows = turn.seq in self._old and turn.happened_at < self._started_at
        return follows or turn.seq <= self._start_seq or turn.due_at < self._started_at

    async def _tick(self) -> None:
        while True:
            self._moved.clear()
            due = self._engine.deadline
            wait = None if due is None else max(0.0, (due - self._clock()) / SECOND)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._moved.wait()
                continue
            now = self._clock()
            await self._journal.append([Reading(TICK, float(due or now), now, now)])
            await self._moved.wait()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            if self._unsaved or self._reached != self.cursor:
                await self._try_to_save()

    async def _try_to_save(self) -> None:
        try:
            await self.save()
        except Unreachable as error:
            self._note_fault(str(error))
        else:
            self._note_fault(None)

    def _note_fault(self, fault: str | None) -> None:
        if fault != self._unkept:
            told = "keeps its states again" if fault is None else f"cannot keep its states: {fault}"
            logger.log(logging.WARNING if fault is None else logging.CRITICAL, "access %s", told)
        self._unkept = fault


def _nobody_grants(wish: Wish) -> None:
    logger.critical("access: nobody can be asked to %s %s", wish.action, wish.device)
