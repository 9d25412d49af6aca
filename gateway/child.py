"""A child process with a name, a log file, and an end."""

import asyncio
import logging
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from gateway.errors import Unreachable

logger = logging.getLogger(__name__)

END_SECONDS = 10.0
"""How long a child may take to end when asked; then it is killed."""

RESTART_SECONDS = 1.0


class Child:
    """Runs while entered, in a session of its own so that Ctrl-C reaches only us; ended on leaving,
    and also when we are killed.

    What it writes to stderr goes to `log`; with `lines`, what it writes to stdout is read by
    `read_line`, else that goes to `log` too.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        *,
        lines: bool = False,
    ) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._environment = environment
        self._lines = lines
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._end()

    async def ended(self) -> None:
        """Returns never; raises Unreachable when the child has ended by itself."""
        status = await self._running.wait()
        raise Unreachable(
            self.name,
            f"has ended by itself (status {status}): {_last_line(self.log)}",
            f"see {self.log}",
        )

    async def keep_running(self) -> None:
        """Start it again each time it ends by itself, until cancelled."""
        while True:
            status = await self._running.wait()
            logger.warning("%s has ended (status %d): started again", self.name, status)
            await asyncio.sleep(RESTART_SECONDS)
            await self._start()

    async def read_line(self) -> str:
        """The next line of its stdout; Unreachable when there will be none."""
        assert self._running.stdout is not None
        line = await self._running.stdout.readline()
        if not line:
            await self.ended()
        return line.decode().rstrip("\n")

    @property
    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None, f"{self.name} is not running"
        return self._process

    async def _start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_ending_with_us(),
                *self._command,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if self._lines else log,
                stderr=log,
                start_new_session=True,
            )

    async def _end(self) -> None:
        process = self._running
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        except TimeoutError:
            logger.warning("%s does not end when asked: killed", self.name)
            process.kill()
            await process.wait()


def _ending_with_us() -> Sequence[str]:
    """What to put before a command, so that the kernel asks it to end when this process dies
    without having done so (Linux, PR_SET_PDEATHSIG)."""
    setpriv = shutil.which("setpriv")
    return () if setpriv is None else (setpriv, "--pdeathsig", "TERM", "--")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "it said nothing")
