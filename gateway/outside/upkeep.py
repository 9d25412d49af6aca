"""What was told to people and systems outside goes from the ledger after a while: the ticket keeps
who was told, and the ledger must not grow with every message for ever."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import sqlalchemy as sa

from gateway.errors import GatehouseError
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside
from gateway.model.clock import DAY, HOUR, SECOND, Clock, Micros

logger = logging.getLogger(__name__)

KEPT: Final[Micros] = 90 * DAY
"""Far longer than anything is tried again, here or by another system that sends to us."""

LOOK_SECONDS: Final = HOUR / SECOND

Sleep = Callable[[float], Awaitable[object]]


class Upkeep:
    """One per gateway."""

    def __init__(self, ledger: Ledger, clock: Clock, *, sleep: Sleep = asyncio.sleep) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        """Until cancelled. A ledger that does not answer is asked again an hour later."""
        while True:
            try:
                await self.tidy()
            except GatehouseError as error:
                logger.warning("old notices stay for now: %s", error)
            await self._sleep(LOOK_SECONDS)

    async def tidy(self) -> None:
        """What is neither waiting to be sent nor young goes."""
        before = self._clock() - KEPT
        await self._ledger.transact(lambda connection: _delete(connection, before))


def _delete(connection: sa.Connection, before: Micros) -> None:
    for table in (outside.notice, outside.webhook_event):
        done = table.c.next_at.is_(None) & (table.c.made_at < before)
        connection.execute(table.delete().where(done))
    answers = outside.webhook_answer
    connection.execute(answers.delete().where(answers.c.at < before))
