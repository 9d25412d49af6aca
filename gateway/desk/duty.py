"""Who is on duty, and how a shift hands over to the next one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from gateway.desk import handover, roster
from gateway.desk.handover import HandoverBook
from gateway.desk.shifts import shift_at, shifts_between
from gateway.errors import Malformed
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.clock import DAY, Clock, Micros
from gateway.model.handover import Handover, Note
from gateway.model.shift import Shift
from gateway.security import credentials
from gateway.site.model import Site

T = TypeVar("T")

LONGEST_PLAN: Micros = 400 * DAY


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the team on duty. `took_over`: who signed for it."""

    user: str
    signed_in: bool
    took_over: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """What the plan says now (`shift`, and the `following` one), and who is on duty: the team of
    `handover`, which is the oldest one not signed by both sides."""

    shift: Shift
    following: Shift
    handover: Handover
    people: tuple[Person, ...]


class Shifts:
    """One per gateway. Every act is one ledger transaction; `wake` is called after it: it may have
    started a timer."""

    def __init__(
        self,
        site: Site,
        ledger: Ledger,
        clock: Clock,
        book: HandoverBook,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._plan = site.desk.shifts
        self._zone = site.time_zone
        self._ledger = ledger
        self._clock = clock
        self._book = book
        self._wake = wake

    async def start(self) -> None:
        """Begin with the shift that runs, where the ledger knows of none. Call it first."""
        await self._perform(self._book.begin)

    async def now(self) -> Duty:
        """Who is on duty, by the plan and in truth."""

        def look(db: sa.Connection) -> Duty:
            now = self._clock()
            shift = self.at(now)
            current = handover.current(db)
            people = tuple(_people(db, current, now))
            return Duty(shift, self.at(shift.ends_at), current, people)

        return await self._ledger.transact(look)

    def at(self, instant: Micros) -> Shift:
        """The shift that runs then, by the plan."""
        return shift_at(self._plan, instant, self._zone)

    def shift_end(self, instant: Micros) -> Micros:
        """When the shift that runs then ends, by the plan."""
        return self.at(instant).ends_at

    def between(self, start: Micros, end: Micros) -> list[Shift]:
        """All that run then, by the plan. Malformed for more than 400 days."""
        if end - start > LONGEST_PLAN:
            raise Malformed("end", "is more than 400 days after start", "ask for less")
        return list(shifts_between(self._plan, start, end, self._zone))

    async def handovers(self, limit: int = 100) -> list[Handover]:
        """Newest first."""
        return await self._ledger.transact(lambda db: handover.list_handovers(db, limit))

    async def handover(self, number: int) -> Handover:
        """With its sheet: as it was signed, or else as it would be now. Missing where there is
        none."""

        def look(db: sa.Connection) -> Handover:
            return self._book.with_sheet(db, handover.find(db, number), self._clock())

        return await self._ledger.transact(look)

    async def leave(self, number: int, *, who: Actor) -> Handover:
        """Sign for the leaving side. Missing, or Refused as gateway/desk/signing.py says."""
        return await self._perform(lambda db, now: self._book.leave(db, number, who, now))

    async def take(self, number: int, *, who: Actor) -> Handover:
        """Sign for the side that takes over. Missing, or Refused likewise."""
        return await self._perform(lambda db, now: self._book.take(db, number, who, now))

    async def note(self, text: str, *, who: Actor) -> Note:
        """Put a note on the sheet that is signed next."""
        return await self._perform(lambda db, now: self._book.note(db, text, who, now))

    async def _perform(self, work: Callable[[sa.Connection, Micros], T]) -> T:
        answer = await self._ledger.transact(lambda db: work(db, self._clock()))
        self._wake()
        return answer


def _people(connection: sa.Connection, current: Handover, now: Micros) -> list[Person]:
    before = handover.find_or_none(connection, current.id - 1)
    took_over = None if before is None else before.taken_by
    members = set(roster.members(connection, current.team, now))
    if took_over is not None:
        members.add(took_over)
    signed_in = credentials.signed_in(connection, now)
    return [Person(user, user in signed_in, user == took_over) for user in sorted(members)]
