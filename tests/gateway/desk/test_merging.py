"""A ticket goes on under another one, over a real ledger."""

import pytest

from gateway.errors import Refused
from gateway.model.rule import Priority
from gateway.model.ticket import (
    Act,
    Doing,
    TicketState,
)
from tests.gateway.desk.room import LEAK, LI, REPORT, URGENT, Room


async def test_a_merged_tickets_alarms_go_with_it_and_later_ones_follow(room: Room) -> None:
    await room.raised(URGENT)
    await room.raised()
    merged = await room.do(1, Doing(Act.MERGE, into=2))
    assert (merged.state, merged.merged_into) == (TicketState.MERGED, 2)
    file = await room.desk.ticket(2)
    assert {alarm.rule for alarm in file.alarms} == {LEAK.id, URGENT.id}
    assert file.ticket.priority is Priority.CRITICAL
    assert file.entries[-1].what == "took_in"
    assert file.entries[-1].doing == Doing(Act.MERGE, into=1)
    await room.returned(URGENT)
    assert (await room.raised(URGENT)).number == 2
    assert [e.what for e in (await room.desk.ticket(2)).entries[-2:]] == ["cleared", "joined"]


async def test_tickets_are_never_merged_in_a_circle(room: Room) -> None:
    await room.raised(URGENT)
    await room.raised()
    await room.do(1, Doing(Act.MERGE, into=2))
    with pytest.raises(Refused, match="cannot go on under ticket 1, which is merged"):
        await room.do(2, Doing(Act.MERGE, into=1))
    with pytest.raises(Refused, match="cannot reopen while it is merged"):
        await room.do(1, Doing(Act.REOPEN, "again"))


async def test_who_reported_a_merged_ticket_is_called_back_for_the_other(room: Room) -> None:
    await room.desk.open(REPORT, who=LI)
    await room.raised()
    await room.returned()
    await room.do(1, Doing(Act.MERGE, into=2))
    await room.do(2, Act.ACKNOWLEDGE, Act.RESOLVE)
    with pytest.raises(Refused, match="was not called back yet"):
        await room.do(2, Act.CLOSE)
