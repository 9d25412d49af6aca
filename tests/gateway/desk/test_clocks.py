"""What must be done in time: the reducer."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.desk.clocks import Limits, clocks_after, runs_out_at, set_back
from gateway.model.clock import DAY, HOUR, MINUTE, Micros, from_datetime
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import Act, ClockKind, Ticket, TicketChange, TicketClock, TicketState
from gateway.site.timing_model import (
    BROUGHT_CALENDARS,
    BROUGHT_CLOCKS,
    Calendar,
    ClockRule,
    Hours,
    Timing,
)
from tests.gateway.desk.changes import changed, opened

SHANGHAI = ZoneInfo("Asia/Shanghai")
BOOK = Limits(Timing(), SHANGHAI)
NINE = from_datetime(datetime(2026, 11, 20, 9, tzinfo=SHANGHAI))
NIGHTS = Calendar(dict.fromkeys(range(7), (Hours(time(22), time(6)),)))
BY_NIGHT = Limits(
    Timing(
        {**BROUGHT_CALENDARS, "nights": NIGHTS},
        (ClockRule(ClockKind.RESOLVE, 12 * HOUR, counting="nights"), *BROUGHT_CLOCKS),
    ),
    ZoneInfo("America/New_York"),
)

Known = dict[tuple[ClockKind, int], TicketClock]


def played(changes: Iterable[TicketChange], limits: Limits = BOOK) -> Known:
    """Every clock after these changes."""
    known: Known = {}
    for change in changes:
        for clock in clocks_after(known.values(), change, limits):
            known[clock.kind, clock.run] = clock
    return known


def worked(*acts: tuple[Act, Micros], job: JobKind = JobKind.REPAIR) -> Known:
    """The clocks of a ticket opened at NINE, on which these acts followed so long after."""
    changes = [opened(NINE, job)]
    for act, after in acts:
        changes.append(changed(changes[-1].after, act, NINE + after))
    return played(changes)


@pytest.mark.parametrize(
    ("job", "priority", "hour", "minutes"),
    [
        (JobKind.EMERGENCY, Priority.CRITICAL, 9, (5, 10, 60, 180)),
        (JobKind.EMERGENCY, Priority.CRITICAL, 18, (5, 15, 60, 180)),
        (JobKind.URGENT, Priority.HIGH, 9, (5, 15, 60, 180)),
        (JobKind.REPAIR, Priority.HIGH, 9, (5, 30, 8 * 60, 72 * 60)),
        (JobKind.REPAIR, Priority.LOW, 9, (5, 30, 24 * 60, 72 * 60)),
        (JobKind.COMPLAINT, Priority.LOW, 9, (15, None, 4 * 60, None)),
        (JobKind.REQUEST, Priority.LOW, 9, (15, None, 4 * 60, None)),
    ],
)
def test_an_opened_ticket_has_the_limits_of_the_rule_book(
    job: JobKind, priority: Priority, hour: int, minutes: tuple[int | None, ...]
) -> None:
    at = NINE + (hour - 9) * HOUR
    due = {
        kind: clock.due_at - at for (kind, _), clock in played([opened(at, job, priority)]).items()
    }
    kinds = (ClockKind.ANSWER, ClockKind.ARRIVE, ClockKind.RESOLVE, ClockKind.RESOLVE_AT_MOST)
    expected = zip(kinds, minutes, strict=True)
    assert due == {kind: limit * MINUTE for kind, limit in expected if limit is not None}


def test_daytime_ends_at_half_past_five() -> None:
    late = NINE + 8 * HOUR + 30 * MINUTE
    for at, minutes in ((late - 1, 10), (late, 15)):
        clock = played([opened(at, JobKind.EMERGENCY)])[ClockKind.ARRIVE, 1]
        assert clock.due_at - at == minutes * MINUTE


def test_each_clock_ends_with_what_it_asks_for() -> None:
    known = worked(
        (Act.ACKNOWLEDGE, MINUTE),
        (Act.DISPATCH, 2 * MINUTE),
        (Act.ARRIVE, 9 * MINUTE),
        (Act.DIAGNOSE, 12 * MINUTE),
        (Act.RESOLVE, 40 * MINUTE),
        (Act.CALL_BACK, HOUR),
        (Act.CLOSE, 2 * HOUR),
    )
    met = {kind: (clock.met_at or 0) - NINE for (kind, _), clock in known.items()}
    assert met == {
        ClockKind.ANSWER: MINUTE,
        ClockKind.ARRIVE: 9 * MINUTE,
        ClockKind.DIAGNOSE: 12 * MINUTE,
        ClockKind.RESOLVE: 40 * MINUTE,
        ClockKind.RESOLVE_AT_MOST: 40 * MINUTE,
        ClockKind.CALL_BACK: HOUR,
    }
    assert known[ClockKind.DIAGNOSE, 1].due_at == NINE + 19 * MINUTE
    assert known[ClockKind.CALL_BACK, 1].due_at == NINE + 40 * MINUTE + 48 * HOUR
    assert all(runs_out_at(clock) is None for clock in known.values())


def test_what_is_resolved_from_the_desk_asks_for_no_arrival() -> None:
    known = worked((Act.ACKNOWLEDGE, MINUTE), (Act.RESOLVE, 5 * MINUTE))
    arrive = known[ClockKind.ARRIVE, 1]
    assert (arrive.met_at, arrive.dropped_at) == (None, NINE + 5 * MINUTE)
    assert (ClockKind.DIAGNOSE, 1) not in known


@pytest.mark.parametrize("act", [Act.MERGE, Act.FALSE_ALARM])
def test_a_ticket_that_goes_on_nowhere_leaves_nothing_running(act: Act) -> None:
    known = worked((act, MINUTE))
    assert [runs_out_at(clock) for clock in known.values()] == [None] * len(known)
    assert known[ClockKind.RESOLVE, 1].met_at is None


def test_a_hold_moves_what_is_due_by_as_long_as_it_lasts() -> None:
    known = worked((Act.ACKNOWLEDGE, MINUTE), (Act.HOLD, HOUR), (Act.RESUME, 25 * HOUR))
    assert known[ClockKind.RESOLVE, 1].due_at == NINE + 32 * HOUR
    held = worked((Act.ACKNOWLEDGE, MINUTE), (Act.HOLD, HOUR))[ClockKind.RESOLVE, 1]
    assert (held.left, runs_out_at(held)) == (7 * HOUR, None)


def test_work_that_goes_on_after_a_hold_is_not_diagnosed_anew() -> None:
    known = worked(
        (Act.ACKNOWLEDGE, MINUTE),
        (Act.ARRIVE, 9 * MINUTE),
        (Act.DIAGNOSE, 10 * MINUTE),
        (Act.HOLD, HOUR),
        (Act.RESUME, 2 * HOUR),
    )
    assert known[ClockKind.DIAGNOSE, 1].met_at == NINE + 10 * MINUTE
    assert (ClockKind.DIAGNOSE, 2) not in known


def test_reopening_starts_the_clocks_again_and_keeps_the_first_ones() -> None:
    known = worked((Act.ACKNOWLEDGE, MINUTE), (Act.RESOLVE, HOUR), (Act.REOPEN, 3 * HOUR))
    assert known[ClockKind.RESOLVE, 1].met_at == NINE + HOUR
    assert known[ClockKind.RESOLVE, 2].due_at == NINE + 11 * HOUR
    assert known[ClockKind.ANSWER, 2].due_at == NINE + 3 * HOUR + 5 * MINUTE
    assert known[ClockKind.CALL_BACK, 1].dropped_at == NINE + 3 * HOUR


def test_what_is_met_after_its_time_still_runs_out_and_on_time_is_not_late() -> None:
    late = worked((Act.ACKNOWLEDGE, 5 * MINUTE + 1))[ClockKind.ANSWER, 1]
    assert runs_out_at(late) == NINE + 5 * MINUTE
    just = worked((Act.ACKNOWLEDGE, 5 * MINUTE))[ClockKind.ANSWER, 1]
    assert runs_out_at(just) is None


def test_what_is_overdue_when_it_is_put_on_hold_is_late_all_the_same() -> None:
    known = worked((Act.ACKNOWLEDGE, MINUTE), (Act.HOLD, 9 * HOUR))
    assert runs_out_at(known[ClockKind.RESOLVE, 1]) == NINE + 8 * HOUR
    assert known[ClockKind.RESOLVE_AT_MOST, 1].left == 63 * HOUR


def test_what_a_clock_days_ahead_has_started_is_due_by_working_time_from_the_right_one() -> None:
    ticket = opened(NINE).after
    ahead, right = (
        BY_NIGHT.started(ClockKind.RESOLVE, ticket, at, run=1) for at in (NINE + 3 * DAY, NINE)
    )
    assert ahead is not None
    assert set_back(ahead, ahead.started_at, 3 * DAY, BY_NIGHT) == right


class AnyWork(RuleBasedStateMachine):
    """Whatever is done to a ticket, whenever; timers run out at once, or when somebody looks."""

    limits = BY_NIGHT

    def __init__(self) -> None:
        super().__init__()
        self.now = from_datetime(datetime(2026, 3, 6, 12, tzinfo=UTC))  # 40 hours before DST
        self.known: Known = {}
        self.counted: dict[tuple[ClockKind, int], Micros] = {}
        self.due: dict[tuple[ClockKind, int], Micros] = {}
        self.lates: dict[tuple[ClockKind, int], int] = {}
        self.changes: list[TicketChange] = []

    @property
    def ticket(self) -> Ticket:
        return self.changes[-1].after

    @initialize(job=st.sampled_from(JobKind), priority=st.sampled_from(Priority))
    def open(self, job: JobKind, priority: Priority) -> None:
        self.take(opened(self.now, job, priority))

    @rule(
        what=st.sampled_from([*Act, "joined", "cleared"]),
        state=st.sampled_from(sorted(set(TicketState) - {TicketState.NEW})) | st.none(),
    )
    def act(self, what: str, state: TicketState | None) -> None:
        self.take(changed(self.ticket, what, self.now, state=state))

    @rule(span=st.integers(0, 3 * DAY) | st.integers(0, HOUR))
    def pass_time(self, span: Micros) -> None:
        if self.ticket.state is not TicketState.ON_HOLD:
            for key, clock in self.known.items():
                if clock.met_at is None and clock.dropped_at is None:
                    passed = self.limits.between(clock.counting, self.now, self.now + span)
                    self.counted[key] = self.counted.get(key, 0) + passed
        self.now += span

    @rule()
    def run_out(self) -> None:
        for key, clock in self.known.items():
            due_at = runs_out_at(clock)
            if due_at is not None and due_at <= self.now:
                self.known[key] = replace(clock, late_at=self.now)
                self.lates[key] = self.lates.get(key, 0) + 1

    def take(self, change: TicketChange) -> None:
        self.changes.append(change)
        for clock in clocks_after(self.known.values(), change, self.limits):
            self.known[clock.kind, clock.run] = clock

    @invariant()
    def time_on_hold_never_counts(self) -> None:
        for key, clock in self.known.items():
            if clock.met_at is None and clock.dropped_at is None:
                within = self.span_of(clock)
                left = within - self.counted.get(key, 0)
                if clock.left is not None:
                    assert clock.left == left
                elif left > 0 and clock.late_at is None:
                    assert self.limits.between(clock.counting, self.now, clock.due_at) == left

    @invariant()
    def what_is_due_never_moves_back(self) -> None:
        for key, clock in self.known.items():
            assert clock.due_at >= self.due.get(key, clock.started_at)
            self.due[key] = clock.due_at

    @invariant()
    def a_clock_is_late_at_most_once_and_stays_so(self) -> None:
        assert set(self.lates.values()) <= {1}
        assert all(self.known[key].late_at is not None for key in self.lates)

    @invariant()
    def only_what_took_too_long_is_late(self) -> None:
        for key in self.lates:
            clock = self.known[key]
            assert self.counted.get(key, 0) >= self.span_of(clock)

    @invariant()
    def nothing_runs_on_a_ticket_that_is_over(self) -> None:
        if self.changes and self.ticket.state in (TicketState.CLOSED, TicketState.MERGED):
            for clock in self.known.values():
                assert clock.met_at is not None or clock.dropped_at is not None

    def teardown(self) -> None:
        """Replayed, the same changes give the same clocks, but for what only timers tell."""
        told = {key: replace(clock, late_at=None) for key, clock in self.known.items()}
        if not self.lates:
            assert played(self.changes, self.limits) == told

    def span_of(self, clock: TicketClock) -> Micros:
        found = self.limits.started(clock.kind, self.ticket, clock.started_at, clock.run)
        assert found is not None
        return self.limits.between(clock.counting, clock.started_at, found.due_at)


TestAnyWork = AnyWork.TestCase
TestAnyWork.settings = settings(
    max_examples=60, stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow]
)
