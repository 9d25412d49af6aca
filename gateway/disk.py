"""Room on the disk that journal, ledger, history and snapshots share.

A full disk stops the journal, and with it every alarm: so the alarm comes while there is still room
to tell it.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from gateway.diagnostics import AMPLE, DISK, LOW, state
from gateway.model.clock import Clock
from gateway.model.reading import Reading

LOW_BYTES: Final = 500_000_000
"""Free bytes below which room is low; it is ample again above twice as many."""

LOOK_SECONDS: Final = 5.0

Append = Callable[[Sequence[Reading]], Awaitable[None]]


async def watch_disk(
    folder: Path,
    append: Append,
    clock: Clock,
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    look_seconds: float = LOOK_SECONDS,
) -> None:
    """Append the state of the disk `folder` lies on when it is first seen and when it changes, for
    ever."""
    told = None
    while True:
        room = _room(free(folder), told)
        if room != told:
            await append([state(DISK, room, clock())])
            told = room
        await asyncio.sleep(look_seconds)


def _room(free_bytes: int, before: str | None) -> str:
    enough = 2 * LOW_BYTES if before == LOW else LOW_BYTES
    return LOW if free_bytes < enough else AMPLE
