"""Who went through where: every event of doors and barriers, on record with the device's time and
the gateway's.

A follower of the journal writes it to the ledger. An event is told apart by its point, its instant
and what it says: told twice, or read again after a crash, it is on record once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import sqlalchemy as sa

from gateway.history.follower import Cursors
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import access
from gateway.ledger.upsert import upsert
from gateway.model.clock import DAY, HOUR, SECOND, Clock, Micros
from gateway.model.point import PointKind
from gateway.model.reading import Quality, Reading
from gateway.site.model import Site

NAME: Final = "access-events"
"""The follower's."""

NOT_LOGGED: Final = frozenset({"order", "crossing"})
"""Events that are on record elsewhere: commands, and what cameras see."""

WHO: Final = ("holder", "credential", "plate")
"""The keys of an event by which people look for it."""

KEPT: Final[Micros] = 366 * DAY
ADVANCE_EVERY: Final[Micros] = 10 * SECOND
LONGEST_WHO: Final = 200

_table = access.access_event


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of one device; of a holder, credential or plate that has this text in it; that
    happened in [start, end)."""

    device: str | None = None
    who: str | None = None
    start: Micros | None = None
    end: Micros | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """One event. `seq` is its place in the journal it came by."""

    id: str
    point: str
    value: Mapping[str, Any]
    taken_at: Micros
    received_at: Micros
    seq: int

    @property
    def device(self) -> str:
        """The id of the device it happened at."""
        return self.point.rpartition("/")[0]


class EventLog:
    """One per gateway; a Store of gateway.history.follower. `count` grows with every event that
    was put on record since the start."""

    def __init__(self, site: Site, ledger: Ledger, cursors: Cursors, clock: Clock) -> None:
        self._points = {
            point.id
            for point in site.points.values()
            if point.kind is PointKind.EVENT and point.id.rpartition("/")[2] not in NOT_LOGGED
        }
        self._ledger = ledger
        self._cursors = cursors
        self._clock = clock
        self._advanced_at: Micros = 0
        self._tidied_at: Micros = 0
        self.count = 0

    async def cursor(self) -> int:
        """See Store."""
        return await self._cursors.cursor(NAME)

    async def write(self, readings: Sequence[Reading], cursor: int) -> None:
        """See Store. The cursor follows the events, now and then where there are none."""
        now, events = self._clock(), [reading for reading in readings if self._is_ours(reading)]
        if events:
            self.count += await self._ledger.transact(lambda db: self.put(db, events))
        if events or now - self._advanced_at >= ADVANCE_EVERY:
            await self._cursors.advance(NAME, cursor)
            self._advanced_at = now
        if now - self._tidied_at >= HOUR:
            await self._forget(now - KEPT)
            self._tidied_at = now

    def put(self, connection: sa.Connection, readings: Sequence[Reading]) -> int:
        """Write down what of them is an event, in that transaction; how many."""
        rows = [_row(reading) for reading in readings if self._is_ours(reading)]
        once = list({row["id"]: row for row in rows}.values())
        upsert(connection, _table, once)
        return len(once)

    async def newest(
        self, wanted: Wanted, limit: int, before: Logged | None = None
    ) -> list[Logged]:
        """In the order in which they came, the last one first; those after `before` in it."""
        query = _query(wanted).order_by(_table.c.received_at.desc(), _table.c.seq.desc())
        if before is not None:
            at = sa.tuple_(_table.c.received_at, _table.c.seq)
            query = query.where(at < sa.tuple_(before.received_at, before.seq))
        rows = await self._ledger.transact(
            lambda connection: connection.execute(query.limit(limit)).all()
        )
        return [_logged(row) for row in rows]

    def _is_ours(self, reading: Reading) -> bool:
        happened = isinstance(reading.value, Mapping) and reading.quality is Quality.GOOD
        return happened and reading.point in self._points

    async def _forget(self, before: Micros) -> None:
        old = _table.delete().where(_table.c.received_at < before)
        await self._ledger.transact(lambda connection: connection.execute(old))


def _query(wanted: Wanted) -> "sa.Select[Any]":
    query = sa.select(_table)
    if wanted.device is not None:
        query = query.where(_table.c.device == wanted.device)
    if wanted.who:
        query = query.where(_table.c.who.contains(wanted.who.casefold(), autoescape=True))
    if wanted.start is not None:
        query = query.where(_table.c.taken_at >= wanted.start)
    if wanted.end is not None:
        query = query.where(_table.c.taken_at < wanted.end)
    return query


def _row(reading: Reading) -> dict[str, Any]:
    value = dict(reading.value) if isinstance(reading.value, Mapping) else {}
    told = json.dumps(value, sort_keys=True).encode()
    digest = blake2b(f"{reading.point} {reading.taken_at} ".encode() + told, digest_size=16)
    words = (str(value[key]) for key in WHO if value.get(key) is not None)
    who = " ".join(words).casefold().replace("\0", "")
    return {
        "id": digest.hexdigest(),
        "device": reading.device,
        "point": reading.point,
        "who": who[:LONGEST_WHO],
        "value": value,
        "taken_at": reading.taken_at,
        "received_at": reading.received_at,
        "seq": reading.seq or 0,
    }


def _logged(row: "sa.Row[Any]") -> Logged:
    return Logged(row.id, row.point, row.value, row.taken_at, row.received_at, row.seq)
