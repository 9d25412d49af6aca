"""Reports worked out from jobs."""

from dataclasses import replace

from gateway.alarms.figures import figures
from gateway.model.clock import DAY, HOUR, MINUTE, Micros
from gateway.model.rule import Priority
from gateway.model.text import Text
from gateway.model.ticket import Call, Caller, ClockKind, Source, Ticket, TicketClock, TicketState
from gateway.reports.jobs import Job, Step
from gateway.reports.period import Period, Span
from gateway.reports.report import Report, report

START = 1_000 * DAY
END = START + 7 * DAY
PLACE = Text("Roof", "屋顶")

S = TicketState


def job(
    number: int, opened: Micros, *steps: tuple[Micros, str, TicketState], **more: object
) -> Job:
    """Opened at START + `opened`; each step so long after that."""
    at = START + opened
    clocks = more.pop("clocks", ())
    ticket = Ticket(
        number=number,
        key="tank/low-level",
        device="tank",
        title=Text("Low", "低"),
        place=PLACE,
        priority=Priority.HIGH,
        state=S.NEW,
        version=1,
        opened_at=at,
        changed_at=at,
    )
    ticket = replace(ticket, **more)  # type: ignore[arg-type]  # test's own
    first = Step(at, "opened", S.NEW)
    return Job(ticket, (first, *(Step(at + t, what, s) for t, what, s in steps)), clocks)  # type: ignore[arg-type]


def clock(
    due_at: Micros, met_at: Micros | None = None, late_at: Micros | None = None
) -> TicketClock:
    return TicketClock(1, ClockKind.RESOLVE, 1, START, due_at, met_at=met_at, late_at=late_at)


def made(*jobs: Job, until: Micros = END) -> Report:
    period = Period(Span.WEEK, START, END)
    return report(period, until, figures([], {}, START, until), jobs, (), ())


MENDED = (
    (2 * MINUTE, "acknowledge", S.ACCEPTED),
    (3 * MINUTE, "dispatch", S.DISPATCHED),
    (10 * MINUTE, "arrive", S.ON_SITE),
    (HOUR, "resolve", S.RESOLVED),
    (2 * HOUR, "close", S.CLOSED),
)


def test_nothing_happened() -> None:
    found = made()
    assert (found.opened, found.open, found.on_time.share) == (0, (), None)


def test_how_fast_is_counted_from_the_opening() -> None:
    found = made(job(1, HOUR, *MENDED))
    assert (found.answered.median, found.arrived.median, found.resolved.median) == (
        2 * MINUTE,
        10 * MINUTE,
        HOUR,
    )
    assert (found.opened, found.closed, found.open) == (1, 1, ())


def test_a_report_does_not_know_what_came_after_its_end() -> None:
    found = made(job(1, 7 * DAY - 5 * MINUTE, *MENDED))
    assert (found.answered.count, found.arrived.count, found.closed) == (1, 0, 0)
    assert [(o.ticket.number, o.state) for o in found.open] == [(1, S.DISPATCHED)]


def test_what_was_opened_before_counts_as_ended_but_not_as_opened() -> None:
    found = made(job(1, -HOUR, *MENDED))
    assert (found.opened, found.closed, found.answered.count) == (0, 1, 0)


def test_the_same_fault_within_thirty_days_is_a_repeat() -> None:
    before = job(1, -20 * DAY, *MENDED)
    again = job(2, DAY, *MENDED)
    found = made(before, again)
    assert [(r.ticket.number, r.earlier) for r in found.repeats] == [(2, 1)]
    assert (found.repeated.part, found.repeated.whole) == (1, 1)
    long_ago = job(1, -31 * DAY, *MENDED)
    assert made(long_ago, again).repeats == ()


def test_a_ticket_opened_again_is_a_repeat_of_itself() -> None:
    reopened = job(1, 0, *MENDED[:4], (3 * HOUR, "reopened", S.REOPENED))
    found = made(reopened)
    assert [(r.ticket.number, r.earlier) for r in found.repeats] == [(1, 1)]
    assert (found.resolved.count, len(found.open)) == (0, 1)


def test_a_false_alarm_is_no_repair_and_its_code_is_counted() -> None:
    false = job(1, 0, (MINUTE, "false_alarm", S.FALSE_ALARM), code="cleaning")
    found = made(false, job(2, HOUR, *MENDED))
    assert found.false_alarms == {"cleaning": 1}
    assert found.repeats == ()


def test_on_time_is_what_was_done_before_it_was_late() -> None:
    due = START + 2 * HOUR
    good = job(1, 0, *MENDED, clocks=(clock(due, met_at=START + HOUR),))
    bad = job(2, 0, *MENDED, clocks=(clock(due, met_at=START + 3 * HOUR, late_at=due),))
    later = job(3, 0, clocks=(clock(END + HOUR),))
    found = made(good, bad, later)
    assert (found.on_time.part, found.on_time.whole) == (1, 2)
    assert [(late.ticket.number, late.met_at) for late in found.late] == [(2, START + 3 * HOUR)]


def test_satisfaction_counts_those_called_back_in_the_period() -> None:
    called = (*MENDED[:4], (90 * MINUTE, "call_back", S.RESOLVED))
    wang, zhao = (Call(name, "138", "Water", where="3-1201") for name in ("Wang", "Zhao"))
    yes = job(1, 0, *called, satisfied=True, call=wang, key="1", source=Source.CALL)
    no = job(2, 0, *called, satisfied=False, call=wang, key="2", source=Source.CALL)
    before = job(3, -DAY, *called, satisfied=False, call=wang, key="3")
    others = (Caller(5, zhao, satisfied=True), Caller(6, wang, satisfied=True))
    merged = job(
        4, 0, *called, satisfied=True, call=wang, callers=others, key="4", source=Source.CALL
    )
    found = made(yes, no, before, merged)
    assert (found.satisfied.part, found.satisfied.whole) == (3, 4)
    assert found.opened_by_source == {Source.CALL: 3}
