"""The roster: who belongs to which team, from when on. Append-only: what was, stays on record."""

from dataclasses import dataclass
from itertools import zip_longest

import sqlalchemy as sa

from gateway.errors import Malformed
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import desk, security
from gateway.model.actor import Actor
from gateway.model.clock import Clock, Micros
from gateway.model.shift import ShiftPlan
from gateway.security import users
from gateway.security.audit import record

_table = desk.roster


@dataclass(frozen=True, slots=True)
class Place:
    """From `since` on the user belongs to that team; None: to none."""

    user: str
    team: str | None
    since: Micros
    set_by: str


class Roster:
    """Leaders and managers write it; everybody reads it."""

    def __init__(self, plan: ShiftPlan, ledger: Ledger, clock: Clock) -> None:
        self._teams = tuple(team.id for team in plan.teams)
        self._ledger = ledger
        self._clock = clock

    async def places(self) -> list[Place]:
        """By user: where everybody is now, and is going to be."""
        return await self._ledger.transact(lambda db: _standing(db, self._clock()))

    async def put(
        self, user: str, team: str | None, since: Micros | None = None, *, who: Actor
    ) -> Place:
        """Have the user belong to that team from `since` on; None: from now on. Malformed for a
        team that is not in the plan or a time that is past, Missing for an unknown user."""
        if team is not None and team not in self._teams:
            known = ", ".join(self._teams)
            raise Malformed(f"team {team}", "is not in the shift plan", f"it has: {known}")

        def write(db: sa.Connection) -> Place:
            now = self._clock()
            if since is not None and since < now:
                raise Malformed("since", "is in the past", "leave it out for now")
            users.get(db, user)
            place = Place(user, team, now if since is None else since, who.user)
            before = team_of(db, user, place.since) or "none"
            db.execute(
                _table.insert().values(
                    user=user, team=team, since=place.since, set_by=who.user, set_at=now
                )
            )
            record(db, now, who, "team set", user, before=before, after=team or "none")
            return place

        return await self._ledger.transact(write)


def team_of(connection: sa.Connection, user: str, at: Micros) -> str | None:
    """The team the user belongs to at that instant."""
    query = sa.select(_table).where(_table.c.user == user, _table.c.since <= at)
    newest = query.order_by(_table.c.since.desc(), _table.c.id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else row.team


def members(connection: sa.Connection, team: str, at: Micros) -> list[str]:
    """Those of the team at that instant who may come in, by name."""
    query = (
        sa.select(_table.c.user, _table.c.team)
        .join(security.user, security.user.c.name == _table.c.user)
        .where(_table.c.since <= at, security.user.c.disabled.is_(False))
        .order_by(_table.c.since, _table.c.id)
    )
    newest = {row.user: row.team for row in connection.execute(query)}
    return sorted(user for user, belongs_to in newest.items() if belongs_to == team)


def _standing(connection: sa.Connection, now: Micros) -> list[Place]:
    """The newest place that has begun, and all that are yet to begin."""
    query = sa.select(_table).order_by(_table.c.user, _table.c.since, _table.c.id)
    rows = connection.execute(query).all()
    return [
        Place(row.user, row.team, row.since, row.set_by)
        for row, following in zip_longest(rows, rows[1:])
        if following is None or following.user != row.user or following.since > now
    ]
