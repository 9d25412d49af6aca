"""What people do at the desk, over a real ledger."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.desk import tickets
from gateway.desk.demands import possible
from gateway.desk.desk import Desk
from gateway.desk.tickets import TicketBook
from gateway.errors import Refused
from gateway.feed import Feed
from gateway.ledger.ledger import Ledger
from gateway.model.actor import GATEWAY, Actor
from gateway.model.alarm import Alarm, Attention
from gateway.model.rule import Rule
from gateway.model.ticket import Act, Doing, Event, Ticket, TicketState
from tests.gateway.alarming import desk_of, raise_alarm, return_alarm
from tests.gateway.samples import LOW_WATER, NOON, reading, rule, site

LATCHING = rule("door/forced", LOW_WATER.when, latching=True)


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def desk(tmp_path: Path, ledger: Ledger, feed: Feed) -> Desk:
    return desk_of(site(tmp_path, (LOW_WATER, LATCHING)), ledger, feed=feed)


async def raised(ledger: Ledger, by: Rule = LOW_WATER) -> Ticket:
    """The alarm service's part: an alarm with its ticket."""

    def work(connection: sa.Connection) -> Ticket:
        alarm = raise_alarm(connection, by, reading("tank/level", 0.5))
        assert alarm.ticket is not None
        return tickets.find(connection, alarm.ticket)

    return await ledger.transact(work)


async def returned(ledger: Ledger, by: Rule = LOW_WATER) -> Alarm:
    return await ledger.transact(lambda connection: return_alarm(connection, by))


async def test_a_ticket_is_worked_from_new_to_closed_and_every_line_says_who(
    desk: Desk, ledger: Ledger
) -> None:
    await raised(ledger)
    await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
    await desk.act(
        1, Doing(Act.DISPATCH, "Zhang goes", assignee="zhang"), who=Actor("li"), version=None
    )
    await desk.act(1, Doing(Act.ARRIVE), who=Actor("zhang"), version=None)
    await returned(ledger)
    await desk.act(1, Doing(Act.NOTE, "valve was shut"), who=Actor("zhang"), version=None)
    await desk.act(1, Doing(Act.RESOLVE), who=Actor("zhang"), version=None)
    await desk.act(1, Doing(Act.CLOSE), who=Actor("li"), version=None)
    file = await desk.ticket(1)
    assert [(e.who, e.what, e.state.value, e.text) for e in file.entries] == [
        ("gateway", "opened", "new", ""),
        ("li", "acknowledge", "accepted", ""),
        ("li", "dispatch", "dispatched", "Zhang goes"),
        ("zhang", "arrive", "on_site", ""),
        ("gateway", "cleared", "on_site", ""),
        ("zhang", "note", "on_site", "valve was shut"),
        ("zhang", "resolve", "resolved", ""),
        ("li", "close", "closed", ""),
    ]
    assert [entry.version for entry in file.entries] == list(range(1, 9))
    assert file.ticket.closed_at == NOON
    assert file.alarms[0].attention is Attention.NORMAL
    assert await desk.alarms() == []


async def test_an_act_on_an_outdated_view_is_refused(desk: Desk, ledger: Ledger) -> None:
    ticket = await raised(ledger)
    await raised(ledger)
    with pytest.raises(Refused, match=r"changed since version 1 \(now 2\)"):
        await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=ticket.version)
    await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=2)


async def test_what_the_gateway_notes_of_time_makes_no_act_late(desk: Desk, ledger: Ledger) -> None:
    seen = await raised(ledger)

    def note(connection: sa.Connection) -> None:
        for what in (Event.ESCALATED, Event.LATE):
            ticket = tickets.find(connection, 1)
            TicketBook().add_entry(connection, ticket, at=NOON, who=GATEWAY, what=what)

    await ledger.transact(note)
    doing = Doing(Act.ACKNOWLEDGE)
    ticket = await desk.act(1, doing, who=Actor("li"), version=seen.version)
    assert (ticket.version, ticket.state) == (4, TicketState.ACCEPTED)
    with pytest.raises(Refused, match=r"changed since version 9 \(now 4\)"):
        await desk.act(1, doing, who=Actor("li"), version=9)


async def test_an_alarm_is_acknowledged_as_seen_or_not_at_all(desk: Desk, ledger: Ledger) -> None:
    await raised(ledger)
    (seen,) = await desk.alarms()
    await raised(ledger)
    with pytest.raises(Refused, match=r"raised again since occurrence 1 \(now 2\)"):
        await desk.acknowledge(seen.id, who=Actor("li"), occurrence=1, sequence=seen.sequence)
    alarm = await desk.acknowledge(seen.id, who=Actor("li"), occurrence=2, sequence=2)
    assert alarm.attention is Attention.ACKED
    assert (await desk.ticket(1)).ticket.state is TicketState.ACCEPTED
    with pytest.raises(Refused, match="acknowledged already"):
        await desk.acknowledge(seen.id, who=Actor("li"), occurrence=2, sequence=3)


