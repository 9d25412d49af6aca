"""A simulated week, and its report worked out by hand."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.alarms.figures import Waits
from gateway.ledger.ledger import Ledger
from gateway.model.clock import HOUR, MINUTE, SECOND, from_datetime
from gateway.model.rule import Priority
from gateway.model.ticket import Act, ClockKind, FalseAlarm, Source, TicketState
from gateway.reports.period import Span
from gateway.reports.report import Ratio, Report
from gateway.reports.reports import Reports
from tests.gateway.reports.week import Week, week
from tests.gateway.samples import LOW_WATER, PROPPED, site

MONDAY = from_datetime(datetime(2026, 5, 4, tzinfo=ZoneInfo("Asia/Shanghai")))
OPENED_DOOR = replace(PROPPED, raise_after=0, priority=Priority.MEDIUM)


async def test_the_report_of_a_week_is_what_one_reckons_by_hand(
    ledger: Ledger, tmp_path: Path
) -> None:
    here = site(tmp_path, (LOW_WATER, OPENED_DOOR))
    async with week(here, ledger, tmp_path, MONDAY) as played:
        await _story(played)
        await played.end()
        found = await Reports(ledger, played.clock, here).of(Span.WEEK, MONDAY)
        again = await Reports(ledger, played.clock, here).of(Span.WEEK, MONDAY)
    assert found == again
    _check_alarms(found)
    _check_tickets(found)
    _check_clocks(found)


async def _story(week: Week) -> None:
    await week.at(0, "09:00")  # ticket 1: low water, mended within the hour
    await week.says("tank/level", 0.5)
    await _mend(week, 1, 0, ("09:02", "09:10", "09:50"))
    await week.says("tank/level", 2.0)
    await week.at(0, "10:00")
    await week.does(1, Act.CLOSE, text="done")

    await week.at(1, "14:00")  # ticket 2: a door for five seconds, a false alarm
    await _door(week, 1, "14:00:00", "14:00:05")
    await week.at(1, "14:06")
    await week.does(2, Act.ACKNOWLEDGE)
    await week.at(1, "14:10")
    await week.does(2, Act.FALSE_ALARM, code=FalseAlarm.TEST, text="cleaners")

    await week.at(2, "11:00")  # ticket 3: a call
    assert await week.calls("The tap drips", "Wang") == 3
    await _mend(week, 3, 2, ("11:01", "11:30", "12:00"))
    await week.at(2, "15:00")
    await week.does(3, Act.CALL_BACK, satisfied=True, text="fine")
    await week.does(3, Act.CLOSE)

    await _later(week)


async def _later(week: Week) -> None:
    await week.at(3, "03:00")  # ticket 4: low water again, after more than a day: a repeat of 1
    await week.says("tank/level", 0.5)
    await _mend(week, 4, 3, ("03:04", "03:20", "04:30"))
    await week.says("tank/level", 2.0)
    await week.does(4, Act.CLOSE, text="done")

    await week.at(4, "20:00")  # ticket 5: a door that chatters; accepted, and left so
    for second in ("00", "10", "20", "30"):
        await _door(week, 4, f"20:00:{second}", f"20:00:{int(second) + 5:02}")
    await week.at(4, "20:05")
    await week.does(5, Act.ACKNOWLEDGE)

    await week.at(5, "10:00")  # ticket 6: a call, and somebody who is not content
    assert await week.calls("The lamp is dark", "Zhao") == 6
    await _mend(week, 6, 5, ("10:01", "10:20", "11:00"))
    await week.does(6, Act.CALL_BACK, satisfied=False, text="came late")
    await week.does(6, Act.CLOSE)

    await week.at(6, "23:30")  # ticket 7: low water, nobody looks; a repeat of 4
    await week.says("tank/level", 0.5)


async def _mend(week: Week, number: int, day: int, times: tuple[str, str, str]) -> None:
    """Accepted, and somebody sent; there; done."""
    await week.at(day, times[0])
    await week.does(number, Act.ACKNOWLEDGE)
    await week.does(number, Act.DISPATCH, assignee="chen")
    await week.at(day, times[1])
    await week.does(number, Act.ARRIVE)
    await week.at(day, times[2])
    await week.does(number, Act.RESOLVE, text="mended")


async def _door(week: Week, day: int, opened: str, closed: str) -> None:
    await week.at(day, opened)
    await week.says("door/contact", "open")
    await week.at(day, closed)
    await week.says("door/contact", "closed")


def _check_alarms(found: Report) -> None:
    alarms = found.alarms
    # Monday 1, Tuesday 1, Thursday 1, Friday 4, Sunday 1.
    assert (alarms.announced, alarms.suppressed) == (8, 0)
    assert alarms.per_hour == 8 / 168
    assert alarms.peak is not None
    assert (alarms.peak.count, alarms.peak.since) == (4, MONDAY + 4 * 24 * HOUR + 20 * HOUR)
    assert (alarms.floods, alarms.flood_share, alarms.standing) == ((), 0, ())
    assert [(a.rule, a.count) for a in alarms.most_frequent] == [
        (OPENED_DOOR.id, 5),
        (LOW_WATER.id, 3),
    ]
    assert [(a.rule, a.count) for a in alarms.chattering] == [(OPENED_DOOR.id, 1)]
    assert [(a.rule, a.count) for a in alarms.fleeting] == [(OPENED_DOOR.id, 5)]
    assert [share.count for share in alarms.mix] == [0, 3, 5, 0]
    # In seconds: 120, 240, 270, 280, 290, 300, 360. On Friday one act answered four.
    assert alarms.acknowledged == Waits(7, 280 * SECOND, 360 * SECOND)
    assert alarms.unacknowledged == 1


def _check_tickets(found: Report) -> None:
    assert (found.opened, found.closed) == (7, 5)
    assert found.opened_by_priority == {Priority.HIGH: 3, Priority.MEDIUM: 2, Priority.LOW: 2}
    assert found.opened_by_source == {Source.ALARM: 5, Source.CALL: 2}
    # In minutes: 2, 6, 1, 4, 5, 1; ticket 7 waits.
    assert found.answered == Waits(6, 2 * MINUTE, 6 * MINUTE)
    # 10, 30, 20, 20.
    assert found.arrived == Waits(4, 20 * MINUTE, 30 * MINUTE)
    # 50, 60, 90, 60.
    assert found.resolved == Waits(4, 60 * MINUTE, 90 * MINUTE)
    assert [(job.ticket.number, job.state) for job in found.open] == [
        (7, TicketState.NEW),
        (5, TicketState.ACCEPTED),
    ]
    assert [(r.ticket.number, r.earlier) for r in found.repeats] == [(4, 1), (7, 4)]
    assert found.repeated == Ratio(1, 4)  # of 1, 3, 4 and 6, number 4 came back
    assert found.false_alarms == {FalseAlarm.TEST: 1}
    assert found.satisfied == Ratio(1, 2)
    # Three shifts a day end, nobody signs, and each is late a quarter of an hour after its end.
    assert len(found.late_handovers) == 21
    assert found.late_handovers[0].due_at == MONDAY + 7 * HOUR


def _check_clocks(found: Report) -> None:
    # Answer within 5 minutes, arrive within 30, tell the diagnosis within 10 of that. What is done
    # in the very instant it is due is late: the desk's clocks come first.
    assert [(late.ticket.number, late.kind) for late in found.late] == [
        (1, ClockKind.DIAGNOSE),
        (2, ClockKind.ANSWER),
        (3, ClockKind.ARRIVE),
        (3, ClockKind.DIAGNOSE),
        (4, ClockKind.DIAGNOSE),
        (5, ClockKind.ANSWER),
        (5, ClockKind.ARRIVE),
        (5, ClockKind.RESOLVE),
        (6, ClockKind.DIAGNOSE),
        (7, ClockKind.ANSWER),
    ]
    # Within 8 hours, of low priority 24: tickets 1, 3, 4 and 6 were, number 5 was not.
    assert found.on_time == Ratio(4, 5)
