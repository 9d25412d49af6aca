"""What each act on a ticket asks for and does, over a real ledger."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from gateway.alarms.lifecycle import Move
from gateway.desk.states import MOVES, TERMS, Need, after
from gateway.errors import Missing, Refused
from gateway.ledger.tables import security
from gateway.model.alarm import Attention
from gateway.model.clock import DAY, HOUR, Micros
from gateway.model.rule import Priority
from gateway.model.text import Text
from gateway.model.ticket import (
    Act,
    Doing,
    Event,
    FalseAlarm,
    Ticket,
    TicketState,
)
from gateway.security.roles import RIGHTS, Right, Role
from tests.gateway.desk.room import LEAK, LI, REPORT, SAID, STEPS, Room
from tests.gateway.samples import NOON

NAMELESS = Text("", "")
TICKET = Ticket(
    1,
    "1",
    "",
    NAMELESS,
    NAMELESS,
    Priority.LOW,
    TicketState.NEW,
    version=1,
    opened_at=0,
    changed_at=0,
)

HOLD = Doing(Act.HOLD, "no spare part", until=NOON + HOUR)
DISPATCH = Doing(Act.DISPATCH, assignee="zhang")


def test_every_act_has_terms_and_leads_somewhere_from_some_state() -> None:
    assert set(TERMS) == set(Act)
    assert {step for _, step in MOVES} == {*Act, *Event} - {Event.OPENED}


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("act", Act)
def test_every_act_is_in_the_table_or_refused_with_what_is_possible(
    state: TicketState, act: Act
) -> None:
    ticket = replace(TICKET, state=state, held_from=TicketState.ON_SITE)
    if (state, act) in MOVES:
        assert after(ticket, act) is (MOVES[state, act] or TicketState.ON_SITE)
    else:
        told = f"cannot {act} while it is {state}; possible now: .*note"
        with pytest.raises(Refused, match=told):
            after(ticket, act)


def test_the_worker_works_but_only_the_desk_ends_tickets() -> None:
    ending = {act for act, terms in TERMS.items() if terms.right is Right.END_TICKETS}
    assert ending == {Act.CALL_BACK, Act.CLOSE, Act.MERGE, Act.FALSE_ALARM}
    assert Right.END_TICKETS not in RIGHTS[Role.ENGINEER]
    assert Right.END_TICKETS in RIGHTS[Role.OPERATOR]


@pytest.mark.parametrize(
    ("before", "doing", "told"),
    [
        ((Act.ACKNOWLEDGE,), Doing(Act.DISPATCH), "it is not said who goes"),
        ((Act.ACKNOWLEDGE,), replace(HOLD, until=None), "it is not said until when"),
        ((Act.ACKNOWLEDGE,), replace(HOLD, text=" "), "cannot hold without a reason"),
        ((Act.ACKNOWLEDGE,), replace(HOLD, until=NOON), "the time it is to wait until is past"),
        ((Act.ACKNOWLEDGE, DISPATCH, Act.ARRIVE), Doing(Act.DIAGNOSE), "without a reason"),
        ((), Doing(Act.MERGE), "no other ticket is named"),
        ((), Doing(Act.MERGE, into=1), "cannot go on under itself"),
        ((), Doing(Act.MERGE, into=9), "there is no such ticket"),
        ((), Doing(Act.FALSE_ALARM, "x"), "it is not said why it is a false alarm"),
        ((), Doing(Act.FALSE_ALARM, "x", code="moon"), "'moon' is no reason we know"),
        ((), Doing(Act.FALSE_ALARM, code=FalseAlarm.TEST), "its alarm is still active"),
        ((), Doing(Act.STEP), "no step is named"),
        ((), Doing(Act.STEP, step=2), "its procedure has no step 3"),
        ((), Doing(Act.REPORT), "nothing of the call is told"),
        ((), Doing(Act.REPORT, call=replace(SAID, where=" ")), "it is not said where"),
        ((Act.ACKNOWLEDGE, Doing(Act.RESOLVE, "x")), Doing(Act.CALL_BACK), "nobody reported it"),
        ((Act.ACKNOWLEDGE, Doing(Act.RESOLVE, "x")), Doing(Act.REOPEN), "without a reason"),
    ],
)
async def test_what_an_act_lacks_is_told_by_name_and_nothing_changes(
    room: Room, before: tuple[Doing | Act, ...], doing: Doing, told: str
) -> None:
    await room.raised()
    if before:
        await room.do(1, *before)
    standing = await room.desk.ticket(1)
    with pytest.raises((Refused, Missing), match=told):
        await room.do(1, doing)
    assert await room.desk.ticket(1) == standing


async def test_a_held_ticket_goes_on_by_itself_from_where_it_was(room: Room) -> None:
    await room.raised()
    held = await room.do(1, Act.ACKNOWLEDGE, DISPATCH, HOLD)
    assert (held.state, held.held_until) == (TicketState.ON_HOLD, NOON + HOUR)
    await room.pass_time(HOUR - 1)
    assert (await room.desk.ticket(1)).ticket.state is TicketState.ON_HOLD
    await room.pass_time(1)
    file = await room.desk.ticket(1)
    assert (file.ticket.state, file.ticket.assignee) == (TicketState.DISPATCHED, "zhang")
    assert (file.entries[-1].who, file.entries[-1].what) == ("gateway", "resumed")


async def test_a_ticket_resumed_by_a_person_is_not_resumed_again(room: Room) -> None:
    await room.raised()
    await room.do(1, Act.ACKNOWLEDGE, HOLD, Act.RESUME, replace(HOLD, until=NOON + 3 * HOUR))
    await room.pass_time(HOUR)
    assert (await room.desk.ticket(1)).ticket.state is TicketState.ON_HOLD


@pytest.mark.parametrize(("later", "number"), [(DAY - 1, 1), (DAY, 2)])
async def test_an_alarm_that_comes_back_soon_reopens_its_ticket(
    room: Room, later: Micros, number: int
) -> None:
    await room.raised()
    await room.returned()
    await room.do(1, Act.ACKNOWLEDGE, DISPATCH, Act.RESOLVE, Act.CLOSE)
    room.now += later
    ticket = await room.raised()
    assert ticket.number == number
    if number == 1:
        assert (ticket.state, ticket.closed_at) == (TicketState.REOPENED, None)
        assert ticket.assignee == ""


async def test_an_alarm_that_asks_again_does_so_on_a_ticket_somebody_looks_at(room: Room) -> None:
    await room.raised()
    await room.do(1, Act.ACKNOWLEDGE, Doing(Act.RESOLVE, "later"), Doing(Act.CLOSE, "later"))
    (alarm,) = await room.desk.alarms()
    again = await room.ledger.transact(
        lambda connection: room.book.announce(connection, LEAK, alarm, Move.REALARM, NOON + HOUR)
    )
    assert (again.number, again.state) == (1, TicketState.REOPENED)


async def test_after_a_false_alarm_a_new_one_has_a_ticket_of_its_own(room: Room) -> None:
    await room.raised()
    await room.returned()
    ended = await room.do(1, Doing(Act.FALSE_ALARM, code=FalseAlarm.ANIMAL))
    assert (ended.state, ended.code, ended.closed_at) == ("false_alarm", "animal", NOON)
    assert await room.desk.alarms() == []
    assert (await room.raised()).number == 2


async def test_a_ticket_is_not_reopened_beside_another_of_its_alarm(room: Room) -> None:
    await room.raised()
    await room.do(1, Doing(Act.FALSE_ALARM, "cat", code=FalseAlarm.ANIMAL))
    await room.returned()
    await room.raised()
    with pytest.raises(Refused, match="its alarm is worked on under ticket 2; work on that one"):
        await room.do(1, Doing(Act.REOPEN, "it was no cat"))


async def test_a_late_acknowledgement_does_not_unresolve(room: Room) -> None:
    ticket = await room.raised()
    await room.do(1, Act.ACKNOWLEDGE)
    await room.returned()
    await room.raised()
    await room.do(1, Doing(Act.RESOLVE, "float switch on order"))
    with pytest.raises(Refused, match="has changed since version 1"):
        await room.desk.act(1, Doing(Act.ACKNOWLEDGE), who=LI, version=ticket.version)
    seen = await room.do(1, Act.ACKNOWLEDGE)
    assert seen.state is TicketState.RESOLVED
    assert (await room.desk.alarms())[0].attention is Attention.ACKED


async def test_steps_are_ticked_off_once_and_begin_anew_when_it_is_reopened(room: Room) -> None:
    await room.raised()
    await room.pass_time(5)
    await room.do(1, Doing(Act.STEP, step=1))
    first, second = (await room.desk.ticket(1)).steps
    assert (first.done_at, first.done_by) == (None, "")
    assert (second.text, second.done_at, second.done_by) == (STEPS[1], NOON + 5, "li")
    with pytest.raises(Refused, match="step 2 is ticked off already"):
        await room.do(1, Doing(Act.STEP, step=1))
    await room.returned()
    await room.closed(1)
    await room.raised()
    assert [step.done_at for step in (await room.desk.ticket(1)).steps] == [None, None]


async def test_every_act_is_audited_with_who_where_and_the_states(room: Room) -> None:
    await room.raised()
    (alarm,) = await room.desk.alarms()
    seen = {"occurrence": alarm.occurrences, "sequence": alarm.sequence}
    await room.desk.acknowledge(alarm.id, who=LI, text="on it", **seen)
    await room.do(1, DISPATCH)
    await room.desk.open(REPORT, who=LI)
    rows = await room.ledger.transact(
        lambda connection: connection.execute(sa.select(security.audit)).all()
    )
    assert {(row.who, row.role, row.place) for row in rows} == {("li", "operator", "127.0.0.1")}
    assert [(row.act, row.subject, row.detail, row.before, row.after) for row in rows] == [
        ("acknowledge", "alarm 1", "on it", "unack", "acked"),
        ("acknowledge", "ticket 1", "on it", "new", "accepted"),
        ("dispatch", "ticket 1", "", "accepted", "dispatched; assignee zhang"),
        (
            "report",
            "ticket 2",
            "",
            "",
            "new; reporter Wang; phone 138; what Water on the floor\nsince noon; "
            "convenient now; where 3-1201",
        ),
    ]


def test_each_need_has_a_field_of_a_doing() -> None:
    assert all(hasattr(Doing(Act.NOTE), need) for need in Need)