async def test_two_people_acknowledging_at_once_leave_one_acknowledgement(
    desk: Desk, ledger: Ledger
) -> None:
    await raised(ledger)
    acts = [
        desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor(who), version=1) for who in ("li", "wang")
    ]
    first, second = await asyncio.gather(*acts, return_exceptions=True)
    assert isinstance(first, Ticket)
    assert isinstance(second, Refused)


async def test_acknowledging_again_needs_something_new_to_acknowledge(
    desk: Desk, ledger: Ledger
) -> None:
    await raised(ledger)
    await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
    with pytest.raises(Refused, match="acknowledged already"):
        await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
    await raised(ledger)
    ticket = await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
    assert ticket.state is TicketState.ACCEPTED
    assert (await desk.alarms())[0].attention is Attention.ACKED


@pytest.mark.parametrize("act", [Act.RESOLVE, Act.CLOSE])
async def test_ending_a_ticket_whose_alarm_still_stands_needs_a_reason(
    desk: Desk, ledger: Ledger, act: Act
) -> None:
    await raised(ledger)
    await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
    if act is Act.CLOSE:
        await desk.act(1, Doing(Act.RESOLVE, "sensor swapped"), who=Actor("li"), version=None)
    with pytest.raises(Refused, match="its alarm is still active; say in the text why"):
        await desk.act(1, Doing(act, "  "), who=Actor("li"), version=None)
    await desk.act(1, Doing(act, "sensor swapped"), who=Actor("li"), version=None)


async def test_a_resolved_ticket_is_reopened_when_its_alarm_comes_back(
    desk: Desk, ledger: Ledger
) -> None:
    await raised(ledger)
    await returned(ledger)
    await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
    await desk.act(1, Doing(Act.RESOLVE), who=Actor("li"), version=None)
    ticket = await raised(ledger)
    assert (ticket.number, ticket.state) == (1, TicketState.REOPENED)


@pytest.mark.parametrize("by_ticket", [True, False])
async def test_a_latched_alarm_stays_until_it_is_reset(
    desk: Desk, ledger: Ledger, by_ticket: bool
) -> None:
    await raised(ledger, LATCHING)
    await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
    await returned(ledger, LATCHING)
    (latched,) = await desk.alarms()
    assert latched.attention is Attention.LATCHED
    assert Act.RESET in possible((await desk.ticket(1)).ticket, [latched])
    if by_ticket:
        await desk.act(1, Doing(Act.RESET), who=Actor("li"), version=None)
    else:
        await desk.reset(latched.id, who=Actor("li"), occurrence=1, sequence=latched.sequence)
    assert await desk.alarms() == []
    assert Act.RESET not in possible((await desk.ticket(1)).ticket, [])
    with pytest.raises(Refused, match="ticket 1: has no latched alarm"):
        await desk.act(1, Doing(Act.RESET), who=Actor("li"), version=None)


async def test_empty_notes_and_unknown_numbers_are_refused_by_name(
    desk: Desk, ledger: Ledger
) -> None:
    await raised(ledger)
    with pytest.raises(Refused, match="ticket 1: an empty note"):
        await desk.act(1, Doing(Act.NOTE, " "), who=Actor("li"), version=None)
    with pytest.raises(Refused, match="ticket 9: there is no such ticket"):
        await desk.ticket(9)
    with pytest.raises(Refused, match="alarm 9: there is no such alarm"):
        await desk.acknowledge(9, who=Actor("li"), occurrence=1, sequence=1)


async def test_what_an_act_changed_is_published_once_durable(
    desk: Desk, ledger: Ledger, feed: Feed
) -> None:
    await raised(ledger)
    with feed.subscribe() as subscription:
        await desk.act(1, Doing(Act.ACKNOWLEDGE), who=Actor("li"), version=None)
        changes = await subscription.changes()
    assert [ticket.state for ticket in changes.tickets] == [TicketState.ACCEPTED]
    assert [alarm.attention for alarm in changes.alarms] == [Attention.ACKED]


async def test_urgent_tickets_stand_first(desk: Desk, ledger: Ledger) -> None:
    await raised(ledger)
    urgent = rule("zone/breach", LOW_WATER.when, priority=1)
    await raised(ledger, urgent)
    assert [ticket.number for ticket in await desk.tickets()] == [2, 1]
