"""Who reports something is told when it is done, over a real ledger."""

from dataclasses import replace

import pytest

from gateway.errors import Missing, Refused
from gateway.model.text import Text
from gateway.model.ticket import (
    Act,
    Doing,
    FalseAlarm,
    Report,
    TicketState,
)
from tests.gateway.desk.room import LI, REPORT, SAID, STEPS, Room


async def test_a_call_opens_a_ticket_that_closes_only_after_the_call_back(room: Room) -> None:
    ticket = await room.desk.open(REPORT, who=LI)
    assert (ticket.number, ticket.source, ticket.call) == (1, "call", SAID)
    assert ticket.title == Text("Water on the floor", "Water on the floor")
    assert ticket.place == Text("3-1201", "3-1201")
    await room.do(1, Act.ACKNOWLEDGE, Doing(Act.RESOLVE, "seal replaced"))
    with pytest.raises(Refused, match=r"called back yet: Wang \(138\); call them back first"):
        await room.do(1, Act.CLOSE)
    with pytest.raises(Refused, match="it is not said what was wrong"):
        await room.do(1, Doing(Act.CALL_BACK, satisfied=False))
    closed = await room.do(1, Doing(Act.CALL_BACK, satisfied=True), Act.CLOSE)
    assert (closed.state, closed.satisfied) == (TicketState.CLOSED, True)


async def test_a_reopened_call_is_called_back_anew(room: Room) -> None:
    await room.desk.open(REPORT, who=LI)
    satisfied = Doing(Act.CALL_BACK, satisfied=True)
    await room.do(1, Act.ACKNOWLEDGE, Act.RESOLVE, satisfied, Act.CLOSE)
    again = Doing(Act.REOPEN, "drips again")
    await room.do(1, again, Act.ACKNOWLEDGE, Act.RESOLVE)
    with pytest.raises(Refused, match="was not called back yet"):
        await room.do(1, Act.CLOSE)


async def test_what_the_caller_said_is_put_right_and_nothing_is_lost(room: Room) -> None:
    await room.desk.open(REPORT, who=LI)
    right = replace(SAID, where="3-1202")
    ticket = await room.do(1, Doing(Act.REPORT, call=right))
    assert (ticket.call, ticket.place.en) == (right, "3-1202")
    calls = [e.doing.call for e in (await room.desk.ticket(1)).entries if e.doing is not None]
    assert calls == [SAID, right]


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (replace(REPORT, call=replace(SAID, reporter="")), "new ticket: it is not said who"),
        (replace(REPORT, call=replace(SAID, phone=" ")), "on which telephone"),
        (replace(REPORT, device="moon"), "device moon: there is no such device"),
        (replace(REPORT, procedure="moon"), "procedure moon: there is no such procedure"),
    ],
)
async def test_a_call_that_lacks_something_takes_no_number(
    room: Room, report: Report, told: str
) -> None:
    with pytest.raises((Refused, Missing), match=told):
        await room.desk.open(report, who=LI)
    assert (await room.desk.open(REPORT, who=LI)).number == 1


async def test_whose_name_or_telephone_is_put_right_is_called_back_anew(room: Room) -> None:
    await room.desk.open(REPORT, who=LI)
    await room.do(1, Act.ACKNOWLEDGE, Act.RESOLVE, Doing(Act.CALL_BACK, satisfied=True))
    mended = replace(SAID, what="Water on the floor, and on the wall")
    assert (await room.do(1, Doing(Act.REPORT, call=mended))).satisfied is True
    for other in (replace(SAID, reporter="Zhao"), replace(SAID, reporter="Zhao", phone="139")):
        await room.do(1, Doing(Act.REPORT, call=other))
        with pytest.raises(Refused, match="was not called back yet"):
            await room.do(1, Act.CLOSE)


async def test_a_second_caller_never_takes_the_place_of_the_first(room: Room) -> None:
    await room.desk.open(REPORT, who=LI)
    zhao = replace(SAID, reporter="Zhao", phone="139")
    with pytest.raises(Refused, match=r"Wang \(138\) reported it, and would not be called back"):
        await room.do(1, Doing(Act.REPORT, call=zhao))
    assert (await room.desk.ticket(1)).ticket.call == SAID
    await room.desk.open(replace(REPORT, call=zhao), who=LI)
    await room.do(2, Doing(Act.MERGE, into=1))
    await room.do(1, Act.ACKNOWLEDGE, Act.RESOLVE)
    with pytest.raises(Refused, match=r"called back yet: Wang \(138\), Zhao \(139\)"):
        await room.do(1, Act.CLOSE)


async def test_a_call_about_a_device_is_at_its_place_with_its_step_list(room: Room) -> None:
    report = replace(REPORT, device="tank", procedure="leak")
    ticket = await room.desk.open(report, who=LI)
    assert ticket.place.en == "Place of tank"
    assert [step.text for step in (await room.desk.ticket(1)).steps] == list(STEPS)


async def test_a_call_ends_as_a_false_alarm_only_after_the_call_back(room: Room) -> None:
    await room.desk.open(REPORT, who=LI)
    false = Doing(Act.FALSE_ALARM, "nothing there", code=FalseAlarm.OTHER)
    with pytest.raises(Refused, match="resolve it and call them back first"):
        await room.do(1, false)
    await room.do(1, Act.ACKNOWLEDGE, Doing(Act.RESOLVE, "nothing there"))
    with pytest.raises(Refused, match="; call them back first"):
        await room.do(1, false)
    ended = await room.do(1, Doing(Act.CALL_BACK, satisfied=True), false)
    assert (ended.state, ended.code) == (TicketState.FALSE_ALARM, "other")
