"""Keeps the journal within its limits, and has the gateway tell what that cost."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from gateway.diagnostics import JOURNAL_SET_ASIDE, READINGS_DROPPED, event
from gateway.errors import Unreachable
from gateway.health import JournalHealth
from gateway.journal.journal import Journal
from gateway.model.clock import SECOND, Clock, Micros
from gateway.site.model import JournalLimits

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 10.0


class JournalKeeper:
    """One per gateway; `run` is its life. `shipped` gives the place up to which every follower has
    read; None while one cannot tell, for its store has not answered since the start: then what they
    had read before counts, else it would pass for unread and be dropped as such. `known` gives the
    place up to which the alarms have read, who ask what was newest there when they start (where it
    is not given, `shipped` counts)."""

    def __init__(
        self,
        journal: Journal,
        limits: JournalLimits,
        shipped: Callable[[], int | None],
        clock: Clock,
        known: Callable[[], int] | None = None,
    ) -> None:
        self._journal = journal
        self._limits = limits
        self._shipped = shipped
        self._known = known
        self._clock = clock
        self._unshipped_age_s: float | None = None
        self._fault: str | None = None

    @property
    def health(self) -> JournalHealth:
        """How the journal is doing, the age as of the last look."""
        gauges = self._journal.gauges
        return JournalHealth(
            seq=self._journal.last_seq,
            rows=gauges.rows,
            bytes_used=gauges.bytes_used,
            unshipped_age_s=self._unshipped_age_s,
            commits=gauges.commits,
            fault=gauges.fault or self._fault,
        )

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell_damages(), name="journal: damages")
            while True:
                # The wait first: until then each follower has found out where it had got to.
                await asyncio.sleep(LOOK_SECONDS)
                await self.look()

    async def look(self) -> None:
        """Once: delete what need not be kept, and tell what had to go for want of room."""
        try:
            await self._tidy(self._clock())
        except Unreachable as error:
            self._unshipped_age_s = None
            self._note(str(error))

    async def _tidy(self, now: Micros) -> None:
        shipped = self._shipped()
        if shipped is None:
            shipped = await self._journal.shipped()
        known = None if self._known is None else self._known()
        tidied = await self._journal.tidy(shipped, self._limits, now, known)
        self._note(tidied.fault)
        if tidied.telemetry or tidied.evidence:
            facts = {"telemetry": tidied.telemetry, "evidence": tidied.evidence}
            await self._journal.append([event(READINGS_DROPPED, self._clock(), **facts)])
        self._unshipped_age_s = await self._journal.waiting(shipped, now) / SECOND

    async def _tell_damages(self) -> None:
        async for aside in self._journal.damages():
            logger.error("journal was damaged: %s, %d readings", aside.file, aside.carried_over)
            facts = {"file": str(aside.file), "carried_over": aside.carried_over}
            await self._journal.append([event(JOURNAL_SET_ASIDE, self._clock(), **facts)])

    def _note(self, fault: str | None) -> None:
        if fault is not None and fault != self._fault:
            logger.warning("journal cannot be tidied: %s", fault)
        self._fault = fault
