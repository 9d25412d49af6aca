"""Whatever people, alarms and time do in whatever order, a ticket's history explains it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import hypothesis.strategies as st
import sqlalchemy as sa
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gateway.alarms.book import AlarmBook
from gateway.desk import tickets
from gateway.desk.callers import callers_of
from gateway.desk.chains import Standing, stronger
from gateway.desk.clock_book import ClockBook, Lateness, clocks_of
from gateway.desk.clocks import Limits, due_by_kind
from gateway.desk.escalation import Escalations, Rising, standing_of
from gateway.desk.holds import HoldEnd, follow_hold
from gateway.desk.notices import Outbox
from gateway.desk.states import MOVES, UNSOLVED
from gateway.desk.tickets import TicketBook
from gateway.errors import Missing, Refused
from gateway.ledger import timers
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import alarms, desk, metadata, progress, security
from gateway.ledger.timers import RunOut, TimerKind
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, MINUTE, Micros
from gateway.model.rule import JobKind, Priority, Rule
from gateway.model.text import Text
from gateway.model.ticket import (
    ENDED,
    UNACCEPTED,
    Act,
    Call,
    ClockKind,
    Doing,
    Entry,
    Event,
    FalseAlarm,
    Report,
    Ticket,
    TicketState,
)
from gateway.site.model import Procedure, Site
from tests.gateway import samples
from tests.gateway.alarming import desk_of, turn_condition
from tests.gateway.desk.room import URGENT_CHAIN
from tests.gateway.samples import LOW_WATER, NOON, PROPPED, site

T = TypeVar("T")

LEAK = replace(LOW_WATER, procedure="leak")
LATCHING = samples.rule("door/forced", PROPPED.when, latching=True)
RULES = (LEAK, LATCHING)
SAID = Call("Wang", "138", "Water on the floor", "now", "3-1201")
CALLERS = (SAID, replace(SAID, reporter="Zhao"), replace(SAID, what="It drips"))

reports = st.builds(
    Report,
    call=st.sampled_from(CALLERS),
    job=st.sampled_from(JobKind),
    priority=st.sampled_from(Priority),
    device=st.just(""),
    procedure=st.none(),
)
texts = st.sampled_from(["", "seen"])
doings = st.builds(
    Doing,
    act=st.sampled_from(Act),
    text=texts,
    assignee=st.sampled_from(["", "zhang"]),
    until=st.sampled_from([None, NOON, NOON + HOUR, NOON + 3 * HOUR]),
    into=st.sampled_from([None, 1, 2, 3]),
    code=st.sampled_from(["", "moon", *FalseAlarm]),
    step=st.sampled_from([None, 0, 1, 2]),
    satisfied=st.sampled_from([None, True, False]),
    call=st.sampled_from([None, SAID, replace(SAID, phone=" ")]),
    caller=st.sampled_from([None, 1, 2, 3]),
)


class TicketLife(RuleBasedStateMachine):
    """A desk over a real ledger. `now` is the journal's time and the clock's."""

    def __init__(self, runner: asyncio.Runner, ledger: Ledger, here: Site) -> None:
        super().__init__()
        self.runner, self.ledger = runner, ledger
        self.now: Micros = NOON
        self.acts = 0
        clocks = ClockBook(Limits(here.desk.timing, here.time_zone))
        chains = Escalations(here.desk.timing.chains)
        follows = (follow_hold, clocks.follow, chains.follow)
        self.book = TicketBook(follows, reopen_within=HOUR)
        self.run_outs: dict[TimerKind, RunOut] = {
            TimerKind.HOLD: HoldEnd(self.book).run_out,
            TimerKind.CLOCK: Lateness(self.book, chains.begin_late).run_out,
            TimerKind.ESCALATE: Rising(self.book, Outbox().put).run_out,
        }
        self.desk = desk_of(here, ledger, lambda: self.now, tickets=self.book)
        self.alarms = AlarmBook.of(here, self.book.announce)
        self.active = dict.fromkeys(RULES, False)
        self.in_ledger(_empty)

    def in_ledger(self, work: Callable[[sa.Connection], T]) -> T:
        return self.runner.run(self.ledger.transact(work))

    @rule(of=st.sampled_from(RULES))
    def condition(self, of: Rule) -> None:
        """It comes, or goes."""
        self.active[of] = not self.active[of]
        self.in_ledger(
            lambda connection: turn_condition(
                connection, self.alarms, of, self.now, active=self.active[of]
            )
        )

    @rule(report=reports)
    def call(self, report: Report) -> None:
        opened = self.runner.run(self.desk.open(report, who=Actor("li")))
        self.acts += 1
        assert opened.place == Text("3-1201", "3-1201")

    @rule(number=st.integers(1, 3), doing=doings)
    def anything(self, number: int, doing: Doing) -> None:
        """What may well be refused; then nothing has changed."""
        before = self.in_ledger(_all)
        try:
            self.runner.run(self.desk.act(number, doing, who=Actor("li"), version=None))
        except (Refused, Missing):
            assert self.in_ledger(_all) == before
        else:
            self.acts += 1

    @rule(data=st.data())
    @precondition(lambda self: self.in_ledger(_count))
    def forward(self, data: st.DataObject) -> None:
        """Something the table allows, on a ticket there is, with all that goes with it."""
        number = data.draw(st.integers(1, self.in_ledger(_count)))
        state = self.in_ledger(lambda connection: tickets.find(connection, number)).state
        doing = Doing(
            data.draw(st.sampled_from([act for act in Act if (state, act) in MOVES])),
            text="seen",
            assignee="zhang",
            until=self.now + HOUR,
            into=data.draw(st.integers(1, 3)),
            code=FalseAlarm.ANIMAL,
            step=data.draw(st.integers(0, 1)),
            satisfied=True,
            call=SAID,
        )
        self.anything(number, doing)

    @rule(data=st.data())
    def two_become_one(self, data: st.DataObject) -> None:
        known = self.in_ledger(lambda c: tickets.list_tickets(c, closed=False, limit=1_000))
        unsolved = [ticket.number for ticket in known if ticket.state in UNSOLVED]
        if len(unsolved) > 1:
            number, into = data.draw(st.permutations(unsolved))[:2]
            both = self.in_ledger(lambda c: [pace(c, n) for n in (number, into)])
            self.anything(number, Doing(Act.MERGE, into=into))
            if self.in_ledger(lambda c: tickets.find(c, number)).merged_into == into:
                self.in_ledger(lambda c: never_slower(both, pace(c, into)))

    @rule(data=st.data(), last=st.sampled_from([Act.CLOSE, Act.FALSE_ALARM]))
    @precondition(lambda self: self.in_ledger(_count))
    def one_is_ended(self, data: st.DataObject, last: Act) -> None:
        number = data.draw(st.integers(1, self.in_ledger(_count)))
        doing = Doing(last, "seen", code=FalseAlarm.TEST, satisfied=True)
        for act in (Act.ACKNOWLEDGE, Act.RESUME, Act.RESOLVE):
            self.anything(number, replace(doing, act=act))
        for caller in callers_of(self.in_ledger(lambda c: tickets.find(c, number))):
            self.anything(number, replace(doing, act=Act.CALL_BACK, caller=caller.number))
        self.anything(number, doing)

    @rule(by=st.sampled_from([MINUTE, HOUR, 3 * HOUR]))
    def time_passes(self, by: Micros) -> None:
        self.now += by

        def work(connection: sa.Connection) -> None:
            for timer in timers.take_due(connection, self.now):
                changed = self.run_outs[timer.kind](connection, timer, self.now)
                if timer.kind is TimerKind.HOLD:
                    (resumed,) = changed
                    assert isinstance(resumed, Ticket)
                    assert resumed.state is not TicketState.ON_HOLD

        self.in_ledger(work)

    @invariant()
    def every_history_explains_its_ticket(self) -> None:
        def look(connection: sa.Connection) -> None:
            known = tickets.list_tickets(connection, closed=True, limit=1_000)
            assert [ticket.number for ticket in reversed(known)] == list(range(1, len(known) + 1))
            for ticket in known:
                entries = tickets.entries(connection, ticket.number)
                assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
                assert (ticket.version, ticket.state) == (len(entries), replayed(entries))
                assert (ticket.closed_at is not None) == (ticket.state in ENDED)
                assert (ticket.held_until is not None) == (ticket.state is TicketState.ON_HOLD)
                assert (ticket.merged_into is not None) == (ticket.state is TicketState.MERGED)
                if ticket.state in UNACCEPTED:
                    assert ticket.assignee == ""
            keys = [ticket.key for ticket in known if ticket.closed_at is None]
            assert len(keys) == len(set(keys))

        self.in_ledger(look)

    @invariant()
    def a_merged_family_is_as_urgent_as_any_of_it_and_called_back_to_the_last(self) -> None:
        known = self.in_ledger(lambda c: tickets.list_tickets(c, closed=True, limit=1_000))
        by_number = {ticket.number: ticket for ticket in known}
        callers: dict[int, set[int]] = {number: set() for number in by_number}
        for member in known:
            root = member
            while root.merged_into is not None:
                root = by_number[root.merged_into]
            assert root.priority <= member.priority
            assert root.job.rank <= member.job.rank
            if member.call is not None:
                callers[root.number].add(member.number)
        for ticket in known:
            standing = callers_of(ticket)
            if ticket.state is not TicketState.MERGED:
                assert {caller.number for caller in standing} == callers[ticket.number]
            if ticket.state in (TicketState.CLOSED, TicketState.FALSE_ALARM):
                assert all(caller.satisfied is not None for caller in standing)

    @invariant()
    def tickets_on_hold_have_a_timer_and_no_others(self) -> None:
        def look(connection: sa.Connection) -> None:
            rows = connection.execute(sa.select(progress.timer)).all()
            timed = {int(row.subject): row.due_at for row in rows if row.kind == "hold"}
            held = tickets.list_tickets(connection, closed=False, limit=1_000)
            assert timed == {t.number: t.held_until for t in held if t.held_until is not None}

        self.in_ledger(look)

    @invariant()
    def no_open_alarm_is_left_with_a_merged_ticket(self) -> None:
        def look(connection: sa.Connection) -> None:
            rows = connection.execute(
                sa.select(desk.ticket.c.number)
                .join(alarms.alarm, alarms.alarm.c.ticket == desk.ticket.c.number)
                .where(alarms.alarm.c.ended_at.is_(None), desk.ticket.c.state == "merged")
            )
            assert rows.all() == []

        self.in_ledger(look)

    @invariant()
    def every_act_is_audited_once(self) -> None:
        query = sa.select(sa.func.count()).select_from(security.audit)
        assert self.in_ledger(lambda connection: connection.execute(query).scalar()) == self.acts


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a ticket is to be worked; clocks that stand still are left out."""

    ticket: Ticket
    due: dict[ClockKind, Micros]
    chain: Standing | None


