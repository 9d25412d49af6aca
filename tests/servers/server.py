"""A server as a child process."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.blocking import excused

START_WITHIN_S: Final = 90.0
"""Servers are up in 0.1–1 s; a loaded machine may take far longer."""
STOP_WITHIN_S: Final = 10.0


class Server:
    """A child process that is started, stopped, killed and started again on the same port."""

    def __init__(
        self,
        command: list[str],
        log: Path,
        ready: Callable[[], bool],
        *,
        environment: dict[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._command = command
        self._log = log
        self._ready = ready
        self._environment = {**os.environ, **(environment or {})}
        self._user = user
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self._command[0]} is not running"
        return self._process.pid

    @property
    def output(self) -> str:
        """All it has printed, over every start."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Returns when the server answers; fails the test with its output when it does not."""
        assert self._process is None, f"{self._command[0]} is already running"
        with excused(), self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
            )
            deadline = time.monotonic() + START_WITHIN_S
            while not self._ready():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    status = self._process.poll()
                    self.kill()
                    pytest.fail(
                        f"{self._command[0]} did not start (exit status {status}):\n{self.output}",
                        pytrace=False,
                    )
                _pause()

    def stop(self) -> None:
        """Asks it to end, and kills it when it does not; nothing when it is not running."""
        self._end(self._stop_signal)

    def hang_up(self) -> None:
        """SIGHUP: many servers then read their files again."""
        os.kill(self.pid, signal.SIGHUP)

    def kill(self) -> None:
        """SIGKILL: what a power cut looks like to its clients' sessions and its unsaved state."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        with excused():
            process.send_signal(how)
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _pause() -> None:
    time.sleep(0.01)
