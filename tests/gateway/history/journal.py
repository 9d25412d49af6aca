"""A journal in memory, for tests of what follows one. test_follower holds it against the real."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress

from gateway.model.reading import Reading

BATCH = 5_000


class MemoryJournal:
    """Source and Cursors of gateway.history.follower."""

    def __init__(self) -> None:
        self._readings: list[Reading] = []
        self._cursors: dict[str, int] = {}
        self._changed = asyncio.Condition()

    async def append(self, readings: Sequence[Reading]) -> None:
        self._readings.extend(readings)
        async with self._changed:
            self._changed.notify_all()

    async def follow(self, cursor: int) -> AsyncIterator[Sequence[Reading]]:
        while True:
            async with self._changed:
                while len(self._readings) <= cursor:
                    await self._changed.wait()
            batch = self._readings[cursor : cursor + BATCH]
            cursor += len(batch)
            yield batch

    async def cursor(self, follower: str) -> int:
        return self._cursors.get(follower, 0)

    async def advance(self, follower: str, seq: int) -> None:
        self._cursors[follower] = seq
        async with self._changed:
            self._changed.notify_all()

    async def advanced_to(self, seq: int) -> None:
        """Waits until a follower's cursor is there."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: seq in self._cursors.values())


@asynccontextmanager
async def running(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """The work goes on during the block. What it failed with is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