def pace(connection: sa.Connection, number: int) -> Pace:
    ticket = tickets.find(connection, number)
    running = [clock for clock in clocks_of(connection, number) if clock.left is None]
    return Pace(ticket, due_by_kind(running), standing_of(connection, ticket))


def never_slower(both: Sequence[Pace], merged: Pace) -> None:
    """Than the most urgent one was; what is no longer due has been done on the other."""
    assert merged.ticket.priority is min(one.ticket.priority for one in both)
    done = {
        ClockKind.ANSWER: merged.ticket.state not in UNACCEPTED,
        ClockKind.ARRIVE: merged.ticket.state is TicketState.ON_SITE,
        ClockKind.CALL_BACK: True,
    }
    for one in both:
        for kind, due_at in one.due.items():
            assert done.get(kind) or merged.due[kind] <= due_at
    chains = [one.chain for one in both if one.chain is not None]
    if chains and merged.ticket.state in UNACCEPTED:
        first = stronger(chains)
        assert first is not None
        assert merged.chain is not None
        assert merged.chain.due_at <= first.due_at


def replayed(entries: tuple[Entry, ...]) -> TicketState:
    """The state that the entries lead to by the table; each entry's own is checked on the way."""
    assert entries[0].what == Event.OPENED
    state, held_from = TicketState.NEW, None
    for entry in entries[1:]:
        step = Act(entry.what) if entry.what in set(Act) else Event(entry.what)
        before, state = state, MOVES[state, step] or held_from or state
        if step is Act.HOLD:
            held_from = before
        assert entry.state is state, (before, step)
    return state


