"""What comes to a ticket is more urgent than the ticket was, over a real ledger."""

from dataclasses import replace

from gateway.desk.chains import Cause
from gateway.model.clock import HOUR, MINUTE
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import Act, ClockKind, Doing, Ticket, TicketState
from tests.gateway.desk.room import LEAK, URGENT_CHAIN, Room
from tests.gateway.samples import NOON

WORSE = replace(LEAK, priority=Priority.CRITICAL, job=JobKind.EMERGENCY)
"""The rule as the site file has it after a change."""


async def raised_worse(room: Room) -> Ticket:
    room.change(WORSE)
    return await room.raised(WORSE)


async def test_an_alarm_that_has_become_more_urgent_hastens_the_ticket_it_joins(
    room: Room,
) -> None:
    await room.raised()
    await room.do(1, Act.ACKNOWLEDGE)
    await room.returned()
    await room.pass_time(5 * MINUTE)
    ticket = await raised_worse(room)
    assert (ticket.priority, ticket.job) == (Priority.CRITICAL, JobKind.EMERGENCY)
    entries = (await room.desk.ticket(1)).entries[-2:]
    assert [entry.what for entry in entries] == ["hastened", "joined"]
    assert entries[0].text == "priority.critical job.emergency"
    due = await room.due(1)
    assert due[ClockKind.ARRIVE] == NOON + 20 * MINUTE
    assert ClockKind.ANSWER not in due
    chain = await room.chain_of(1)
    assert chain is not None
    assert (chain.cause, chain.chain, chain.ended_at) == (Cause.AGAIN, URGENT_CHAIN.chain, None)


async def test_a_chain_on_its_way_up_goes_on_faster(room: Room) -> None:
    await room.raised()
    await room.returned()
    await room.closed(1)
    await room.do(1, Doing(Act.REOPEN, "it drips"))
    await room.pass_time(0)
    await room.pass_time(5 * MINUTE)
    await raised_worse(room)
    chain = await room.chain_of(1)
    assert chain is not None
    assert (chain.cause, chain.chain, chain.told) == (Cause.REOPENED, URGENT_CHAIN.chain, 2)
    await room.pass_time(2 * MINUTE)
    told = [e.text for e in (await room.desk.ticket(1)).entries if e.what == "escalated"]
    assert told[-1] == "2/2 leader again"


async def test_a_ticket_on_hold_is_hastened_for_when_it_goes_on(room: Room) -> None:
    await room.raised()
    await room.do(1, Act.ACKNOWLEDGE, Doing(Act.HOLD, "no part", until=NOON + HOUR))
    await room.returned()
    assert (await raised_worse(room)).state is TicketState.ON_HOLD
    await room.pass_time(HOUR)
    assert (await room.due(1))[ClockKind.ARRIVE] == NOON + HOUR + 15 * MINUTE


async def test_what_is_no_more_urgent_changes_no_clock(room: Room) -> None:
    await raised_worse(room)
    await room.do(1, Act.ACKNOWLEDGE)
    await room.returned(WORSE)
    room.change(LEAK)
    before = (await room.desk.ticket(1)).clocks
    await room.pass_time(MINUTE)
    ticket = await room.raised(LEAK)
    assert (ticket.priority, ticket.job) == (Priority.CRITICAL, JobKind.EMERGENCY)
    file = await room.desk.ticket(1)
    assert (file.clocks, file.entries[-1].what) == (before, "joined")
