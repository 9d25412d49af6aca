"""Transactions on the ledger, one after the other, in one thread."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Self, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.pool import StaticPool

from gateway import replacing
from gateway.errors import BadConfig, Unreachable
from gateway.files import identity
from gateway.ledger.upgrade import upgrade
from gateway.model.clock import Clock, gateway_clock

T = TypeVar("T")

Fence = Callable[[sa.Connection], None]
"""Raises where this gateway may not write."""

MEND = "check site.ledger, and that the database is up, has room and is writable"

FAULTS_OF_OURS = (IntegrityError, ProgrammingError, DataError)
"""Waiting mends none of them, but for those below."""

TAKEN_AWAY = frozenset({"42P01", "3F000", "42501"})
"""Tables or schema that are gone, and rights on them: somebody's hand in PostgreSQL (its manual,
appendix A)."""


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy URL of the embedded ledger in that file."""
    return f"sqlite:///{path.absolute()}"


class Ledger:
    """The ledger's database. Use as `async with Ledger(url)`; entering brings its tables up to
    date. Unreachable when the database does not answer, BadConfig when it is no ledger.

    All work runs in one thread and one connection, so transactions are strictly serial: what one
    reads cannot be changed by another before it commits. `fence` is asked first in each of them
    whether this gateway may write at all (see lease.py); `session` is what PostgreSQL shows.
    """

    def __init__(
        self,
        url: str,
        clock: Clock | None = None,
        *,
        fence: Fence | None = None,
        session: str = "gatehouse",
    ) -> None:
        self._url = sa.make_url(url)
        self._fence = fence
        self._session = session
        self._file = _file(self._url)
        self._clock = clock or gateway_clock()

    async def __aenter__(self) -> Self:
        self._thread = ThreadPoolExecutor(1, "ledger")
        try:
            self._engine = await self._in_thread(self._open)
        except BaseException:
            self._thread.shutdown(wait=True)
            raise
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._in_thread(self._engine.dispose)
        self._thread.shutdown(wait=True)

    async def transact(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in one transaction: committed when it returns, rolled back when it raises.

        Its own errors come through; the database's become Unreachable (gone, full, locked,
        damaged, or its tables taken away). A transaction once begun is finished even if the waiting
        task is cancelled.
        """
        return await self._in_thread(lambda: self._transact(work))

    def _transact(self, work: Callable[[sa.Connection], T]) -> T:
        try:
            self._put_back_if_moved()
            with self._engine.begin() as connection:
                if self._fence is not None:
                    self._fence(connection)
                return work(connection)
        except DBAPIError as error:
            if is_fault_of_ours(error):
                raise
            raise Unreachable(_shown(self._url), f"ledger: {_said(error)}", MEND) from error

    def _open(self) -> sa.Engine:
        if self._file is not None:
            replacing.finish(self._file, self._clock())
        engine = _open(self._url, self._session)
        self._identity = None if self._file is None else identity(self._file)
        return engine

    def _put_back_if_moved(self) -> None:
        """The file may have been taken away while it is in use (see replacing.py): then it is made
        anew from what is open. Unreachable while that cannot be done."""
        path = self._file
        if path is None or identity(path) == self._identity:
            return
        try:
            with closing(self._engine.raw_connection()) as connection:
                copied = cast("sqlite3.Connection", connection.driver_connection)
                replacing.copy_out(path, copied)
            self._engine.dispose()
            replacing.take_place(path, self._clock())
        except (sqlite3.Error, OSError) as error:
            problem = f"ledger: was taken away, and cannot be written anew ({error})"
            raise Unreachable(_shown(self._url), problem, MEND) from error
        self._identity = identity(path)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _file(url: sa.URL) -> Path | None:
    """Where an embedded ledger lies."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _open(url: sa.URL, session: str) -> sa.Engine:
    is_embedded = url.get_backend_name() == "sqlite"
    engine = _sqlite_engine(url) if is_embedded else postgresql_engine(url, session)
    try:
        if is_embedded:
            with engine.begin() as connection:
                upgrade(connection)
        else:
            bring_up_to_date(url, session)
    except OperationalError as error:
        engine.dispose()
        raise Unreachable(_shown(url), f"ledger: {_said(error)}", MEND) from error
    except SQLAlchemyError as error:
        engine.dispose()
        raise BadConfig(_shown(url), f"is not a usable ledger: {_said(error)}", MEND) from error
    except BadConfig:
        engine.dispose()
        raise
    return engine


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_immediate)
    return engine


def postgresql_engine(url: sa.URL, session: str, **patience: float | None) -> sa.Engine:
    """See postgresql.py. BadConfig where its driver is not installed."""
    try:
        from gateway.ledger.postgresql import create_engine  # noqa: PLC0415  # an extra's package
    except ModuleNotFoundError as error:
        remedy = "install it: pip install 'gatehouse[postgresql]'"
        raise BadConfig(_shown(url), f"needs the package {error.name}", remedy) from error
    return create_engine(url, session, **patience)


def bring_up_to_date(url: sa.URL, session: str) -> None:
    """A PostgreSQL ledger's tables, however long that takes."""
    engine = postgresql_engine(url, session, answer_within_s=None)
    try:
        with engine.begin() as connection:
            upgrade(connection)
    finally:
        engine.dispose()


def is_fault_of_ours(error: DBAPIError) -> bool:
    """Whether waiting mends nothing: the database is there, and was asked for what cannot be."""
    return isinstance(error, FAULTS_OF_OURS) and not _is_taken_away(error)


def _set_up_sqlite(dbapi_connection: object, _record: object) -> None:
    # Transactions are begun by us (below): the driver's own way begins them too late.
    dbapi_connection.isolation_level = None  # type: ignore[attr-defined]  # a sqlite3.Connection
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        dbapi_connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_taken_away(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in TAKEN_AWAY


def _shown(url: sa.URL) -> str:
    return url.render_as_string(hide_password=True)


def _said(error: SQLAlchemyError) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error).strip()
