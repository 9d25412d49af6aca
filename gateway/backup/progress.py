"""How far a backup or a restore has got. Everything long asks here whether it shall go on."""

import threading
import time
from collections.abc import Callable
from typing import Final, TextIO

QUIET_SECONDS: Final = 2.0
"""What takes no longer than this needs no line."""
BETWEEN_LINES_SECONDS: Final = 10.0


class Stopped(Exception):
    """Somebody asked for it to end: nothing is wrong."""


class Progress:
    """Nobody watches this one."""

    def begin(self, what: str, size: int) -> None:
        """The next piece of work: its name, and its size in bytes."""

    def heard(self, amount: int) -> None:
        """So many more bytes are done. Raises Stopped where it shall end here."""


class Stoppable(Progress):
    """Ends at the next piece when `stop` is set."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def heard(self, amount: int) -> None:  # noqa: ARG002
        """See Progress."""
        if self._stop.is_set():
            raise Stopped


class ProgressLines(Progress):
    """A line now and then, for what takes longer: on a terminal always the same one."""

    def __init__(self, stream: TextIO, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._monotonic = monotonic
        self._what, self._size, self._done = "", 0, 0
        self._due = monotonic() + QUIET_SECONDS
        self._open = False

    def begin(self, what: str, size: int) -> None:
        """See Progress."""
        self._what, self._size, self._done = what, size, 0

    def heard(self, amount: int) -> None:
        """See Progress."""
        self._done += amount
        if self._monotonic() >= self._due:
            again = 0.5 if self._stream.isatty() else BETWEEN_LINES_SECONDS
            self._due = self._monotonic() + again
            self._tell()

    def end(self) -> None:
        """Leaves the terminal's line."""
        if self._open:
            self._stream.write("\n")

    def _tell(self) -> None:
        percent = min(100, 100 * self._done // max(1, self._size))
        line = f"{self._what}: {percent} % of {self._size / 1e6:,.0f} MB"
        self._open = self._stream.isatty()
        self._stream.write(f"\r\x1b[K{line}" if self._open else f"{line}\n")
        self._stream.flush()
