"""What the journal's tests share."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

from gateway.journal import rows
from gateway.model.clock import Micros
from gateway.model.reading import Reading, Value
from tests.gateway.samples import reading


def numbers(*values: float, after: Micros = 0) -> list[Reading]:
    """Telemetry: a tank's levels, received `after` NOON."""
    return [reading("tank/level", value, after) for value in values]


def states(*values: str, after: Micros = 0) -> list[Reading]:
    """Evidence: a door's contact, received `after` NOON."""
    return [reading("door/contact", value, after) for value in values]


async def take(following: AsyncIterator[Sequence[Reading]], count: int) -> list[Reading]:
    """The next `count` readings of a follower."""
    taken: list[Reading] = []
    async with asyncio.timeout(10):
        while len(taken) < count:
            taken += await anext(following)
    return taken


async def held(path: Path) -> list[Reading]:
    """Every reading still in the file, in order."""

    def read() -> list[Reading]:
        with closing(sqlite3.connect(path)) as db:
            return rows.from_rows(db.execute(f"{rows.SELECT} ORDER BY seq"))

    return await asyncio.to_thread(read)


def values(readings: Sequence[Reading]) -> list[Value]:
    """What they say."""
    return [reading.value for reading in readings]


class Full:
    """While entered, no file of this process may grow beyond `size`, or that of `path`: the write
    fails in the operating system, as on a full disk."""

    def __init__(self, path: Path, size: int | None = None) -> None:
        self._size = path.stat().st_size if size is None else size

    def __enter__(self) -> None:
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._size, self._limits[1]))

    def __exit__(self, *failure: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)
