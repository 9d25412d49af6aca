"""The hand-over sheet against what is in the ledger."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.desk.sheet import SheetWriter
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import alarms
from gateway.ledger.tables.desk import ticket, ticket_clock
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm, Suppressing
from gateway.model.clock import MINUTE, Micros
from gateway.model.handover import (
    Counts,
    KeptQuiet,
    Note,
    OpenTicket,
    Overdue,
    Sheet,
    Standing,
)
from gateway.model.rule import InState, Priority, Rule
from gateway.model.text import Text
from gateway.model.ticket import ClockKind, TicketState
from gateway.security.audit_trail import newest_hash
from gateway.site.bundled import kinds
from tests.gateway.alarming import raise_alarm, return_alarm
from tests.gateway.desk.duty_desk import DutyDesk, at, duty_desk
from tests.gateway.samples import LOW_WATER, PROPPED, TANK_OFFLINE, site

ROOF = Text("Roof", "屋顶")
AMY = Actor("amy")


@pytest.fixture
async def desk(ledger: Ledger, tmp_path: Path) -> DutyDesk:
    return await duty_desk(ledger, tmp_path, "2026-01-05T10:00")


async def raised(desk: DutyDesk, rule: Rule) -> Alarm:
    """As the alarm service does it, now."""
    now = desk.clock.now
    return await desk.ledger.transact(lambda db: raise_alarm(db, rule, at=now))


async def returned(desk: DutyDesk, alarm: Alarm) -> None:
    rule = replace(LOW_WATER, id=alarm.rule)
    await desk.ledger.transact(lambda db: return_alarm(db, rule, desk.clock.now))


async def closed(desk: DutyDesk, alarm: Alarm) -> None:
    def work(connection: sa.Connection) -> None:
        values = {"state": TicketState.CLOSED, "closed_at": desk.clock.now}
        connection.execute(ticket.update().where(ticket.c.number == alarm.ticket).values(values))

    await desk.ledger.transact(work)


async def kept_quiet(desk: DutyDesk, kind: Suppressing, rule: str, **more: object) -> None:
    values = {
        "kind": kind,
        "rule": rule,
        "since": desk.clock.now,
        "who": "amy",
        "reason": "",
        **more,
    }
    await desk.ledger.transact(lambda db: db.execute(alarms.suppression.insert().values(values)))


async def clock(desk: DutyDesk, alarm: Alarm, kind: ClockKind, due: Micros, **more: object) -> None:
    standing = {"ticket": alarm.ticket, "kind": kind, "run": 1, "started_at": due, "due_at": due}
    values = {**standing, **more}
    await desk.ledger.transact(lambda db: db.execute(ticket_clock.insert().values(values)))


async def test_the_sheet_says_what_is_in_the_ledger_at_that_instant(desk: DutyDesk) -> None:
    raised_at = desk.clock.now
    water, door, tank = [await raised(desk, rule) for rule in (LOW_WATER, PROPPED, TANK_OFFLINE)]
    await desk.pass_to("2026-01-05T14:45")
    now = desk.clock.now
    review = at("2026-02-01T00:00")
    await kept_quiet(desk, Suppressing.SHELVED, "tank/low-level", until=now + 5, reason="painting")
    await kept_quiet(desk, Suppressing.SHELVED, "door/propped", until=now, ended_at=now)
    await kept_quiet(desk, Suppressing.BY_DESIGN, "tank/offline", parent="door/propped")
    await kept_quiet(desk, Suppressing.OUT_OF_SERVICE, "pump/gone", until=review, work_order="W-7")
    await clock(desk, water, ClockKind.ANSWER, now - 9, late_at=now - 9)
    await clock(desk, water, ClockKind.RESOLVE, now + 1)
    await clock(desk, door, ClockKind.ANSWER, now - 8, late_at=now - 8, met_at=now - 7)
    await clock(desk, door, ClockKind.ARRIVE, now - 7)
    await clock(desk, door, ClockKind.RESOLVE, now - 6, left=MINUTE)
    await clock(desk, door, ClockKind.DIAGNOSE, now - 5, late_at=now - 5, dropped_at=now - 4)
    loan = await desk.keys.lend("roof", "Zhang", who=AMY)
    back = await desk.keys.lend("cellar", "Wang", who=AMY)
    await desk.keys.take_back(back.id, who=AMY)
    await desk.shifts.note(" lift 2 is slow ", who=AMY)

    hash_before = await desk.ledger.transact(newest_hash)
    signed = await desk.shifts.leave(1, who=AMY)

    assert signed.sheet == Sheet(
        at=now,
        since=at("2026-01-05T07:00"),
        tickets=tuple(
            OpenTicket(number, rule.title, ROOF, Priority.HIGH, TicketState.NEW, "", raised_at)
            for number, rule in ((1, LOW_WATER), (2, PROPPED), (3, TANK_OFFLINE))
        ),
        quiet=(
            KeptQuiet(
                Suppressing.SHELVED,
                "tank/low-level",
                LOW_WATER.title,
                now + 5,
                "amy",
                "painting",
                None,
                now,
            ),
            KeptQuiet(
                Suppressing.OUT_OF_SERVICE,
                "pump/gone",
                Text("pump/gone", "pump/gone"),
                review,
                "amy",
                "",
                "W-7",
                now,
            ),
        ),
        overdue=(Overdue(1, ClockKind.ANSWER, now - 9), Overdue(2, ClockKind.ARRIVE, now - 7)),
        offline=(Standing("tank", tank.title, ROOF, raised_at),),
        open_doors=(Standing("door", door.title, ROOF, raised_at),),
        keys_out=(loan,),
        notes=(Note(now, "amy", "lift 2 is slow"),),
        counts=Counts(alarms_raised=3, tickets_opened=3, tickets_closed=0),
        audit=hash_before,
    )


async def test_what_is_over_is_not_on_the_sheet(desk: DutyDesk) -> None:
    door, tank = await raised(desk, PROPPED), await raised(desk, TANK_OFFLINE)
    await clock(desk, door, ClockKind.CALL_BACK, desk.clock.now - 1)
    for alarm in (door, tank):
        await returned(desk, alarm)
        await closed(desk, alarm)
    sheet = (await desk.shifts.handover(1)).sheet
    assert sheet is not None
    assert (sheet.tickets, sheet.offline, sheet.open_doors, sheet.overdue) == ((), (), (), ())
    assert sheet.counts == Counts(alarms_raised=2, tickets_opened=2, tickets_closed=2)


async def test_a_signed_sheet_stays_as_it_was_signed(desk: DutyDesk) -> None:
    await desk.pass_to("2026-01-05T14:45")
    signed = await desk.shifts.leave(1, who=AMY)
    await desk.pass_to("2026-01-05T14:50")
    await raised(desk, LOW_WATER)
    await desk.shifts.note("after the signature", who=AMY)
    taken = await desk.shifts.take(1, who=Actor("ben"))
    assert taken.sheet == signed.sheet
    assert await desk.shifts.handover(1) == taken
    (shown,) = [h for h in await desk.shifts.handovers() if h.id == 1]
    assert shown.sheet == signed.sheet


async def test_what_happens_after_the_signature_is_on_the_next_sheet_and_counted_once(
    desk: DutyDesk,
) -> None:
    await raised(desk, LOW_WATER)
    await desk.pass_to("2026-01-05T14:45")
    first = await desk.shifts.leave(1, who=AMY)
    await desk.shifts.note("for the next one", who=AMY)
    await desk.pass_to("2026-01-05T14:50")
    await raised(desk, PROPPED)
    await desk.shifts.take(1, who=Actor("ben"))
    await desk.pass_to("2026-01-05T23:10")
    second = await desk.shifts.leave(2, who=Actor("ben"))
    assert first.sheet is not None
    assert second.sheet is not None
    assert second.sheet.since == first.sheet.at
    assert (first.sheet.counts.alarms_raised, second.sheet.counts.alarms_raised) == (1, 1)
    assert [note.text for note in second.sheet.notes] == ["for the next one"]


async def test_the_same_ledger_gives_the_same_sheet(desk: DutyDesk) -> None:
    await raised(desk, LOW_WATER)
    writer, now = SheetWriter(desk.site), desk.clock.now
    first, again = [
        await desk.ledger.transact(lambda db: writer.write(db, 1, now - 1, now)) for _ in range(2)
    ]
    assert first == again
    later = await desk.ledger.transact(lambda db: writer.write(db, 1, now - 1, now + 1))
    assert replace(later, at=now) == first


def condition(kind: str, rule: str) -> InState:
    """That rule's, of that kind of ours."""
    when = kinds()[kind].get("rules", rule, "when")
    states = frozenset(str(state.value) for state in when.get("in").items)
    return InState(f"door/{when.get('point').value}", states)


@pytest.mark.parametrize("when", [condition("door", "propped"), condition("barrier", "left-open")])
async def test_what_the_gateway_says_stands_open_is_on_the_sheet(
    desk: DutyDesk, tmp_path: Path, when: InState
) -> None:
    rule = replace(PROPPED, when=when)
    await raised(desk, rule)
    writer = SheetWriter(site(tmp_path, (rule,)))
    sheet = await desk.ledger.transact(lambda db: writer.write(db, 1, 0, desk.clock.now))
    assert [standing.device for standing in sheet.open_doors] == ["door"]
