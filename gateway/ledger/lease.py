"""Which of several gateways on one PostgreSQL is the active one.

The active one holds an advisory lock and renews the row `lease`. Another takes over when the row
was not renewed for a while, by the database's clock: it ends the former's sessions, so that the
lock is free and nothing of the former is under way, raises the epoch, and ends them again. Whoever
writes asks first, in the same transaction, whether the epoch is still its own (`fence`). So a
process that was stopped and goes on, or that had only lost sight of the database, cannot write.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gateway.errors import BadConfig, Unreachable
from gateway.ledger.ledger import bring_up_to_date, postgresql_engine
from gateway.ledger.tables import progress
from gateway.model.clock import SECOND, Micros

logger = logging.getLogger(__name__)

T = TypeVar("T")

RENEW_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.5
FREE_AFTER: Final[Micros] = 2 * SECOND
"""Without renewal, where nobody holds the lock: the active one has ended, or is connecting anew."""
LOST_AFTER: Final[Micros] = 4 * SECOND
"""Without renewal, where the lock is held: whoever holds it does not go on."""
GONE_WITHIN_SECONDS: Final = 5.0
ANSWER_WITHIN_SECONDS: Final = 4.0
"""No answer for so long is none: another gateway may have taken the lease."""
IDLE_WITHIN_SECONDS: Final = 5
"""After which the database ends a session that asks nothing, and with it its lock: a gateway that
was stopped in the middle of taking the lease must not keep the others from it."""

_LOCK: Final = int.from_bytes(b"gatehous", "big") >> 1
_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_UP_SINCE: Final = "(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint"
_LOOK: Final = sa.text(
    f"SELECT name, run, journal, {_NOW} - greatest(renewed_at, {_UP_SINCE}) AS age FROM lease"
)
"""While the database was down nobody could renew it."""
_TAKE: Final = sa.text(
    "INSERT INTO lease (id, epoch, name, run, journal, renewed_at)"
    f" VALUES (1, 1, :name, :run, :journal, {_NOW})"
    " ON CONFLICT (id) DO UPDATE SET epoch = lease.epoch + 1, name = excluded.name,"
    " run = excluded.run, journal = excluded.journal, renewed_at = excluded.renewed_at"
    " RETURNING epoch"
)
_RENEW: Final = sa.text(f"UPDATE lease SET renewed_at = {_NOW} WHERE epoch = :epoch")
_RELEASE: Final = sa.text("UPDATE lease SET renewed_at = 0 WHERE epoch = :epoch")
_END: Final = sa.text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = :run AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The lease, just taken. `cursor`: up to where the alarms have read, in the journal of the one
    that was active before; `same_journal` whether that is ours."""

    same_journal: bool
    cursor: int


