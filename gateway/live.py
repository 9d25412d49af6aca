"""The newest reading of every point: what the estate looks like now."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.model.reading import Quality, Reading

LOOK_SECONDS: Final = 1.0


class Live:
    """Follows the journal. After a restart it starts from the journal's newest readings. Only the
    site's `points` count: the journal may still hold those of devices that are gone.

    While the journal cannot write, the gateway hears nothing: what it knew before is shown as
    STALE, for it may have changed since.
    """

    def __init__(self, points: Collection[str], journal: Journal, feed: Feed) -> None:
        self._points = points
        self._journal = journal
        self._feed = feed
        self._latest: dict[str, Reading] = {}
        self._doubted: dict[str, Reading] | None = None

    @property
    def latest(self) -> Mapping[str, Reading]:
        """By point id; points never heard of are not in it. Changes as readings arrive."""
        return MappingProxyType(self._latest if self._doubted is None else self._doubted)

    async def start(self, since: int = 0) -> int:
        """Take the newest readings from the journal, but those up to `since`; returns the cursor
        to follow it from."""
        cursor = self._journal.last_seq
        newest = await self._journal.latest()
        self._take({point: r for point, r in newest.items() if (r.seq or 0) > since})
        return cursor

    async def follow(self, cursor: int) -> None:
        """Keep up with the journal for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_journal(), name="live: doubt")
            async for batch in self._journal.follow(cursor):
                self._feed.publish(self._take({reading.point: reading for reading in batch}))

    def doubt(self, deaf: bool) -> None:
        """Show everything as STALE while the gateway is deaf, and as it was told again after."""
        if deaf == (self._doubted is not None):
            return
        self._doubted = {p: _doubtful(r) for p, r in self._latest.items()} if deaf else None
        self._feed.publish(self.latest.values())

    async def _watch_journal(self) -> None:
        while True:
            self.doubt(self._journal.fault is not None)
            await asyncio.sleep(LOOK_SECONDS)

    def _take(self, newest: Mapping[str, Reading]) -> list[Reading]:
        self.doubt(self._journal.fault is not None)
        known = {point: newest[point] for point in newest if point in self._points}
        self._latest.update(known)
        return list(known.values())


def _doubtful(reading: Reading) -> Reading:
    good = reading.quality is Quality.GOOD
    return replace(reading, quality=Quality.STALE) if good else reading
