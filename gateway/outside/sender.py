"""Sends what the outbox holds, for as long as the gateway runs.

At least once: a crash between sending and marking sends again, with the same idempotency key.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import sqlalchemy as sa

from gateway.errors import GatehouseError
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside
from gateway.model.backoff import Backoff
from gateway.model.clock import DAY, MINUTE, SECOND, Clock, Micros

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
"""The ledger is asked so often whether there is something to send."""

FIRST_WAIT: Final[Micros] = 5 * SECOND
LONGEST_WAIT: Final[Micros] = 10 * MINUTE
GIVEN_UP_AFTER: Final[Micros] = DAY

Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a channel carries. `key` is the same when it comes twice."""

    key: str
    title: str
    body: str


class Carrier(Protocol):
    """A channel, as far as the sender needs it: see channels.Channel."""

    id: str
    fault: str | None
    resting_until: Micros
    paced_until: Micros

    async def send(self, letter: Letter) -> None:
        """Returns when it is taken; Unreachable or Refused when it is not."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is to be sent now; `attempts` counts the times that every channel failed."""

    id: int
    audience: str
    letter: Letter
    made_at: Micros
    attempts: int


class Sender:
    """Follows the outbox. `undelivered` counts the notices no channel has taken, `fault` says why
    it waits for the ledger itself, None while it does not."""

    def __init__(
        self,
        ledger: Ledger,
        channels: Sequence[Carrier],
        audiences: Mapping[str, Sequence[str]],
        clock: Clock,
        *,
        sleep: Sleep = asyncio.sleep,
        backoff: Backoff | None = None,
    ) -> None:
        self.channels = {channel.id: channel for channel in channels}
        self.undelivered = 0
        self.fault: str | None = None
        self._ledger = ledger
        self._audiences = audiences
        self._clock = clock
        self._sleep = sleep
        self._backoff = backoff or Backoff(FIRST_WAIT, LONGEST_WAIT)

    async def run(self) -> None:
        """Until cancelled. What goes wrong holds up notices only, never the gateway."""
        while True:
            try:
                there_was_one = await self.send_next()
                self.fault = None
            except Exception as error:
                self._note_fault(error)
                there_was_one = False
            if not there_was_one:
                await self._sleep(LOOK_SECONDS)

    async def send_next(self) -> bool:
        """Deal with the most urgent notice that is due; False when none is."""
        now = self._clock()
        notice, self.undelivered = await self._ledger.transact(
            lambda connection: (_next_due(connection, now), _count_undelivered(connection))
        )
        if notice is None:
            return False
        outcome = await self._send(notice)
        await self._ledger.transact(lambda connection: _note(connection, notice.id, outcome))
        return True

    async def _send(self, notice: Waiting) -> dict[str, object]:
        """What is to be noted of it."""
        channels = [self.channels[each] for each in self._audiences.get(notice.audience, ())]
        if not channels:
            return _given_up(f"no channel leads to '{notice.audience}': see notices.audiences")
        now = self._clock()
        awake = [channel for channel in channels if channel.resting_until <= now]
        if not awake:
            return {"next_at": min(channel.resting_until for channel in channels)}
        faults = []
        for channel in awake:
            if channel.paced_until > self._clock():
                return {"next_at": channel.paced_until}
            try:
                await channel.send(notice.letter)
            except GatehouseError as error:
                faults.append(f"{channel.id} {error.problem}")
                continue
            return _sent(channel.id, self._clock())
        return self._not_delivered(notice, "; ".join(faults))

    def _not_delivered(self, notice: Waiting, faults: str) -> dict[str, object]:
        attempts, now = notice.attempts + 1, self._clock()
        if attempts == 1:
            logger.warning("notice %d cannot be delivered: %s", notice.id, faults)
        if now - notice.made_at >= GIVEN_UP_AFTER:
            logger.warning("notice %d is given up: %s", notice.id, faults)
            return {"attempts": attempts, **_given_up(faults)}
        next_at = now + self._backoff.after(attempts)
        return {"attempts": attempts, "next_at": next_at, "failed": faults}

    def _note_fault(self, error: Exception) -> None:
        ours = isinstance(error, GatehouseError)
        if self.fault is None:
            logger.warning("notices wait: %s", error, exc_info=None if ours else error)
        self.fault = str(error) if ours else type(error).__name__


def _sent(channel: str, at: Micros) -> dict[str, object]:
    return {"channel": channel, "sent_at": at, "next_at": None, "failed": None}


def _given_up(why: str) -> dict[str, object]:
    return {"next_at": None, "failed": why}


def _next_due(connection: sa.Connection, now: Micros) -> Waiting | None:
    table = outside.notice
    query = sa.select(table).where(table.c.next_at <= now)
    query = query.order_by(table.c.priority, table.c.id).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    letter = Letter(row.key, row.title, row.body)
    return Waiting(row.id, row.audience, letter, row.made_at, row.attempts)


def _count_undelivered(connection: sa.Connection) -> int:
    """Those that every channel has failed and that are still tried."""
    table = outside.notice
    query = sa.select(sa.func.count()).where(table.c.next_at.is_not(None), table.c.attempts > 0)
    return int(connection.execute(query).scalar_one())


def _note(connection: sa.Connection, notice: int, outcome: Mapping[str, object]) -> None:
    table = outside.notice
    connection.execute(table.update().where(table.c.id == notice).values(**outcome))