class Lease:
    """One per gateway: `async with Lease(…)`, `take`, then `keep` for as long as it is active.
    `run` is how the database calls this process's sessions; `active` names the active gateway;
    `fault` says why the lease cannot be renewed now, None while it can."""

    def __init__(self, url: str, name: str, journal: str) -> None:
        self._url = sa.make_url(url)
        self._name = name
        self._journal = journal
        self.run = f"gatehouse {uuid.uuid4().hex[:12]}"
        self.active: str | None = None
        self.epoch = 0
        self.fault: str | None = None
        self._renewed = asyncio.Event()
        self._renewed_at = 0.0

    async def __aenter__(self) -> Self:
        if self._url.get_backend_name() != "postgresql":
            raise BadConfig("site.standby", "needs a PostgreSQL ledger", "name one in site.ledger")
        patience = {"answer_within_s": ANSWER_WITHIN_SECONDS, "idle_within_s": IDLE_WITHIN_SECONDS}
        engine = postgresql_engine(self._url, self.run, **patience)
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._thread = ThreadPoolExecutor(1, "lease")
        self._connection: sa.Connection | None = None
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._in_thread(self._let_go)
        self._thread.shutdown(wait=True)

    async def take(self) -> Taken:
        """Wait until this gateway is the active one."""
        told: str | None = None
        while True:
            taken, state = None, "the database cannot be reached"
            asked = time.monotonic()
            try:
                taken = await self._in_thread(self._try)
                state = f"standby; the active gateway is {self.active}"
            except Unreachable as error:
                state = f"standby; {error}"
            if taken is not None:
                self.active, self._renewed_at = self._name, asked
                logger.warning("this gateway (%s) is the active one now", self._name)
                return taken
            if state != told:
                logger.warning(state)
                told = state
            await asyncio.sleep(POLL_SECONDS)

    async def keep(self) -> None:
        """Renew it for ever. Unreachable when another gateway has taken it."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            asked = time.monotonic()
            try:
                if not await self._in_thread(self._renew):
                    raise self._lost()
            except _Cut as cut:
                self._say(f"lease: cannot be renewed: {cut}")
            else:
                self._say(None)
                self._renewed_at = asked
                self._renewed.set()
                self._renewed.clear()

    def _say(self, fault: str | None) -> None:
        if fault != self.fault:
            logger.warning(fault or "lease: is renewed again")
        self.fault = fault

    @property
    def is_sure(self) -> bool:
        """Whether no other gateway can have taken the lease."""
        return time.monotonic() - self._renewed_at < LOST_AFTER / SECOND

    async def sure(self) -> None:
        """Wait until that is so."""
        while not self.is_sure:
            await self._renewed.wait()

    def fence(self, connection: sa.Connection) -> None:
        """Unreachable when this gateway is no longer the active one."""
        if connection.execute(sa.select(progress.lease.c.epoch)).scalar() != self.epoch:
            raise self._lost()

    def _lost(self) -> Unreachable:
        problem = "another gateway has taken over: this one writes nothing more"
        return Unreachable(f"gateway {self._name}", problem, "it ends; started again it stands by")

    # --- in the thread -------------------------------------------------------------------------

    def _try(self) -> Taken | None:
        try:
            return self._try_with(self._connected())
        except DBAPIError as error:
            self._drop()
            raise Unreachable("ledger", str(error.orig).strip(), "see the database") from error

    def _try_with(self, db: sa.Connection) -> Taken | None:
        locked = _scalar(db, f"SELECT pg_try_advisory_lock({_LOCK})")
        known = _scalar(db, "SELECT to_regclass('lease') IS NOT NULL")
        former = db.execute(_LOOK).one_or_none() if known else None
        if former is not None and former.age < (FREE_AFTER if locked else LOST_AFTER):
            self.active = former.name
            if locked:
                _scalar(db, f"SELECT pg_advisory_unlock({_LOCK})")
            return None
        if former is not None:
            _end_sessions(db, former.run)
        if not locked:
            return None
        bring_up_to_date(self._url, self.run)
        ours = {"name": self._name, "run": self.run, "journal": self._journal}
        self.epoch = db.execute(_TAKE, ours).scalar_one()
        if former is not None:
            _end_sessions(db, former.run)
        cursor = _scalar(db, "SELECT coalesce(max(seq), 0) FROM cursor WHERE follower = 'alarms'")
        same = former is None or former.journal == self._journal
        return Taken(same, cursor)

    def _renew(self) -> bool:
        try:
            lost = self._connection is None or self._connection.closed
            db = self._connected()
            if lost:
                _scalar(db, f"SELECT pg_try_advisory_lock({_LOCK})")
            return db.execute(_RENEW, {"epoch": self.epoch}).rowcount == 1
        except DBAPIError as error:
            self._drop()
            raise _Cut(str(error.orig).strip()) from error

    def _let_go(self) -> None:
        try:
            if self.epoch and self._connection is not None:
                self._connection.execute(_RELEASE, {"epoch": self.epoch})
        except DBAPIError as error:
            logger.warning("lease: not given back: %s", error.orig)
        self._drop()
        self._engine.dispose()

    def _connected(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class _Cut(Exception):
    """The database cannot be reached now."""


def _scalar(db: sa.Connection, query: str) -> int:
    return int(db.exec_driver_sql(query).scalar_one())


def _end_sessions(db: sa.Connection, run: str) -> None:
    """End them, and wait until they are gone."""
    for _ in range(int(GONE_WITHIN_SECONDS / 0.05)):
        if not db.execute(_END, {"run": run}).scalar_one():
            return
        db.exec_driver_sql("SELECT pg_sleep(0.05)")
    raise Unreachable("ledger", f"the sessions {run} do not end", "end them in the database")
