"""What a history needs from time to time: old readings forgotten, new ones settled."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from gateway.errors import GatehouseError
from gateway.history.follower import Sleep
from gateway.history.protocol import History
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Clock, Micros

logger = logging.getLogger(__name__)

SETTLED_TOGETHER: Final = 4_000_000
"""The fewer, the more places a point's year lies in; the more, the longer every question looks
through what has not settled. A year among a thousand points took as long with 4 as with 10 million;
a day is quicker with 4."""

FIRST: Final[Micros] = MINUTE
"""After a start others have more to do."""


class Settling(Protocol):
    """A history that keeps new readings as they came and old ones as they are asked for."""

    async def settle(self, before: Micros, *, least: int) -> int:
        """Move what was taken before that instant, when `least` or more have arrived; how many."""


async def forget_daily(
    history: History,
    kept: Mapping[str, Micros],
    clock: Clock,
    *,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Until cancelled: what `kept` (site.history.keep) says goes soon after the start and then once
    a day; after a failure it is tried again in an hour."""

    async def forget() -> None:
        if kept:
            gone = await history.forget(kept, clock())
            if gone:
                logger.info("history: %d readings older than site.history.keep deleted", gone)

    await _again_and_again("forget", forget, DAY, sleep)


async def settle_hourly(history: Settling, clock: Clock, *, sleep: Sleep = asyncio.sleep) -> None:
    """Until cancelled: looks every hour whether enough has arrived. What was taken within the last
    hour stays where late readings find it at once."""

    async def settle() -> None:
        moved = await history.settle(clock() - HOUR, least=SETTLED_TOGETHER)
        if moved:
            logger.info("history: %d readings settled", moved)

    await _again_and_again("settle", settle, HOUR, sleep)


async def _again_and_again(
    what: str, work: Callable[[], Awaitable[None]], every: Micros, sleep: Sleep
) -> None:
    told: str | None = None
    wait = FIRST
    while True:
        await sleep(wait / SECOND)
        try:
            await work()
        except GatehouseError as error:
            if str(error) != told:
                told = str(error)
                logger.warning("history cannot %s: %s", what, error)
            wait = min(every, HOUR)
        else:
            told, wait = None, every
