"""Keeps drivers running, and tells when devices fall silent."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from gateway.diagnostics import Hearing
from gateway.errors import GatehouseError
from gateway.health import DriverHealth
from gateway.journal.journal import Journal
from gateway.model.backoff import Backoff
from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.driver import Doubting, Driver, Measured, PassingOver, Sink
from gateway.model.line_figures import LineFigures
from gateway.model.reading import Reading
from gateway.silence import Silence

logger = logging.getLogger(__name__)

LONGEST_WAIT: Micros = 5 * SECOND
"""While a connection is down the gateway is deaf to all behind it; asking again costs next to
nothing."""
STEADY: Micros = 60 * SECOND
"""A driver that ran this long was well: its next failure starts with a short wait again."""

LOOK_EVERY: Micros = SECOND
STALLED: Micros = 3 * SECOND
"""Seconds between two looks after which the gateway itself must have stood still."""

Permit = Callable[[], Awaitable[None]]
"""Returns as soon as a driver may connect: not while another gateway may have its connection."""


class Supervisor:
    """Runs one driver for ever: again after a growing wait when it fails."""

    def __init__(self, driver: Driver, clock: Clock) -> None:
        self._driver = driver
        self._clock = clock
        self._health = DriverHealth(driver.name, fault=None, since=clock(), restarts=0)

    @property
    def health(self) -> DriverHealth:
        """How the connection is now."""
        if not isinstance(self._driver, PassingOver):
            return self._health
        return replace(self._health, passed_over=self._driver.passed_over)

    @property
    def doubt(self) -> str | None:
        """See Doubting.doubt."""
        return self._driver.doubt if isinstance(self._driver, Doubting) else None

    @property
    def figures(self) -> LineFigures | None:
        """See Measured; None of a driver that counts nothing."""
        return self._driver.figures() if isinstance(self._driver, Measured) else None

    def look(self, before: str | None) -> str:
        """A self_watch.Look. Connecting anew alone is no sign of life, and being down none of
        silence: devices turn OFFLINE then."""
        if self.doubt is not None:
            return Hearing.SILENT
        return Hearing.HEARD if before is None or self._health.fault is None else before

    async def run(self, sink: Sink, permitted: Permit | None = None) -> None:
        """Until cancelled. No failure of a driver comes through."""
        backoff = Backoff(longest=LONGEST_WAIT)
        while True:
            if permitted is not None:
                await permitted()
            started = self._clock()
            try:
                await self._driver.run(self._running(sink))
                fault = f"{self._driver.name}: ended by itself"
            except GatehouseError as error:
                fault = str(error)
            except Exception as error:
                logger.exception("driver %s failed", self._driver.name)
                fault = f"{self._driver.name}: {type(error).__name__}: {error}"
            if self._clock() - started > STEADY:
                backoff.reset()
            self._down(fault)
            await asyncio.sleep(backoff.wait() / SECOND)

    def _running(self, sink: Sink) -> Sink:
        async def heard(readings: Sequence[Reading], /) -> None:
            await sink(readings)
            if self._health.fault is not None:
                logger.warning("driver %s runs again", self._driver.name)
                self._health = replace(self._health, fault=None, since=self._clock())

        return heard

    def _down(self, fault: str) -> None:
        if fault != self._health.fault:
            logger.warning("driver down: %s", fault)
        since = self._clock() if self._health.fault is None else self._health.since
        restarts = self._health.restarts + 1
        self._health = replace(self._health, fault=fault, since=since, restarts=restarts)


async def watch_silence(silence: Silence, journal: Journal, cursor: int, clock: Clock) -> None:
    """Append what `silence` finds, for ever. `cursor` is where the journal stood when it was made.

    While the journal cannot write nothing is found silent: the gateway is deaf, not the devices.
    """
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_listen(silence, journal, cursor), name="silence: listen")
        tasks.create_task(_look(silence, journal, clock), name="silence: look")


async def _listen(silence: Silence, journal: Journal, cursor: int) -> None:
    async for batch in journal.follow(cursor):
        for reading in batch:
            silence.heard(reading)


async def _look(silence: Silence, journal: Journal, clock: Clock) -> None:
    looked = clock()
    while True:
        await asyncio.sleep(LOOK_EVERY / SECOND)
        now = clock()
        if journal.fault is not None or now - looked > STALLED:
            silence.excuse(now - looked)
        looked = now
        await journal.append(silence.due(now))
