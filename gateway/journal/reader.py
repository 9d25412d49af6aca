"""The journal's one reading thread."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Reader:
    """Asks the file, one question at a time. It opens it with the first one."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=ro"
        self._thread = ThreadPoolExecutor(1, "journal-reader")
        self._turn = threading.Lock()
        self._db: sqlite3.Connection | None = None

    async def ask(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """What `query` finds. sqlite3.Error, or Damaged."""
        return await self.run(lambda: self._ask(query))

    async def run(self, work: Callable[[], T]) -> T:
        """Do anything else in this thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    @contextmanager
    def away(self) -> Iterator[None]:
        """While entered, the file is not open here, and questions wait. Any thread."""
        with self._turn:
            if self._db is not None:
                self._db.close()
                self._db = None
            yield

    def end(self) -> None:
        """End the thread, and close the file."""
        self._thread.shutdown(wait=True)
        with self.away():
            pass

    def _ask(self, query: Callable[[sqlite3.Connection], T]) -> T:
        with self._turn:
            if self._db is None:
                self._db = sqlite3.connect(self._uri, uri=True, check_same_thread=False)
            return query(self._db)
