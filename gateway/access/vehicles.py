"""Who came and went: every arrival, passage and opening by hand, and the vehicles on site.

What machines say is written here in the transaction that keeps their states (AccessService.save):
each once, whatever happens.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from gateway.access.plates import normalised
from gateway.errors import Malformed, Missing, Refused
from gateway.ledger.ledger import Ledger
from gateway.ledger.numbered import as_record, numbered
from gateway.ledger.tables import access
from gateway.ledger.upsert import upsert
from gateway.model.actor import Actor
from gateway.model.clock import Clock, Micros
from gateway.model.reading import Reading
from gateway.security.audit import record
from gateway.site.access_model import Direction

LONGEST_REASON: Final = 500
"""Characters."""

RECORDED: Final = {
    "arrival": "verdict",
    "passage": "result",
    "opening": "by",
    "manual-opening": "how",
}
"""The events that are kept, and which of their facts says how it came out."""

PASSED: Final = frozenset({"taken", "assumed"})

_book, _vehicle = access.gate_record, access.vehicle


@dataclass(frozen=True, slots=True)
class GateRecord:
    """One line: at that barrier, then (`at`, by the device's clock; `noted_at` by the gateway's).

    `what` is arrival, passage, opening, manual-opening or left; `outcome` the register's verdict,
    how the passage ended, or who opened it. `who` and `reason`: of whoever ordered or explained it.
    """

    id: int
    barrier: str
    what: str
    outcome: str
    at: Micros
    noted_at: Micros
    plate: str | None
    direction: str
    holder: str
    pass_id: int | None
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class OnSite:
    """A vehicle that came in and has not gone."""

    plate: str
    since: Micros
    barrier: str
    holder: str


def keep(barriers: Collection[str], connection: sa.Connection, readings: Sequence[Reading]) -> None:
    """Write down what the machines of these barriers have said; doors tell of passages too. What is
    there already, by the number of what it was said of, is left alone."""
    rows = [row for reading in readings if reading.device in barriers for row in _rows(reading)]
    if not rows:
        return
    numbers = [row["message"] for row in rows]
    known = sa.select(_book.c.message).where(_book.c.message.in_(numbers))
    there = set(connection.execute(known).scalars())
    new = [row for row in rows if row["message"] not in there]
    if new:
        connection.execute(_book.insert(), new)
    for row in new:
        if row["what"] == "passage" and row["outcome"] in PASSED:
            _move(connection, row)


class Vehicles:
    """What people ask of the record. All of it raises Unreachable when the ledger is."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def on_site(self) -> list[OnSite]:
        """Those that came in and have not gone, longest first."""
        inside = sa.select(_vehicle).where(_vehicle.c.direction == Direction.IN.value)
        query = inside.order_by(_vehicle.c.since)
        rows = await self._ledger.transact(lambda db: db.execute(query).all())
        return [as_record(row, OnSite) for row in rows]

    async def records(
        self, plate: str | None = None, barrier: str | None = None, limit: int = 200
    ) -> list[GateRecord]:
        """Newest first."""
        query = sa.select(_book).order_by(_book.c.at.desc(), _book.c.id.desc()).limit(limit)
        if plate is not None:
            query = query.where(_book.c.plate == normalised(plate))
        if barrier is not None:
            query = query.where(_book.c.barrier == barrier)
        rows = await self._ledger.transact(lambda db: db.execute(query).all())
        return [as_record(row, GateRecord) for row in rows]

    async def leave(self, plate: str, reason: str, *, who: Actor) -> GateRecord:
        """A vehicle that went unseen is not there any more. Missing where it is not on site."""
        plate, reason = normalised(plate), _words(reason)

        def write(db: sa.Connection) -> GateRecord:
            now = self._clock()
            inside = sa.and_(_vehicle.c.plate == plate, _vehicle.c.direction == Direction.IN.value)
            row = db.execute(sa.select(_vehicle).where(inside)).one_or_none()
            if row is None:
                remedy = "look at the list of vehicles"
                raise Missing(f"vehicle {plate}", "is not on site", remedy)
            line = _line(row.barrier, "left", "by-hand", now, now) | {
                "plate": plate,
                "direction": Direction.OUT.value,
                "holder": row.holder,
                "who": who.user,
                "reason": reason,
            }
            (number,) = db.execute(_book.insert().values(line)).inserted_primary_key or (0,)
            _move(db, line)
            record(db, now, who, "vehicle left", f"vehicle {plate}", reason=reason)
            return _find(db, number)

        return await self._ledger.transact(write)

    async def explain(self, number: int, reason: str, *, who: Actor) -> GateRecord:
        """Why a barrier was opened by hand. Missing where there is no such line, Refused where it
        needs no reason or has one."""
        reason = _words(reason)

        def write(db: sa.Connection) -> GateRecord:
            found = _find(db, number)
            if found.what != "manual-opening":
                raise Refused(f"record {number}", "needs no reason")
            if found.reason:
                raise Refused(f"record {number}", "has its reason already")
            given = {"who": who.user, "reason": reason}
            db.execute(_book.update().where(_book.c.id == number).values(given))
            subject = f"record {number} {found.barrier}"
            record(db, self._clock(), who, "opening explained", subject, reason=reason)
            return _find(db, number)

        return await self._ledger.transact(write)


def _rows(reading: Reading) -> Iterator[dict[str, object]]:
    barrier, _, what = reading.point.rpartition("/")
    told = reading.value
    if what not in RECORDED or not isinstance(told, Mapping) or reading.delivery is None:
        return
    line = _line(barrier, what, str(told.get(RECORDED[what], "")), reading.taken_at, 0)
    yield line | {
        "message": reading.delivery.message,
        "noted_at": reading.received_at,
        "plate": told.get("plate"),
        "direction": told.get("direction", ""),
        "holder": told.get("holder", ""),
        "pass_id": told.get("pass"),
        "who": told.get("who", ""),
        "reason": told.get("reason", ""),
    }


def _line(barrier: str, what: str, outcome: str, at: Micros, noted_at: Micros) -> dict[str, object]:
    return {
        "message": None,
        "barrier": barrier,
        "what": what,
        "outcome": outcome,
        "at": at,
        "noted_at": noted_at,
        "pass_id": None,
    }


def _move(connection: sa.Connection, row: Mapping[str, object]) -> None:
    """The latest passage by its own time says where a vehicle is, in whatever order they are told.
    One whose way nobody knows says nothing."""
    if not row["plate"] or row["direction"] not in list(Direction):
        return
    query = sa.select(_vehicle.c.since).where(_vehicle.c.plate == row["plate"])
    last = connection.execute(query).scalar_one_or_none()
    if last is not None and last > int(str(row["at"])):
        return
    place = {name: row[name] for name in ("plate", "direction", "barrier", "holder")}
    upsert(connection, _vehicle, [place | {"since": row["at"]}])


def _words(reason: str) -> str:
    said = reason.strip()
    if not 0 < len(said) <= LONGEST_REASON:
        problem = f"is not 1 to {LONGEST_REASON} characters long"
        raise Malformed("reason", problem, "write it in a few words")
    if "\x00" in said:
        raise Malformed("reason", "what is written holds a NUL", "write it anew")
    return said


def _find(connection: sa.Connection, number: int) -> GateRecord:
    return numbered(connection, _book, number, GateRecord, "record", "the list of records")
