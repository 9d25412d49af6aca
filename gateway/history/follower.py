"""Carries readings from the journal into a history, for as long as the gateway runs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from gateway.diagnostics import Writing
from gateway.errors import GatehouseError, Refused
from gateway.history.overload import Overloaded
from gateway.history.record import place
from gateway.model.backoff import Backoff
from gateway.model.clock import SECOND, Micros
from gateway.model.reading import TICK, Reading

logger = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[object]]
"""Waits for that many seconds."""

COARSE = 5_000
PAUSE_S = 0.5
"""After a batch of fewer than COARSE readings more may gather for so long: a commit costs the
same for one reading as for thousands."""

FIRST_WAIT: Micros = SECOND // 2
LONGEST_WAIT: Micros = 30 * SECOND

SLOW_S = 60.0
"""A write that takes longer counts as trouble while it lasts: a server may drip its answer for
ever."""


class Source(Protocol):
    """The journal, as far as a follower needs it."""

    def follow(self, cursor: int) -> AsyncIterator[Sequence[Reading]]:
        """Batches of the readings after `cursor`, in order, each as large as may be; for ever."""


class Store(Protocol):
    """What is written to."""

    async def cursor(self) -> int:
        """The journal sequence of the last reading that is in."""

    async def write(self, readings: Sequence[Reading], cursor: int) -> None:
        """Store readings and cursor. Doing it again after a failure changes nothing."""


class Output(Protocol):
    """A store that cannot keep a cursor with what is written to it."""

    async def write(self, readings: Sequence[Reading]) -> None:
        """Store readings. Doing it again changes nothing."""


class Cursors(Protocol):
    """Where such a store's cursor is kept: the journal."""

    async def cursor(self, follower: str) -> int:
        """The last one kept; 0 where there is none."""

    async def advance(self, follower: str, seq: int) -> None:
        """Keep it; returns once it is durable."""


class KeptCursor:
    """An Output as a Store: the cursor follows the output, so a crash between the two writes the
    last batch again."""

    def __init__(self, output: Output, cursors: Cursors, name: str) -> None:
        self._output = output
        self._cursors = cursors
        self._name = name

    async def cursor(self) -> int:
        """See Store."""
        return await self._cursors.cursor(self._name)

    async def write(self, readings: Sequence[Reading], cursor: int) -> None:
        """See Store."""
        await self._output.write(readings)
        await self._cursors.advance(self._name, cursor)


class Follower:
    """Writes everything after the store's cursor, and what comes; `name` tells the store's in the
    log. `cursor` says how far it is, once the store has told it (`is_placed`), `writing` how it is
    doing (None before the first batch), and `fault` why it waits, None while it does not."""

    def __init__(
        self,
        store: Store,
        name: str,
        *,
        sleep: Sleep = asyncio.sleep,
        slow_s: float = SLOW_S,
    ) -> None:
        self.name = name
        self._slow_s = slow_s
        self.cursor = 0
        self.is_placed = False
        self.writing: Writing | None = None
        self.fault: str | None = None
        self._store = store
        self._sleep = sleep
        self._trouble: type[Exception] | None = None
        self._backoff = Backoff(FIRST_WAIT, LONGEST_WAIT)

    async def run(self, source: Source) -> None:
        """Until cancelled. Whatever goes wrong (the store is unreachable, refuses, or there is a
        fault of ours) holds up this history only, never the gateway: all from the store's cursor
        on stays in the journal and is tried again."""
        while True:
            try:
                self.cursor = await self._store.cursor()
                self.is_placed = True
                await self._follow(source.follow(self.cursor))
            except Exception as error:
                self._waits(error)
                await self._sleep(self._wait(error) / SECOND)

    async def _follow(self, readings: AsyncIterator[Sequence[Reading]]) -> None:
        """While it catches up, the next batch is read as this one is written."""
        batch = await anext(readings)
        while True:
            if len(batch) < COARSE:
                await self._write(batch)
                await self._sleep(PAUSE_S)
                batch = await anext(readings)
            else:
                batch = await self._write_and_read(batch, readings)

    async def _write_and_read(
        self, batch: Sequence[Reading], readings: AsyncIterator[Sequence[Reading]]
    ) -> Sequence[Reading]:
        reading = asyncio.ensure_future(anext(readings))
        try:
            await self._write(batch)
        except BaseException:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            raise
        return await reading

    async def _write(self, batch: Sequence[Reading]) -> None:
        told_by_devices = [reading for reading in batch if reading.point != TICK]
        slow = asyncio.get_running_loop().call_later(self._slow_s, self._drags_on)
        try:
            await self._store.write(told_by_devices, place(batch[-1]))
        finally:
            slow.cancel()
        self.cursor = place(batch[-1])
        if self._trouble is not None:
            logger.warning("history %s goes on from %d", self.name, place(batch[0]))
        self._trouble, self.fault = None, None
        self._backoff.reset()
        self.writing = Writing.WRITTEN

    def _drags_on(self) -> None:
        self.fault = f"a write has not ended for {self._slow_s:g} s; look at that database"
        self._trouble = TimeoutError
        logger.warning("history %s waits: %s", self.name, self.fault)
        self.writing = Writing.WAITING

    def _wait(self, error: Exception) -> Micros:
        """What the store has asked for; else longer and longer, but long at once where waiting
        mends nothing."""
        if isinstance(error, Overloaded):
            return max(error.wait, FIRST_WAIT)
        return LONGEST_WAIT if isinstance(error, Refused) else self._backoff.wait()

    def _waits(self, error: Exception) -> None:
        """Told when it begins and when the sort of trouble changes, not every time."""
        ours = isinstance(error, GatehouseError)
        self.fault = str(error) if ours else f"{type(error).__name__}: {error}"
        if self._trouble is not type(error):
            self._trouble = type(error)
            trace = None if ours else error
            logger.warning("history %s waits: %s", self.name, self.fault, exc_info=trace)
        self.writing = Writing.REFUSED if isinstance(error, Refused) else Writing.WAITING
