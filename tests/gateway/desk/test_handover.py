"""Who signs a hand-over, in which order, and what happens when nobody does."""

from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.errors import Missing, Refused
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside, security
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, MINUTE
from gateway.security import credentials
from gateway.security.credentials import Kind
from tests.gateway.desk.duty_desk import LEADER, DutyDesk, at, duty_desk

AMY, BEN = Actor("amy"), Actor("ben")


@pytest.fixture
async def desk(ledger: Ledger, tmp_path: Path) -> DutyDesk:
    """In the morning shift of team a."""
    return await duty_desk(ledger, tmp_path, "2026-01-05T10:00")


async def test_the_running_shift_has_a_hand_over_from_the_first_start_on_and_only_one(
    desk: DutyDesk,
) -> None:
    await desk.shifts.start()
    (only,) = await desk.shifts.handovers()
    assert (only.id, only.shift, only.team) == (1, "morning", "a")
    assert (only.begun_at, only.due_at) == (at("2026-01-05T07:00"), at("2026-01-05T15:00"))


async def test_the_team_stays_on_duty_until_both_sides_have_signed(desk: DutyDesk) -> None:
    await desk.pass_to("2026-01-05T15:05")
    duty = await desk.shifts.now()
    assert (duty.shift.team.id, duty.following.team.id) == ("b", "c")
    assert duty.handover.team == "a"
    await desk.shifts.leave(1, who=AMY)
    assert (await desk.shifts.now()).handover.team == "a"
    await desk.shifts.take(1, who=BEN)
    assert (await desk.shifts.now()).handover.team == "b"


async def test_the_end_of_a_shift_is_told_by_the_plan_for_what_may_last_no_longer(
    desk: DutyDesk,
) -> None:
    assert desk.shifts.shift_end(at("2026-01-05T10:00")) == at("2026-01-05T15:00")
    assert desk.shifts.shift_end(at("2026-01-05T23:30")) == at("2026-01-06T07:00")


async def test_who_signs_early_hands_over_early(desk: DutyDesk) -> None:
    await desk.pass_to("2026-01-05T14:50")
    await desk.hand_over(1, "amy", "ben")
    assert (await desk.shifts.now()).handover.team == "b"
    await desk.pass_to("2026-01-05T15:30")
    first, second = reversed(await desk.shifts.handovers())
    assert (first.taken_by, first.taken_at) == ("ben", at("2026-01-05T14:50"))
    assert (second.team, second.begun_at) == ("b", at("2026-01-05T15:00"))
    assert (first.late_at, second.late_at) == (None, None)


async def test_signing_in_the_wrong_order_is_refused_by_name(desk: DutyDesk) -> None:
    with pytest.raises(Refused, match="far from its end"):
        await desk.shifts.leave(1, who=AMY)
    await desk.pass_to("2026-01-05T14:30")
    with pytest.raises(Refused, match="the leaving side has not signed yet"):
        await desk.shifts.take(1, who=BEN)
    await desk.shifts.leave(1, who=AMY)
    with pytest.raises(Refused, match="signed by the leaving side already"):
        await desk.shifts.leave(1, who=BEN)
    await desk.pass_to("2026-01-05T23:00")
    with pytest.raises(Refused, match="the one before is not signed by both sides; sign that one"):
        await desk.shifts.leave(2, who=BEN)
    await desk.shifts.take(1, who=BEN)
    with pytest.raises(Refused, match="signed by both sides already"):
        await desk.shifts.take(1, who=BEN)
    with pytest.raises(Missing, match="hand-over 9"):
        await desk.shifts.take(9, who=BEN)


async def test_one_person_cannot_sign_for_both_sides(desk: DutyDesk) -> None:
    await desk.pass_to("2026-01-05T15:00")
    await desk.shifts.leave(1, who=AMY)
    with pytest.raises(Refused, match="nobody signs for both sides; let the relief sign"):
        await desk.shifts.take(1, who=AMY)


async def test_where_there_is_a_roster_its_people_sign(desk: DutyDesk) -> None:
    await desk.roster.put("amy", "a", who=LEADER)
    await desk.roster.put("ben", "b", who=LEADER)
    await desk.pass_to("2026-01-05T15:00")
    with pytest.raises(Refused, match="ben is not of team a on the roster"):
        await desk.shifts.leave(1, who=BEN)
    await desk.shifts.leave(1, who=AMY)
    with pytest.raises(Refused, match="cai is not of team b on the roster"):
        await desk.shifts.take(1, who=Actor("cai"))
    await desk.shifts.take(1, who=BEN)


async def test_a_leader_who_changes_the_roster_lets_a_stand_in_sign(desk: DutyDesk) -> None:
    await desk.roster.put("amy", "a", who=LEADER)
    await desk.pass_to("2026-01-05T15:00")
    with pytest.raises(Refused, match="roster"):
        await desk.shifts.leave(1, who=Actor("dan"))
    await desk.roster.put("dan", "a", who=LEADER)
    await desk.shifts.leave(1, who=Actor("dan"))


