"""The newest reading of every point: what the estate looks like now."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.model.reading import Reading


class Live:
    """Follows the journal. After a restart it starts from the journal's newest readings."""

    def __init__(self, journal: Journal, feed: Feed) -> None:
        self._journal = journal
        self._feed = feed
        self._latest: dict[str, Reading] = {}

    @property
    def latest(self) -> Mapping[str, Reading]:
        """By point id; points never heard of are not in it. Changes as readings arrive."""
        return MappingProxyType(self._latest)

    async def start(self) -> int:
        """Take the newest readings from the journal; returns the cursor to follow it from."""
        cursor = self._journal.last_seq
        self._latest.update(await self._journal.latest())
        return cursor

    async def follow(self, cursor: int) -> None:
        """Keep up with the journal for ever."""
        async for batch in self._journal.follow(cursor):
            newest = {reading.point: reading for reading in batch}
            self._latest.update(newest)
            self._feed.publish(newest.values())