def test_every_tickets_history_explains_its_state(ledger_url: str, tmp_path: Path) -> None:
    steps = (Text("Shut the valve", "关阀"), Text("Call the plumber", "叫水工"))
    here = site(tmp_path, RULES)
    timing = replace(here.desk.timing, chains=(URGENT_CHAIN, *here.desk.timing.chains))
    here = replace(
        here,
        desk=replace(here.desk, timing=timing),
        procedures={"leak": Procedure(Text("Leak", "漏水"), steps)},
    )
    with asyncio.Runner() as runner:
        ledger = runner.run(Ledger(ledger_url).__aenter__())
        try:
            run_state_machine_as_test(
                lambda: TicketLife(runner, ledger, here),  # type: ignore[arg-type]  # its factory
                settings=settings(max_examples=20, stateful_step_count=30, deadline=None),
            )
        finally:
            runner.run(ledger.__aexit__())


def _empty(connection: sa.Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())


def _all(connection: sa.Connection) -> dict[str, list[sa.Row[tuple[object, ...]]]]:
    kept = (desk.ticket, desk.ticket_entry, alarms.alarm, alarms.alarm_change)
    return {
        table.name: list(connection.execute(sa.select(table).order_by(*table.primary_key)))
        for table in (*kept, progress.timer, security.audit)
    }


def _count(connection: sa.Connection) -> int:
    query = sa.select(sa.func.count()).select_from(desk.ticket)
    count: int = connection.execute(query).scalar_one()
    return count
