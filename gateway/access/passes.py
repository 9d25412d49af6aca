"""The register of passes in the ledger: added and ended by people, never altered.

All of it that may still matter is in memory, so a plate is decided on without asking anybody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from gateway.access.plates import LONGEST_PLATE, Pass, PassKind, Register, normalised
from gateway.errors import Malformed, Refused
from gateway.ledger.ledger import Ledger
from gateway.ledger.numbered import as_record, numbered
from gateway.ledger.tables import access
from gateway.model.actor import Actor
from gateway.model.clock import DAY, Clock, Micros
from gateway.model.wall_clock import instant_of
from gateway.security.audit import record

LONGEST_HOLDER: Final = 100
"""Characters."""
REMEMBERED: Final[Micros] = 14 * DAY
"""What was ended earlier decides on nothing that the journal may be read again for."""

_table = access.vehicle_pass


@dataclass(frozen=True, slots=True)
class NewPass:
    """`valid_from` None: from now on. A `valid_to` that is a day includes all of it, on the site's
    wall clock; None: no end. No barriers: all of them."""

    plate: str
    kind: PassKind
    holder: str
    valid_from: Micros | None = None
    valid_to: Micros | date | None = None
    barriers: tuple[str, ...] = ()


class Passes:
    """One per gateway. All of it raises Unreachable when the ledger is."""

    def __init__(
        self, barriers: Collection[str], zone: ZoneInfo, ledger: Ledger, clock: Clock
    ) -> None:
        self._barriers = barriers
        self._zone = zone
        self._ledger = ledger
        self._clock = clock
        self.register = Register()

    async def load(self) -> Self:
        """Have the register in memory."""
        since = self._clock() - REMEMBERED
        matters = sa.or_(_table.c.ended_at.is_(None), _table.c.ended_at > since)
        query = sa.select(_table).where(matters)
        for row in await self._ledger.transact(lambda db: db.execute(query).all()):
            self.register.put(as_record(row, Pass))
        return self

    async def passes(
        self, plate: str | None = None, *, ended: bool = False, limit: int = 200
    ) -> list[Pass]:
        """Those on the register, newest first; of one plate, with `ended` those taken off too."""
        query = sa.select(_table).order_by(_table.c.id.desc()).limit(limit)
        if plate is not None:
            query = query.where(_table.c.plate == normalised(plate))
        if not ended:
            query = query.where(_table.c.ended_at.is_(None))
        rows = await self._ledger.transact(lambda db: db.execute(query).all())
        return [as_record(row, Pass) for row in rows]

    async def add(self, new: NewPass, *, who: Actor) -> Pass:
        """It counts at once. Malformed for what is no plate, no barrier or no time to come."""
        plate, until = self._checked(new)

        def write(db: sa.Connection) -> Pass:
            now = self._clock()
            if until is not None and until <= max(now, new.valid_from or now):
                raise Malformed("valid_to", "is over before it begins", "name a later time")
            values = {
                "plate": plate,
                "kind": new.kind.value,
                "holder": new.holder.strip(),
                "valid_from": now if new.valid_from is None else new.valid_from,
                "valid_until": until,
                "barriers": list(new.barriers),
                "added_at": now,
                "added_by": who.user,
            }
            (number,) = db.execute(_table.insert().values(values)).inserted_primary_key or (0,)
            told = f"{new.kind} {new.holder.strip()}"
            record(db, now, who, "pass added", f"pass {number} {plate}", after=told)
            return _find(db, number)

        added = await self._ledger.transact(write)
        self.register.put(added)
        return added

    async def end(self, number: int, reason: str, *, who: Actor) -> Pass:
        """It counts no longer. Missing where there is none, Refused when it has been ended."""
        _check("reason", reason, LONGEST_HOLDER)

        def write(db: sa.Connection) -> Pass:
            now, found = self._clock(), _find(db, number)
            if found.ended_at is not None:
                raise Refused(f"pass {number}", "is ended already")
            values = {"ended_at": now, "ended_by": who.user}
            db.execute(_table.update().where(_table.c.id == number).values(values))
            subject = f"pass {number} {found.plate}"
            record(db, now, who, "pass ended", subject, reason=reason.strip(), before=found.holder)
            return _find(db, number)

        ended = await self._ledger.transact(write)
        self.register.put(ended)
        return ended

    def _checked(self, new: NewPass) -> tuple[str, Micros | None]:
        plate = normalised(new.plate)
        if not 0 < len(plate) <= LONGEST_PLATE:
            expected = f"write 1 to {LONGEST_PLATE} letters and digits"
            raise Malformed("plate", "is not a number plate", expected)
        _check("holder", new.holder, LONGEST_HOLDER)
        for barrier in new.barriers:
            if barrier not in self._barriers:
                known = ", ".join(sorted(self._barriers))
                raise Malformed(f"barrier {barrier}", "is not there", f"the site has: {known}")
        until = new.valid_to
        if isinstance(until, date):
            until = instant_of(until + timedelta(days=1), time(), self._zone)
        return plate, until


def _check(name: str, said: str, longest: int) -> None:
    if not 0 < len(said.strip()) <= longest:
        raise Malformed(name, f"is not 1 to {longest} characters long", "write it in a few words")
    if "\x00" in said:
        raise Malformed(name, "what is written holds a NUL", "write it anew")


def _find(connection: sa.Connection, number: int) -> Pass:
    return numbered(connection, _table, number, Pass, "pass", "the list of passes")
