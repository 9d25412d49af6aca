"""The newest reading of every point: what the estate looks like now."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.model.reading import Reading


class Live:
    """Follows the journal. After a restart it starts from the journal's newest readings. Only the
    site's `points` count: the journal may still hold those of devices that are gone."""

    def __init__(self, points: Collection[str], journal: Journal, feed: Feed) -> None:
        self._points = points
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
        self._take(await self._journal.latest())
        return cursor

    async def follow(self, cursor: int) -> None:
        """Keep up with the journal for ever."""
        async for batch in self._journal.follow(cursor):
            self._feed.publish(self._take({reading.point: reading for reading in batch}))

    def _take(self, newest: Mapping[str, Reading]) -> list[Reading]:
        known = {point: newest[point] for point in newest if point in self._points}
        self._latest.update(known)
        return list(known.values())
