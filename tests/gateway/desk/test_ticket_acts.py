"""What each act on a ticket asks for and does, over a real ledger."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.alarms.book import AlarmBook
from gateway.alarms.lifecycle import Move
from gateway.desk.desk import Desk
from gateway.desk.holds import HoldEnd, follow_hold
from gateway.desk.states import MOVES, TERMS, Need, after
from gateway.desk.tickets import TicketBook
from gateway.errors import Missing, Refused
from gateway.feed import Feed
from gateway.ledger import tables, timers
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.alarm import Attention
from gateway.model.clock import DAY, HOUR, Micros
from gateway.model.rule import JobKind, Priority, Rule
from gateway.model.text import Text
from gateway.model.ticket import (
    Act,
    Call,
    Doing,
    Event,
    FalseAlarm,
    Report,
    Ticket,
    TicketState,
)
from gateway.security.roles import RIGHTS, Right, Role
from gateway.site.model import Procedure, Site
from tests.gateway import samples
from tests.gateway.alarming import turn_condition
from tests.gateway.samples import LOW_WATER, NOON, PROPPED, site

LI = Actor("li", "operator", "127.0.0.1")
LEAK = replace(LOW_WATER, procedure="leak")
URGENT = samples.rule("door/forced", PROPPED.when, priority=Priority.CRITICAL)
STEPS = (Text("Shut the valve", "关阀"), Text("Call the plumber", "叫水工"))
SAID = Call("Wang", "138", "Water on the floor\nsince noon", "now", "3-1201")
REPORT = Report(SAID, JobKind.URGENT, Priority.MEDIUM)

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


class Room:
    """A desk, and what raises alarms and lets time pass beside it."""

    def __init__(self, here: Site, ledger: Ledger) -> None:
        self.ledger = ledger
        self.now: Micros = NOON
        self.book = TicketBook((follow_hold,))
        self.desk = Desk(here, ledger, Feed(), lambda: self.now, self.book)
        self._alarms = AlarmBook.of(here, self.book.announce)

    async def raised(self, rule: Rule = LEAK) -> Ticket:
        """The ticket of the rule's alarm, raised (again)."""
        await self._turn(rule, active=True)
        alarms = await self.desk.alarms()
        (number,) = {alarm.ticket for alarm in alarms if alarm.rule == rule.id}
        return (await self.desk.ticket(number or 0)).ticket

    async def returned(self, rule: Rule = LEAK) -> None:
        await self._turn(rule, active=False)

    async def do(self, number: int, *doings: Doing | Act) -> Ticket:
        for one in doings:
            doing = Doing(one) if isinstance(one, Act) else one
            ticket = await self.desk.act(number, doing, who=LI, version=None)
        return ticket

    async def closed(self, number: int) -> Ticket:
        """Worked off, after its alarm has returned."""
        return await self.do(number, Act.ACKNOWLEDGE, Act.RESOLVE, Act.CLOSE)

    async def pass_time(self, by: Micros) -> None:
        self.now += by
        end = HoldEnd(self.book)

        def work(connection: sa.Connection) -> None:
            for timer in timers.take_due(connection, self.now):
                end.run_out(connection, timer, self.now)

        await self.ledger.transact(work)

    async def _turn(self, rule: Rule, *, active: bool) -> None:
        await self.ledger.transact(
            lambda connection: turn_condition(
                connection, self._alarms, rule, self.now, active=active
            )
        )


@pytest.fixture
def room(tmp_path: Path, ledger: Ledger) -> Room:
    here = replace(
        site(tmp_path, (LEAK, URGENT)),
        procedures={"leak": Procedure(Text("Leak", "漏水"), STEPS)},
    )
    return Room(here, ledger)


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


async def test_a_call_opens_a_ticket_that_closes_only_after_the_call_back(room: Room) -> None:
    ticket = await room.desk.open(REPORT, who=LI)
    assert (ticket.number, ticket.source, ticket.call) == (1, "call", SAID)
    assert ticket.title == Text("Water on the floor", "Water on the floor")
    assert ticket.place == Text("3-1201", "3-1201")
    await room.do(1, Act.ACKNOWLEDGE, Doing(Act.RESOLVE, "seal replaced"))
    with pytest.raises(Refused, match="was not called back yet; call them back first"):
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


async def test_who_reported_a_merged_ticket_is_called_back_for_the_other(room: Room) -> None:
    await room.desk.open(REPORT, who=LI)
    await room.raised()
    await room.returned()
    await room.do(1, Doing(Act.MERGE, into=2))
    await room.do(2, Act.ACKNOWLEDGE, Act.RESOLVE)
    with pytest.raises(Refused, match="was not called back yet"):
        await room.do(2, Act.CLOSE)


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


async def test_who_reports_after_the_call_back_is_called_back_too(room: Room) -> None:
    await room.desk.open(REPORT, who=LI)
    await room.do(1, Act.ACKNOWLEDGE, Act.RESOLVE, Doing(Act.CALL_BACK, satisfied=True))
    mended = replace(SAID, what="Water on the floor, and on the wall")
    assert (await room.do(1, Doing(Act.REPORT, call=mended))).satisfied is True
    await room.do(1, Doing(Act.REPORT, call=replace(SAID, reporter="Zhao", phone="139")))
    with pytest.raises(Refused, match="was not called back yet"):
        await room.do(1, Act.CLOSE)


async def test_a_call_about_a_device_is_at_its_place_with_its_step_list(room: Room) -> None:
    report = replace(REPORT, device="tank", procedure="leak")
    ticket = await room.desk.open(report, who=LI)
    assert ticket.place.en == "Place of tank"
    assert [step.text for step in (await room.desk.ticket(1)).steps] == list(STEPS)


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
        lambda connection: connection.execute(sa.select(tables.audit)).all()
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
