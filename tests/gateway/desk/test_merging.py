"""A ticket goes on under another one, over a real ledger."""

from dataclasses import replace

import pytest

from gateway.desk.chains import Cause
from gateway.errors import Refused
from gateway.model.clock import HOUR, MINUTE
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import (
    Act,
    Call,
    ClockKind,
    Doing,
    Report,
    Ticket,
    TicketState,
)
from tests.gateway.desk.room import LEAK, LI, REPORT, SAID, URGENT, URGENT_CHAIN, Room
from tests.gateway.samples import NOON


async def test_a_merged_tickets_alarms_go_with_it_and_later_ones_follow(room: Room) -> None:
    await room.raised(URGENT)
    await room.raised()
    merged = await room.do(1, Doing(Act.MERGE, into=2))
    assert (merged.state, merged.merged_into) == (TicketState.MERGED, 2)
    file = await room.desk.ticket(2)
    assert {alarm.rule for alarm in file.alarms} == {LEAK.id, URGENT.id}
    assert file.ticket.priority is Priority.CRITICAL
    assert [entry.what for entry in file.entries[-2:]] == ["took_in", "hastened"]
    assert file.entries[-2].doing == Doing(Act.MERGE, into=1)
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


ZHAO = replace(SAID, reporter="Zhao", phone="139", what="It drips")


async def called(room: Room, call: Call = SAID, job: JobKind = JobKind.REPAIR) -> Ticket:
    return await room.desk.open(Report(call, job, Priority.LOW), who=LI)


async def test_everybody_who_reported_a_merged_ticket_is_called_back(room: Room) -> None:
    for call in (SAID, ZHAO, replace(SAID, reporter="Sun")):
        await called(room, call)
    await room.do(1, Doing(Act.MERGE, into=2))
    await room.do(2, Doing(Act.MERGE, into=3))
    await room.do(3, Act.ACKNOWLEDGE, Act.RESOLVE)
    everybody = r"Sun \(138\), Zhao \(139\), Wang \(138\)"
    with pytest.raises(Refused, match=rf"was not called back yet: {everybody}; call them"):
        await room.do(3, Act.CLOSE)
    with pytest.raises(Refused, match=f"not said who was called back; name one: {everybody}"):
        await room.do(3, Doing(Act.CALL_BACK, satisfied=True))
    with pytest.raises(Refused, match="nobody reported it under ticket 9"):
        await room.do(3, Doing(Act.CALL_BACK, satisfied=True, caller=9))
    for number, left in ((2, r"Sun \(138\), Wang \(138\)"), (3, r"Wang \(138\)")):
        await room.do(3, Doing(Act.CALL_BACK, satisfied=True, caller=number))
        with pytest.raises(Refused, match=f"was not called back yet: {left};"):
            await room.do(3, Act.CLOSE)
    assert ClockKind.CALL_BACK in await room.due(3)
    await room.do(3, Doing(Act.CALL_BACK, "still wet", satisfied=False))
    assert await room.due(3) == {}
    closed = await room.do(3, Act.CLOSE)
    assert [caller.satisfied for caller in closed.callers] == [True, False]
    entries = (await room.desk.ticket(3)).entries
    backs = [entry.doing for entry in entries if entry.what == Act.CALL_BACK and entry.doing]
    assert [(doing.caller, doing.call and doing.call.reporter) for doing in backs] == [
        (2, "Zhao"),
        (3, "Sun"),
        (1, "Wang"),
    ]


async def test_who_reported_both_tickets_is_called_once(room: Room) -> None:
    await called(room)
    await called(room, replace(SAID, what="It drips, too"))
    await room.do(1, Doing(Act.MERGE, into=2))
    await room.do(2, Act.ACKNOWLEDGE, Act.RESOLVE)
    closed = await room.do(2, Doing(Act.CALL_BACK, satisfied=True), Act.CLOSE)
    assert (closed.satisfied, closed.callers[0].satisfied) == (True, True)


async def test_a_reopened_merged_ticket_has_everybody_called_anew(room: Room) -> None:
    await called(room)
    await called(room, ZHAO)
    await room.do(1, Doing(Act.MERGE, into=2))
    backs = [Doing(Act.CALL_BACK, satisfied=True, caller=number) for number in (1, 2)]
    await room.do(2, Act.ACKNOWLEDGE, Act.RESOLVE, *backs, Act.CLOSE)
    await room.do(2, Doing(Act.REOPEN, "drips"), Act.ACKNOWLEDGE, Act.RESOLVE)
    with pytest.raises(Refused, match=r"called back yet: Zhao \(139\), Wang \(138\)"):
        await room.do(2, Act.CLOSE)


