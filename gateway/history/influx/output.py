"""Writing lines to an InfluxDB, whichever version, and what becomes of those it does not take."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Self, TypeVar

from gateway.errors import Malformed
from gateway.history.influx.dialect import Dialect, connect
from gateway.history.influx.http import Unit
from gateway.history.influx.sending import Bad, Sender, reason_code
from gateway.model.driver import DeadLetters
from gateway.site.model import InfluxTarget

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(slots=True)
class Counts:
    """What became of what was given to `write`.

    `bad_lines` were refused by the server, each by itself, and are not stored; `not_finite` are
    stored without their value.
    """

    stored: int = 0
    not_finite: int = 0
    bad_lines: int = 0


class InfluxOutput:
    """One InfluxDB, and what it does not take. Use as `async with InfluxOutput(…)`; opening
    does not need the server. Everything raises Unreachable and Refused as http.Http does."""

    def __init__(self, target: InfluxTarget, letters: DeadLetters) -> None:
        self._target = target
        self._letters = letters
        self._dialect: Dialect | None = None
        self._connecting = Lock()
        self._sender = Sender()
        self._told: set[str] = set()
        self.counts = Counts()

    async def __aenter__(self) -> Self:
        # Two threads: a question need not wait for a slow write.
        self._workers = ThreadPoolExecutor(2, "history-influx")
        return self

    async def __aexit__(self, *failure: object) -> None:
        try:
            # A write nobody waits for any more may hang on a slow server; the loop must not.
            await asyncio.to_thread(self._workers.shutdown)
        finally:
            if self._dialect is not None:
                self._dialect.close()

    async def write_lines(self, lines: Sequence[str]) -> None:
        """Store lines of one's own making (times in nanoseconds). Those the server refuses are
        found, counted and left out; doing all of it again after a failure changes nothing."""
        bad = await self.in_worker(lambda: self.send(lines, Unit.NANOSECONDS))
        for n, error in bad:
            self.refused(lines[n].partition(" ")[0], lines[n], error)
        self.counts.stored += len(lines) - len(bad)

    def send(self, texts: Sequence[str], unit: Unit) -> list[Bad]:
        """Store lines; what is not taken is given back. In a worker thread."""
        dialect = self.connected()
        return self._sender.send(texts, lambda body: dialect.write(body, unit))

    def connected(self) -> Dialect:
        """The server's dialect, found out where that is not yet done. In a worker thread."""
        with self._connecting:
            if self._dialect is None:
                self._dialect = connect(self._target)
            return self._dialect

    def refused(self, source: str, text: str, error: Malformed) -> None:
        """Count and keep a line the server does not take; the first of a source is logged."""
        self.counts.bad_lines += 1
        self._letters(source, reason_code(error), text.encode())
        if source not in self._told:
            self._told.add(source)
            logger.warning("InfluxDB refuses a line of %s: %s", source, error)

    async def in_worker(self, work: Callable[[], T]) -> T:
        """What blocks, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)
