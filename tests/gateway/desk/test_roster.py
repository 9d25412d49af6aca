"""Who belongs to which team, from when on."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.desk import roster
from gateway.errors import Malformed, Missing
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import security
from gateway.security import users
from tests.gateway.desk.duty_desk import LEADER, DutyDesk, at, duty_desk


@pytest.fixture
async def desk(ledger: Ledger, tmp_path: Path) -> DutyDesk:
    return await duty_desk(ledger, tmp_path, "2026-01-05T10:00")


async def members(desk: DutyDesk, team: str, when: str) -> list[str]:
    return await desk.ledger.transact(lambda db: roster.members(db, team, at(when)))


async def test_a_user_changes_teams_at_the_time_that_was_told(desk: DutyDesk) -> None:
    assert await desk.roster.places() == []
    await desk.roster.put("amy", "a", who=LEADER)
    await desk.roster.put("amy", "b", at("2026-01-11T07:00"), who=LEADER)
    await desk.roster.put("ben", "b", who=LEADER)
    assert await members(desk, "a", "2026-01-11T06:59") == ["amy"]
    assert await members(desk, "b", "2026-01-11T07:00") == ["amy", "ben"]
    places = [(place.user, place.team) for place in await desk.roster.places()]
    assert places == [("amy", "a"), ("amy", "b"), ("ben", "b")]
    desk.clock.now = at("2026-01-12T10:00")
    places = [(place.user, place.team) for place in await desk.roster.places()]
    assert places == [("amy", "b"), ("ben", "b")]


async def test_what_was_told_last_counts(desk: DutyDesk) -> None:
    await desk.roster.put("amy", "a", who=LEADER)
    await desk.roster.put("amy", "c", who=LEADER)
    assert await members(desk, "a", "2026-01-05T10:00") == []
    assert await members(desk, "c", "2026-01-05T10:00") == ["amy"]
    await desk.roster.put("amy", None, who=LEADER)
    assert await members(desk, "c", "2026-01-05T10:00") == []


async def test_a_disabled_user_belongs_to_no_team(desk: DutyDesk) -> None:
    await desk.roster.put("amy", "a", who=LEADER)
    await desk.ledger.transact(lambda db: users.set_disabled(db, "amy", True))
    assert await members(desk, "a", "2026-01-06T10:00") == []


async def test_unknown_teams_and_people_and_times_that_are_past_are_refused(
    desk: DutyDesk,
) -> None:
    with pytest.raises(Malformed, match="team z: is not in the shift plan; it has: a, b, c"):
        await desk.roster.put("amy", "z", who=LEADER)
    with pytest.raises(Missing, match="eve"):
        await desk.roster.put("eve", "a", who=LEADER)
    with pytest.raises(Malformed, match="in the past"):
        await desk.roster.put("amy", "a", at("2026-01-05T09:59"), who=LEADER)


async def test_a_change_of_team_is_on_the_audit_record_with_what_was(desk: DutyDesk) -> None:
    await desk.roster.put("amy", "a", who=LEADER)
    await desk.roster.put("amy", "b", who=LEADER)
    query = sa.select(security.audit).order_by(security.audit.c.id)
    lines = await desk.ledger.transact(lambda db: db.execute(query).all())
    assert [(line.who, line.role, line.before, line.after) for line in lines] == [
        ("lin", "leader", "none", "a"),
        ("lin", "leader", "a", "b"),
    ]
