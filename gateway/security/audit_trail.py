"""The audit record as it is read: page by page, so that nobody waits long for the ledger."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa

from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import desk, security
from gateway.model.clock import Micros

PAGE: Final = 2_000

_table = security.audit
_sheet = desk.handover.c.sheet

Query = sa.Select[Any]

_TEXTS: Final = ("who", "role", "place", "act", "subject", "reason", "before", "after", "hash")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act, as it was put on record (gateway/security/audit.py)."""

    id: int
    at: Micros
    who: str
    role: str
    place: str
    act: str
    subject: str
    reason: str
    before: str
    after: str
    hash: str

    def line(self) -> dict[str, object]:
        """What the chain covers of it (gateway/ledger/chain.py)."""
        fields = asdict(self)
        return {**fields, "detail": fields["reason"]}


@dataclass(frozen=True, slots=True)
class Seal:
    """Of an entry, what its neighbours are checked against."""

    id: int
    at: Micros
    hash: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; None asks for any. `start` is the first instant, `end` the first after."""

    who: str | None = None
    act: str | None = None
    subject: str | None = None
    start: Micros | None = None
    end: Micros | None = None


class AuditTrail:
    """One per gateway."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def newest(
        self, wanted: Wanted, *, limit: int, below: int | None = None
    ) -> list[AuditEntry]:
        """Newest first; `below` goes on after a page that ended with that id."""
        query = _matching(wanted).order_by(_table.c.id.desc()).limit(limit)
        if below is not None:
            query = query.where(_table.c.id < below)
        return await self._read(query)

    async def oldest(self, wanted: Wanted) -> AsyncIterator[AuditEntry]:
        """Every one, oldest first."""
        query = _matching(wanted).order_by(_table.c.id).limit(PAGE)
        page = await self._read(query)
        while page:
            for entry in page:
                yield entry
            page = await self._read(query.where(_table.c.id > page[-1].id))

    async def seals(self) -> list[Seal]:
        """Of every one, oldest first."""
        query = sa.select(_table.c.id, _table.c.at, _table.c.hash).order_by(_table.c.id)
        return await self._ledger.transact(
            lambda connection: [
                Seal(row.id, _instant(row.at), str(row.hash)) for row in connection.execute(query)
            ]
        )

    async def on_sheets(self) -> list[str]:
        """The hashes that signed hand-over sheets hold: each was an entry's."""
        query = sa.select(_sheet).where(_sheet.is_not(None))
        sheets = await self._ledger.transact(lambda db: db.execute(query).scalars().all())
        return [sheet["audit"] for sheet in sheets if sheet.get("audit")]

    async def _read(self, query: Query) -> list[AuditEntry]:
        return await self._ledger.transact(
            lambda connection: [_entry(row) for row in connection.execute(query)]
        )


def _entry(row: sa.Row[Any]) -> AuditEntry:
    """As it stands. SQLite keeps whatever a hand puts there: a number or bytes in place of a text
    are shown as one, and the chain tells that they were altered."""
    texts = {name: str(value) for name, value in row._mapping.items() if name in _TEXTS}
    return AuditEntry(id=row.id, at=_instant(row.at), **texts)


def _instant(at: object) -> Micros:
    return at if isinstance(at, int) else 0


def newest_hash(connection: sa.Connection) -> str:
    """Of the last entry: whoever keeps it elsewhere finds out when the record's end was cut off."""
    query = sa.select(_table.c.hash).order_by(_table.c.id.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none() or ""


def _matching(wanted: Wanted) -> Query:
    query = sa.select(_table, _table.c.detail.label("reason"))
    for column in ("who", "act", "subject"):
        value = getattr(wanted, column)
        if value is not None:
            query = query.where(_table.c[column] == value)
    if wanted.start is not None:
        query = query.where(_table.c.at >= wanted.start)
    if wanted.end is not None:
        query = query.where(_table.c.at < wanted.end)
    return query
