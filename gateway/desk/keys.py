"""The register of keys and radios: lent, and returned the same day (estate-rules.md, D13)."""

from datetime import time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from gateway.desk.written import check_text
from gateway.errors import Malformed, Refused
from gateway.ledger.ledger import Ledger
from gateway.ledger.numbered import as_record, numbered
from gateway.ledger.tables import desk
from gateway.model.actor import Actor
from gateway.model.clock import Clock, Micros
from gateway.model.handover import KeyLoan
from gateway.model.wall_clock import instant_of, shown_at
from gateway.security.audit import record

LONGEST_KEY: Final = 64
LONGEST_HOLDER: Final = 100
"""Characters."""

_table = desk.key_loan


class KeyRegister:
    """Who has which key. A key is known by what stands on its tag."""

    def __init__(self, zone: ZoneInfo, ledger: Ledger, clock: Clock) -> None:
        self._zone = zone
        self._ledger = ledger
        self._clock = clock

    async def loans(self, *, returned: bool = False, limit: int = 200) -> list[KeyLoan]:
        """Keys that are out, longest first; with `returned`, all loans, newest first."""
        if not returned:
            return await self._ledger.transact(keys_out)
        query = sa.select(_table).order_by(_table.c.id.desc()).limit(limit)
        return await self._ledger.transact(
            lambda db: [as_record(row, KeyLoan) for row in db.execute(query)]
        )

    async def lend(self, key: str, holder: str, *, who: Actor) -> KeyLoan:
        """Malformed without words, or with too many; Refused while somebody has it."""
        key, holder = _word("key", key, LONGEST_KEY), _word("holder", holder, LONGEST_HOLDER)

        def write(db: sa.Connection) -> KeyLoan:
            now = self._clock()
            out = next((loan for loan in keys_out(db) if loan.key == key), None)
            if out is not None:
                raise Refused(f"key {key}", f"is with {out.holder}", "have it returned first")
            values = {
                "key": key,
                "holder": holder,
                "lent_by": who.user,
                "lent_at": now,
                "due_at": end_of_day(now, self._zone),
            }
            (number,) = db.execute(_table.insert().values(values)).inserted_primary_key or (0,)
            record(db, now, who, "key lent", f"key {key}", after=holder)
            return _find(db, number)

        return await self._ledger.transact(write)

    async def take_back(self, loan_id: int, *, who: Actor) -> KeyLoan:
        """Missing where there is no such loan, Refused when it is over already."""

        def write(db: sa.Connection) -> KeyLoan:
            now, loan = self._clock(), _find(db, loan_id)
            if loan.returned_at is not None:
                raise Refused(f"key {loan.key}", "is returned already")
            values = {"returned_at": now, "taken_back_by": who.user}
            db.execute(_table.update().where(_table.c.id == loan_id).values(values))
            record(db, now, who, "key returned", f"key {loan.key}", before=loan.holder)
            return _find(db, loan_id)

        return await self._ledger.transact(write)


def keys_out(connection: sa.Connection) -> list[KeyLoan]:
    """Loans that are not over, oldest first."""
    query = sa.select(_table).where(_table.c.returned_at.is_(None)).order_by(_table.c.id)
    return [as_record(row, KeyLoan) for row in connection.execute(query)]


def end_of_day(at: Micros, zone: ZoneInfo) -> Micros:
    """The midnight after that instant on the wall clock of the zone."""
    tomorrow = shown_at(at, zone).date() + timedelta(days=1)
    return instant_of(tomorrow, time(), zone)


def _word(name: str, said: str, longest: int) -> str:
    if not 0 < len(said.strip()) <= longest:
        raise Malformed(name, f"is not 1 to {longest} characters long", "write it in a few words")
    check_text(name, said)
    return said.strip()


def _find(connection: sa.Connection, loan_id: int) -> KeyLoan:
    return numbered(connection, _table, loan_id, KeyLoan, "loan", "the list of keys")
