"""The journal's file, for the one thread that writes it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from gateway.files import identity
from gateway.journal import damage, marks, redelivery, rows, upkeep
from gateway.journal.damage import SetAside
from gateway.journal.marks import Extent
from gateway.journal.upkeep import Asked, Tidied
from gateway.model.clock import Clock
from gateway.model.reading import Reading

WAL_BYTES = 16_000_000
"""What the -wal file is cut back to after a large transaction or a slow reader made it grow."""


class JournalFile:
    """One transaction a call. What was found damaged is mended before the next: `alone` keeps
    others from the file meanwhile, `recent` gives the newest readings from memory. `mended` are
    all the files set aside since the start, `extent` the places that hold readings.

    Every call, opening among them, may raise sqlite3.Error or OSError, and then has done nothing.
    """

    def __init__(
        self,
        path: Path,
        begin: int,
        clock: Clock,
        alone: Callable[[], AbstractContextManager[None]],
        recent: Callable[[], Sequence[Reading]],
    ) -> None:
        self._path = path
        self._clock = clock
        self._alone = alone
        self._recent = recent
        self.extent: Extent
        finished = damage.finish(path, clock())
        self.mended: tuple[SetAside, ...] = () if finished is None else (finished,)
        try:
            self._open(begin)
        except sqlite3.DatabaseError as error:
            if not damage.is_damage(error):
                raise
            self._mend(begin)

    def write(
        self,
        columns: Sequence[rows.Columns],
        messages: redelivery.Messages,
        cursors: Sequence[tuple[str, int]],
    ) -> int:
        """Store readings, which messages they came in, and followers' cursors; returns the place
        of the first reading."""
        first = self.extent.last + 1
        with self._transaction() as db:
            rows.insert(db, first, columns)
            redelivery.remember(db, first, messages)
            db.executemany("INSERT OR REPLACE INTO follower VALUES (?, ?)", cursors)
        self.extent = replace(self.extent, last=self.extent.last + len(columns))
        return first

    def tidy(self, asked: Asked) -> Tidied | None:
        """See upkeep.tidy_slice."""
        with self._transaction() as db:
            gone = upkeep.tidy_slice(db, asked)
            self.bytes_used = upkeep.used_bytes(db)
            extent = marks.read_extent(db, self.extent.last)
        self.extent = extent
        return gone

    def found_damaged(self, mended: int) -> None:
        """Somebody could not read the file when so many had been mended: mend it, if nobody has
        done so since."""
        if mended == len(self.mended):
            self._damaged = True
            self._mend_if_damaged()

    def close(self) -> None:
        """SQLite then moves everything from the -wal file into the journal's."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._mend_if_damaged()
        self._put_back_if_moved()
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db
            self._db.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):  # the next try shows it again
                self._db.execute("ROLLBACK")
            self._damaged = damage.is_damage(error)
            raise

    def _open(self, begin: int) -> None:
        self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
            # What is deleted is no secret: else each freed page would be written full of zeros.
            self._db.execute("PRAGMA secure_delete=OFF")
            rows.create(self._db)
            self._identity = identity(self._path)
            self.extent = marks.read_extent(self._db, begin)
            self.bytes_used = upkeep.used_bytes(self._db)
        except BaseException:
            self._db.close()
            raise
        self._damaged = False

    def _mend_if_damaged(self) -> None:
        if self._damaged:
            with self._alone():
                self._db.close()
                self._mend(self.extent.last)

    def _put_back_if_moved(self) -> None:
        if identity(self._path) == self._identity:
            return
        with self._alone():
            try:
                aside = damage.put_back(self._path, self._db, self._clock(), self._db.close)
            except sqlite3.DatabaseError as error:
                self._damaged = damage.is_damage(error)
                raise
            self._open(self.extent.last)
            self.mended += (aside,)

    def _mend(self, begin: int) -> None:
        aside = damage.mend(self._path, self._clock(), begin, self._recent())
        self._open(begin)
        self.mended += (aside,)
