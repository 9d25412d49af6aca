"""The DuckDB file of a history: opened when needed, written without doubling anything."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import duckdb

from gateway.errors import Unreachable
from gateway.files import Identity, identity
from gateway.history.duckdb.schema import SCHEMA, bring_up_to_date
from gateway.history.record import place, record
from gateway.model.clock import Micros
from gateway.model.reading import Reading

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    # DuckDB would take every core and most of the memory of the machine the gateway runs on.
    "threads": 2,
    "memory_limit": "64MB",
    # Compacting holds up everybody: a little at each checkpoint. Empty row groups go at once.
    "max_vacuum_tasks": 1,
}


class InUse(Unreachable):
    """Another process holds the file."""


_Key = tuple[int, Micros]

REMOVE = """
DELETE FROM {table} WHERE taken_at BETWEEN $first AND $last
    AND (point, taken_at) IN (SELECT unnest($points), unnest($instants))
"""


class HistoryFile:
    """The file and the connection to it. Every method runs in the worker thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._identity: Identity | None = None
        self._ids: dict[str, int] = {}
        self._newest: dict[int, Micros] = {}
        self._told = 0

    def close(self) -> None:
        """Opened again when needed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def db(self) -> duckdb.DuckDBPyConnection:
        """The connection. Unreachable where there is none, or it leads nowhere any more."""
        if self._connection is not None and identity(self._path) != self._identity:
            self.close()  # whoever took the file away shall have it; we go on with what is there
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def cursor(self) -> int:
        """The journal sequence of the last reading that is in."""
        self._told = self._cursor()
        return self._told

    def names(self) -> Sequence[str]:
        """The points there are readings of."""
        return [name for (name,) in self.db.execute("SELECT name FROM points").fetchall()]

    def ids(self, points: Iterable[str]) -> Mapping[str, int]:
        """The numbers of those points that are known."""
        _ = self.db  # they are read when it is opened
        return {point: self._ids[point] for point in points if point in self._ids}

    def write(self, readings: Sequence[Reading], cursor: int) -> None:
        """One transaction. Each reading that is in already is left out, or replaced by one of the
        same point and instant that came later."""
        db = self.db
        try:
            db.begin()
            kept = self._cursor()
            self._must_hold_what_was_told(kept)
            rows, late, newest = self._sorted(readings, kept)
            self._remove(late)
            with db.appender("arrived") as appender:
                appender.append_rows(list(rows.values()))
            db.execute("UPDATE cursor SET seq = $1", [max(cursor, kept)]).fetchall()
            db.commit()
        except Exception:
            # Only what the file says counts now; a failed commit may even have left the
            # connection unusable.
            self.close()
            raise
        self._told = max(cursor, kept)
        self._newest |= newest

    def _sorted(
        self, readings: Iterable[Reading], kept: int
    ) -> tuple[Mapping[_Key, tuple[object, ...]], Sequence[_Key], Mapping[int, Micros]]:
        """What is new after `kept`, once each; which of it there may be a reading of already; and
        the newest instant of each point, where it is newer than what is in."""
        rows: dict[_Key, tuple[object, ...]] = {}
        late: list[_Key] = []
        newest: dict[int, Micros] = {}
        for reading in readings:
            if place(reading) <= kept:
                continue
            point = self._ids.get(reading.point) or self._add_point(reading.point)
            at = reading.taken_at
            rows[point, at] = (point, at, *record(reading))
            if at <= self._newest.get(point, -1):
                late.append((point, at))
            elif at > newest.get(point, -1):
                newest[point] = at
        return rows, late, newest

    def _cursor(self) -> int:
        ((seq,),) = self.db.execute("SELECT seq FROM cursor").fetchall()
        return int(seq)

    def _must_hold_what_was_told(self, kept: int) -> None:
        """Another file may stand there since whoever writes has asked for the cursor: what went to
        the one before must come again first."""
        if kept < self._told:
            raise Unreachable(str(self._path), f"was replaced by a file that ends at {kept}")

    def _remove(self, keys: Sequence[_Key]) -> None:
        if not keys:
            return
        points, instants = zip(*keys, strict=True)
        bounds = {"first": min(instants), "last": max(instants)}
        for table in ("arrived", "settled"):
            asked = {"points": points, "instants": instants, **bounds}
            self.db.execute(REMOVE.format(table=table), asked).fetchall()

    def _add_point(self, name: str) -> int:
        number = self._ids[name] = len(self._ids) + 1
        self.db.execute("INSERT INTO points VALUES ($1, $2, NULL)", [number, name]).fetchall()
        return number

    def _open(self) -> duckdb.DuckDBPyConnection:
        folder = self._path.parent
        if not folder.is_dir():  # never made here: it would lie under a disk that is not mounted
            raise Unreachable(str(folder), "is not there", "mount its disk, or make the folder")
        try:
            if not self._path.exists():
                _create(self._path)
            with ExitStack() as on_failure:
                db = on_failure.enter_context(duckdb.connect(self._path, config=SETTINGS))
                bring_up_to_date(db, str(self._path))
                self._ids = dict(db.execute("SELECT name, id FROM points").fetchall())
                self._newest = dict(db.execute(NEWEST).fetchall())
                db.execute("SELECT seq FROM cursor").fetchall()
                self._identity = identity(self._path)
                on_failure.pop_all()
        except (duckdb.Error, OSError) as error:
            raise _cannot_open(self._path, error) from error
        return db


NEWEST = """
SELECT id, max(newest) FROM (
    SELECT id, settled_to AS newest FROM points WHERE settled_to IS NOT NULL
    UNION ALL SELECT point, max(taken_at) FROM arrived GROUP BY point
) GROUP BY id
"""


def _create(path: Path) -> None:
    """Made under another name first: a crash leaves a whole file or none."""
    fresh = path.with_name(path.name + ".new")
    for left in (fresh, _log_of(fresh), _log_of(path)):
        left.unlink(missing_ok=True)
    with duckdb.connect(fresh) as db:
        db.execute(SCHEMA).fetchall()
    fresh.replace(path)


def _log_of(path: Path) -> Path:
    """DuckDB's write-ahead log: what is in it belongs to that file and to no other."""
    return path.with_name(path.name + ".wal")


def _cannot_open(path: Path, error: Exception) -> Unreachable:
    if "Could not set lock" in str(error):
        return InUse(
            str(path),
            "is in use by another process",
            "stop the other gateway, or give this one another data folder",
        )
    return Unreachable(
        str(path),
        f"is not a usable history ({error})",
        f"move it aside together with {path.name}.wal, if there is one; "
        "a new one is made by itself and filled with what the journal still has",
    )