async def test_a_ticket_takes_over_what_is_more_urgent_and_says_so(room: Room) -> None:
    await called(room)
    await room.pass_time(MINUTE)
    await room.raised(URGENT)
    await room.raised()
    await room.do(3, Doing(Act.MERGE, into=2))
    before = await room.due(2)
    await room.do(2, Doing(Act.MERGE, into=1))
    file = await room.desk.ticket(1)
    assert (file.ticket.priority, file.ticket.procedure) == (Priority.CRITICAL, "leak")
    assert file.entries[-1].what == "hastened"
    assert file.entries[-1].text == "priority.critical clock.resolve told.faster"
    after = await room.due(1)
    assert all(after[kind] <= before[kind] for kind in before)
    chain = await room.chain_of(1)
    assert chain is not None
    assert (chain.generation, chain.chain, chain.ended_at) == (2, URGENT_CHAIN.chain, None)


async def test_a_more_urgent_kind_of_work_is_taken_over_with_its_clocks(room: Room) -> None:
    await called(room)
    await called(room, ZHAO, JobKind.EMERGENCY)
    early = await room.due(2)
    taken = (await room.do(2, Doing(Act.MERGE, into=1)), await room.desk.ticket(1))[1].ticket
    assert taken.job is JobKind.EMERGENCY
    assert await room.due(1) == early


async def test_a_clock_of_the_merged_ticket_runs_out_on_the_other(room: Room) -> None:
    await called(room, job=JobKind.COMPLAINT)
    await called(room, ZHAO, JobKind.EMERGENCY)
    await room.do(1, Act.ACKNOWLEDGE)
    await room.do(2, Doing(Act.MERGE, into=1))
    await room.pass_time(15 * MINUTE)
    late = [e.text for e in (await room.desk.ticket(1)).entries if e.what == "late"]
    assert late == ["arrive"]
    chain = await room.chain_of(1)
    assert chain is not None
    assert (chain.cause, chain.ended_at) == (Cause.ARRIVE, None)


async def test_merging_what_is_less_urgent_changes_neither_clocks_nor_chain(room: Room) -> None:
    await room.raised(URGENT)
    await called(room)
    before = await room.desk.ticket(1), await room.chain_of(1)
    await room.do(2, Doing(Act.MERGE, into=1))
    file = await room.desk.ticket(1)
    assert (file.clocks, await room.chain_of(1)) == (before[0].clocks, before[1])
    assert (file.ticket.priority, file.ticket.job) == (Priority.CRITICAL, JobKind.REPAIR)
    assert file.entries[-1].what == "took_in"


async def test_of_two_alike_the_chain_that_has_come_farther_goes_on(room: Room) -> None:
    await called(room)
    await room.pass_time(0)
    await room.pass_time(5 * MINUTE)
    await called(room, ZHAO)
    await room.do(1, Doing(Act.MERGE, into=2))
    chain = await room.chain_of(2)
    assert chain is not None
    assert (chain.generation, chain.told) == (2, 2)
    await room.pass_time(10 * MINUTE)
    told = [e.text for e in (await room.desk.ticket(2)).entries if e.what == "escalated"]
    assert told == ["3/4 department"]


async def test_what_somebody_has_accepted_goes_up_no_more_when_it_takes_one_in(room: Room) -> None:
    await called(room)
    await room.do(1, Act.ACKNOWLEDGE)
    await room.raised(URGENT)
    await room.do(2, Doing(Act.MERGE, into=1))
    for number in (1, 2):
        chain = await room.chain_of(number)
        assert chain is not None
        assert chain.ended_at == NOON


async def test_a_ticket_on_hold_takes_none_in(room: Room) -> None:
    await called(room)
    await called(room, ZHAO)
    await room.do(1, Act.ACKNOWLEDGE, Doing(Act.HOLD, "no part", until=NOON + HOUR))
    with pytest.raises(Refused, match="which is on_hold; resume that one first"):
        await room.do(2, Doing(Act.MERGE, into=1))
    await room.pass_time(MINUTE)
    await room.do(1, Doing(Act.MERGE, into=2))
    resolve = (await room.due(2))[ClockKind.RESOLVE]
    assert resolve == NOON + 24 * HOUR
