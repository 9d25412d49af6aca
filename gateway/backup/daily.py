"""The backup the gateway makes of itself every day."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from gateway.backup import kept, schedule
from gateway.backup.make import make_backup
from gateway.backup.manifest import read
from gateway.backup.progress import Stoppable
from gateway.diagnostics import BACKUP, FAILED, MADE, state
from gateway.errors import GatehouseError
from gateway.model.clock import MINUTE, SECOND, Clock, Micros
from gateway.model.reading import Reading
from gateway.site.model import BackupPlan, Site

logger = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_EVERY: Final[Micros] = MINUTE
"""The clock may be set while it waits."""

Append = Callable[[Sequence[Reading]], Awaitable[None]]
Sleep = Callable[[float], Awaitable[object]]


class DailyBackup:
    """`run` is its life. `fault` says why the newest attempt failed; None after a success."""

    def __init__(
        self,
        site: Site,
        plan: BackupPlan,
        append: Append,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._site = site
        self._plan = plan
        self._append = append
        self._clock = clock
        self._sleep = sleep
        self.fault: str | None = None

    async def run(self) -> None:
        """Until cancelled. A backup that fails is told, and tried again; it never ends this."""
        at, zone = self._plan.at, self._site.time_zone
        newest = await self._attempt(lambda _: self._newest())
        due = schedule.first_due(newest, self._clock(), at, zone)
        while True:
            while (wait := due - self._clock()) > 0:
                await self._sleep(min(wait, LOOK_EVERY) / SECOND)
            await self._attempt(self._back_up)
            await self._append([state(BACKUP, FAILED if self.fault else MADE, self._clock())])
            after = schedule.due_after_failure if self.fault else schedule.next_due
            due = after(self._clock(), at, zone)

    async def _attempt(self, work: Callable[[Stoppable], T]) -> T | None:
        """What `work` gives, in a thread of its own that has ended when this ends; None, and
        `fault` set, when it fails."""
        try:
            done = await _in_thread(work)
        except GatehouseError as error:
            self.fault = str(error)
        except Exception as error:
            logger.exception("backup failed")
            self.fault = f"{self._plan.folder}: {type(error).__name__}: {error}"
        else:
            self.fault = None
            return done
        logger.error("backup failed, those before are kept: %s", self.fault)
        return None

    def _newest(self) -> Micros | None:
        found = kept.newest_first(self._plan.folder, self._site.id)
        return found[0][0] if found else None

    def _back_up(self, progress: Stoppable) -> None:
        plan = self._plan
        made = make_backup(self._site, plan.site_file, plan.folder, self._clock(), progress)
        logger.info("backup made: %s (newest audit hash: %s)", made, read(made).audit or "none")
        kept.drop_oldest(plan.folder, self._site.id, plan.keep)


async def _in_thread(work: Callable[[Stoppable], T]) -> T:
    stop = threading.Event()
    thread = ThreadPoolExecutor(1, "backup")
    running = asyncio.get_running_loop().run_in_executor(thread, work, Stoppable(stop))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        with suppress(Exception):
            await running
        raise
    finally:
        thread.shutdown(wait=False)
