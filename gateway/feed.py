"""Tells pages and the API stream what has changed, without a gap and without a backlog.

Records are whole, so the newest of each is all a reader needs: what a slow reader has not fetched
yet is replaced, never queued. Subscribe first, take the snapshot then: whatever changes between the
two arrives again as a change.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from gateway.model.alarm import Alarm
from gateway.model.reading import Reading
from gateway.model.ticket import Ticket

Record = Reading | Alarm | Ticket


@dataclass(frozen=True, slots=True)
class Changes:
    """The newest record of everything that changed since the last look, oldest change first."""

    readings: tuple[Reading, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    tickets: tuple[Ticket, ...] = ()


@dataclass(slots=True)
class Subscription:
    """One reader's view of the feed."""

    _pending: dict[tuple[type[Record], str | int], Record] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _urgent: asyncio.Event = field(default_factory=asyncio.Event)

    async def changes(self) -> Changes:
        """Waits until something has changed, and returns all of it."""
        await self._news.wait()
        self._news.clear()
        self._urgent.clear()
        records, self._pending = self._pending.values(), {}
        return Changes(
            tuple(r for r in records if isinstance(r, Reading)),
            tuple(r for r in records if isinstance(r, Alarm)),
            tuple(r for r in records if isinstance(r, Ticket)),
        )

    async def pause(self, seconds: float) -> None:
        """Returns after so long, or as soon as an alarm or a ticket has changed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._urgent.wait()

    def take(self, records: Iterable[Record]) -> None:
        for record in records:
            key = (type(record), _identity(record))
            self._pending.pop(key, None)
            self._pending[key] = record
            if not isinstance(record, Reading):
                self._urgent.set()
        self._news.set()


class Feed:
    """One per gateway. Used in the event loop only."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []

    def publish(self, records: Iterable[Record]) -> None:
        """Tell every subscriber; never waits."""
        told = tuple(records)
        if told:
            for subscription in self._subscriptions:
                subscription.take(told)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """A subscription that sees every change from now on."""
        subscription = Subscription()
        self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.remove(subscription)


def _identity(record: Record) -> str | int:
    match record:
        case Reading():
            return record.point
        case Alarm():
            return record.id
        case Ticket():
            return record.number
