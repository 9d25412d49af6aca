"""What people write, as pages, the API and other systems hand it on, over a real ledger."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.desk.demands import LONGEST_HOLD
from gateway.desk.desk import Desk
from gateway.desk.written import HIGHEST_NUMBER, LONGEST_ASSIGNEE, LONGEST_CODE, LONGEST_LINE
from gateway.errors import Malformed, Refused
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import Act, Call, Doing, Report, Source, Ticket
from tests.gateway.alarming import desk_of
from tests.gateway.desk.duty_desk import duty_desk
from tests.gateway.samples import NOON, site

LI = Actor("li", "operator", "127.0.0.1")
ODD = "\u202e<script>alert(1)</script>=1+1|\"' 😀 水"
CALL = Call("Wang", "138", "Water on the floor", "now", "3-1201")
REPORT = Report(CALL, JobKind.REPAIR, Priority.LOW)


@pytest.fixture
async def desk(tmp_path: Path, ledger: Ledger) -> Desk:
    """With ticket 1, which is accepted."""
    desk = desk_of(site(tmp_path), ledger)
    await desk.open(REPORT, who=LI)
    await act(desk, Doing(Act.ACKNOWLEDGE))
    return desk


async def act(desk: Desk, doing: Doing) -> Ticket:
    return await desk.act(1, doing, who=LI, version=None)


@pytest.mark.parametrize(
    "doing",
    [
        Doing(Act.NOTE, "a\x00b"),
        Doing(Act.NOTE, "x" * 10_000),
        Doing(Act.DISPATCH, assignee="x" * (LONGEST_ASSIGNEE + 1)),
        Doing(Act.DISPATCH, assignee="\x00"),
        Doing(Act.RESOLVE, code="x" * (LONGEST_CODE + 1)),
        Doing(Act.RESOLVE, code="a\x00b"),
        Doing(Act.MERGE, into=HIGHEST_NUMBER + 1),
        Doing(Act.REPORT, call=replace(CALL, phone="1" * (LONGEST_LINE + 1))),
        Doing(Act.REPORT, call=replace(CALL, what="\x00")),
    ],
)
async def test_what_the_ledger_cannot_keep_is_refused_by_name(desk: Desk, doing: Doing) -> None:
    with pytest.raises(Malformed, match=r"ticket 1: (what is written|no ticket has the number)"):
        await act(desk, doing)


async def test_what_it_can_keep_is_kept_as_it_was_written(desk: Desk) -> None:
    said = (ODD * 9)[:LONGEST_LINE]
    await act(desk, Doing(Act.REPORT, call=replace(CALL, reporter=said)))
    await act(desk, Doing(Act.REPORT, ODD, call=Call(said, said, ODD * 9, said, said)))
    await act(desk, Doing(Act.DISPATCH, assignee=said[:LONGEST_ASSIGNEE]))
    ended = await act(desk, Doing(Act.RESOLVE, ODD, code=said[:LONGEST_CODE]))
    assert (ended.code, ended.assignee) == (said[:LONGEST_CODE], said[:LONGEST_ASSIGNEE])
    assert ended.call == Call(said, said, ODD * 9, said, said)
    assert (await desk.ticket(1)).entries[-1].text == ODD


async def test_a_call_that_is_too_long_takes_no_number(desk: Desk) -> None:
    with pytest.raises(Malformed, match="new ticket: what is written is longer than 100"):
        await desk.open(replace(REPORT, call=replace(CALL, where="x" * 101)), who=LI)
    assert (await desk.open(REPORT, who=LI)).number == 2


async def test_nothing_is_put_on_hold_until_a_time_that_no_calendar_shows(desk: Desk) -> None:
    until = NOON + LONGEST_HOLD
    with pytest.raises(Refused, match="it would wait for over a year"):
        await act(desk, Doing(Act.HOLD, "some day", until=until + 1))
    assert (await act(desk, Doing(Act.HOLD, "next year", until=until))).held_until == until


async def test_two_systems_that_count_alike_have_tickets_of_their_own(desk: Desk) -> None:
    erp, crm = Actor("webhook-erp", "webhook"), Actor("webhook-crm", "webhook")
    opened = [
        await desk.open(REPORT, who=who, source=Source.WEBHOOK, external="WO-1")
        for who in (erp, crm)
    ]
    assert [await desk.ticket_of("WO-1", who) for who in (erp, crm)] == opened


async def test_notes_and_keys_hold_nothing_the_ledger_cannot_keep(
    ledger: Ledger, tmp_path: Path
) -> None:
    desk = await duty_desk(ledger, tmp_path, "2023-11-15T08:00")
    for text in ("a\x00b", "x" * 10_000):
        with pytest.raises(Malformed, match="what is written"):
            await desk.shifts.note(text, who=LI)
    with pytest.raises(Malformed, match="what is written holds a NUL"):
        await desk.keys.lend("B1", "a\x00b", who=LI)