async def test_who_took_over_may_hand_over_though_not_on_the_roster(desk: DutyDesk) -> None:
    await desk.pass_to("2026-01-05T15:00")
    await desk.hand_over(1, "amy", "dan")
    await desk.roster.put("ben", "b", who=LEADER)
    await desk.pass_to("2026-01-05T23:00")
    await desk.hand_over(2, "dan", "cai")


async def test_on_duty_are_the_team_and_who_took_over_and_it_is_told_who_is_signed_in(
    desk: DutyDesk,
) -> None:
    await desk.roster.put("ben", "b", who=LEADER)
    await desk.roster.put("dan", "b", at("2026-01-06T00:00"), who=LEADER)
    await desk.pass_to("2026-01-05T15:00")
    await desk.shifts.leave(1, who=AMY)
    await desk.shifts.take(1, who=BEN)
    now = desk.clock.now
    await desk.ledger.transact(
        lambda db: credentials.issue(db, Kind.SESSION, "ben", now, expires_at=now + 12 * HOUR)
    )
    await desk.roster.put("ben", None, who=LEADER)
    await desk.roster.put("cai", "b", who=LEADER)
    people = (await desk.shifts.now()).people
    assert [(p.user, p.signed_in, p.took_over) for p in people] == [
        ("ben", True, True),
        ("cai", False, False),
    ]


async def test_a_late_hand_over_is_marked_and_the_leader_is_told_once(desk: DutyDesk) -> None:
    await desk.pass_to("2026-01-05T15:14")
    assert await notices(desk) == []
    await desk.pass_to("2026-01-05T15:20")
    await desk.pass_to("2026-01-05T15:40")
    (told,) = await notices(desk)
    assert (told.audience, told.key) == ("leader", "hand-over/1/late")
    assert told.body == (
        "早班，至 2026-01-05 15:00，共 1 次未签\n"
        "Morning shift, until 2026-01-05 15:00; not signed: 1"
    )
    await desk.hand_over(1, "amy", "ben")
    assert (await desk.shifts.handover(1)).late_at == at("2026-01-05T15:15")
    assert len(await notices(desk)) == 1


async def test_one_signed_late_before_its_timer_ran_out_is_late_all_the_same(
    desk: DutyDesk,
) -> None:
    desk.clock.now = at("2026-01-05T15:15")
    await desk.hand_over(1, "amy", "ben")
    assert (await desk.shifts.handover(1)).late_at == desk.clock.now
    await desk.pass_to("2026-01-05T15:16")
    assert len(await notices(desk)) == 1


async def test_one_signed_in_time_is_not_late(desk: DutyDesk) -> None:
    await desk.pass_to("2026-01-05T15:14")
    await desk.hand_over(1, "amy", "ben")
    await desk.pass_to("2026-01-05T16:00")
    assert (await desk.shifts.handover(1)).late_at is None
    assert await notices(desk) == []


async def test_after_a_pause_every_shift_that_passed_is_late_and_the_leader_is_told_once_of_all(
    desk: DutyDesk,
) -> None:
    await desk.pass_to("2026-01-07T10:00")
    handovers = list(reversed(await desk.shifts.handovers()))
    assert [(h.id, h.shift, h.team) for h in handovers] == [
        (1, "morning", "a"),
        (2, "afternoon", "b"),
        (3, "night", "c"),
        (4, "morning", "a"),
        (5, "afternoon", "b"),
        (6, "night", "c"),
        (7, "morning", "a"),
    ]
    for earlier, later in pairwise(handovers):
        assert earlier.due_at == later.begun_at
        assert earlier.late_at == earlier.due_at + 15 * MINUTE
    assert handovers[-1].late_at is None
    (told,) = await notices(desk)
    assert told.key == "hand-over/6/late"
    assert told.body.endswith("not signed: 6")
    assert (await desk.shifts.now()).handover.id == 1


async def test_missed_hand_overs_are_signed_one_after_the_other(desk: DutyDesk) -> None:
    await desk.pass_to("2026-01-05T23:30")
    await desk.hand_over(1, "amy", "ben")
    await desk.hand_over(2, "ben", "cai")
    assert (await desk.shifts.now()).handover.shift == "night"


async def test_every_signature_is_on_the_audit_record(desk: DutyDesk) -> None:
    await desk.pass_to("2026-01-05T15:00")
    await desk.shifts.note("lift 2 is slow", who=Actor("amy", "operator", "10.0.0.7"))
    await desk.hand_over(1, "amy", "ben")
    query = sa.select(security.audit).order_by(security.audit.c.id)
    lines = await desk.ledger.transact(lambda db: db.execute(query).all())
    assert [(line.who, line.act, line.subject) for line in lines] == [
        ("amy", "hand-over note", "hand-over 1"),
        ("amy", "hand-over left", "hand-over 1"),
        ("ben", "hand-over taken", "hand-over 1"),
    ]
    assert (lines[0].place, lines[0].after) == ("10.0.0.7", "lift 2 is slow")


async def notices(desk: DutyDesk) -> list[sa.Row[tuple[object, ...]]]:
    query = sa.select(outside.notice).order_by(outside.notice.c.id)
    return list(await desk.ledger.transact(lambda db: db.execute(query).all()))
