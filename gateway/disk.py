"""Room on the disk that journal, ledger, history and snapshots share.

A full disk stops the journal, and with it every alarm: so the alarm comes while there is still room
to tell it. Where the disk fills in one go, a reserve is given up, so that even then it is told.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.diagnostics import AMPLE, LOW

LOW_BYTES: Final = 500_000_000
"""Free bytes below which room is low; it is ample again above twice as many."""

RESERVE_BYTES: Final = 32_000_000
SPENT_BYTES: Final = RESERVE_BYTES // 2
"""Free bytes below which the reserve is given up."""


class Disk:
    """The disk `folder` lies on. May block: not for the event loop."""

    def __init__(
        self,
        folder: Path,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._folder = folder
        self._free = free
        self._reserve = folder / "reserve"

    def look(self, before: str | None) -> str:
        """AMPLE or LOW, given what it was before; a disk that is gone has no room. Keeps the
        reserve while there is room, and gives it up when there is next to none."""
        try:
            free = self._free(self._folder)
        except OSError:
            return LOW
        room = LOW if free < (2 * LOW_BYTES if before == LOW else LOW_BYTES) else AMPLE
        with suppress(OSError):  # a file system that cannot reserve room has none to give up
            if room == AMPLE:
                self._keep_reserve()
            elif free < SPENT_BYTES:
                self._reserve.unlink(missing_ok=True)
        return room

    def _keep_reserve(self) -> None:
        if not self._reserve.exists():
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
