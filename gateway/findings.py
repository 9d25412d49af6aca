"""What drivers have found out about their devices, kept in the ledger over a restart."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import sqlalchemy as sa

from gateway.errors import Unreachable
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import field
from gateway.ledger.upsert import upsert
from gateway.model.clock import SECOND, Micros

logger = logging.getLogger(__name__)

WRITE_EVERY: Final[Micros] = 10 * SECOND
"""A power cut silences many devices at once: what that changes is written in one transaction, and
not while alarms are at their busiest."""


class Findings:
    """Those of all connections, read once, and written a little later than they are made."""

    def __init__(
        self, ledger: Ledger, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._ledger = ledger
        self._sleep = sleep
        self._found: dict[str, object] = {}
        self._unwritten: set[str] = set()
        self._fault = ""

    async def load(self) -> None:
        """What was kept before this start, but for what cannot be read any more: it is found out
        anew. Unreachable when the ledger is."""
        columns = field.finding.c
        query = sa.select(columns.connection, sa.cast(columns.found, sa.Text))
        for connection, found in await self._ledger.transact(lambda db: db.execute(query).all()):
            try:
                self._found[connection] = json.loads(found)
            except ValueError as error:
                told = "%s: what was found out about its devices is lost: %s"
                logger.warning(told, connection, error)

    def of(self, connection: str) -> "_Memory":
        """That connection's, a gateway.model.memory.Memory."""
        return _Memory(self, connection)

    async def run(self) -> None:
        """Writes what is new, until cancelled, and once more then."""
        try:
            while True:
                await self._sleep(WRITE_EVERY / SECOND)
                await self._write()
        finally:
            await self._write()

    def found(self, connection: str) -> object | None:
        """See Memory."""
        return self._found.get(connection)

    def keep(self, connection: str, found: object) -> None:
        """See Memory."""
        if found != self._found.get(connection):
            self._found[connection] = found
            self._unwritten.add(connection)

    async def _write(self) -> None:
        writing, self._unwritten = self._unwritten, set()
        if not writing:
            return
        rows = [{"connection": each, "found": self._found[each]} for each in sorted(writing)]
        try:
            await self._ledger.transact(lambda db: upsert(db, field.finding, rows))
        except Unreachable as error:
            self._unwritten |= writing
            self._tell(str(error))
        else:
            self._tell("")

    def _tell(self, fault: str) -> None:
        if fault and not self._fault:
            logger.warning("what was found out about devices is not kept: %s", fault)
        self._fault = fault


class _Memory:
    """One connection's."""

    def __init__(self, findings: Findings, connection: str) -> None:
        self._findings = findings
        self._connection = connection

    @property
    def found(self) -> object | None:
        return self._findings.found(self._connection)

    def keep(self, found: object) -> None:
        self._findings.keep(self._connection, found)
