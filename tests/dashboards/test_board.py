"""What the desk has before it."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from dashboards.board import Board
from gateway.feed import Changes
from gateway.model.alarm import Alarm, Attention, Suppressing
from gateway.model.rule import Priority
from gateway.model.ticket import Ticket
from tests.dashboards.samples import after, alarm, ticket


def changes(tickets: Iterable[Ticket] = (), alarms: Iterable[Alarm] = ()) -> Changes:
    return Changes(tickets=tuple(tickets), alarms=tuple(alarms))


def test_the_most_urgent_then_the_oldest_ticket_comes_first() -> None:
    board = Board(
        [
            ticket(1, priority=Priority.LOW),
            ticket(2, priority=Priority.CRITICAL),
            ticket(3, priority=Priority.CRITICAL),
        ],
        [],
    )
    assert [t.number for t in board.tickets] == [2, 3, 1]
    assert list(board.counts().values()) == [2, 0, 0, 1]


def test_a_closed_ticket_and_an_ended_alarm_leave_the_board() -> None:
    board = Board([ticket(1)], [alarm(1)])
    gone = alarm(1, sequence=2, active=False, attention=Attention.NORMAL)
    news = board.apply(changes([ticket(1, version=2, closed_at=after(9))], [gone]))
    assert (board.tickets, board.alarms_on(1), board.ticket(1)) == ([], (), None)
    assert news.tickets == {1}
    assert news.raised == ()


def test_only_an_alarm_raised_once_or_again_is_news_to_be_heard() -> None:
    board = Board([], [alarm(1)])
    acknowledged = alarm(1, sequence=2, attention=Attention.ACKED)
    again = alarm(1, sequence=4, occurrences=2)
    assert board.apply(changes(alarms=[alarm(1)])).raised == ()
    assert board.apply(changes(alarms=[acknowledged])).raised == ()
    assert board.apply(changes(alarms=[again])).raised == (again,)
    assert board.apply(changes(alarms=[alarm(2)])).raised == (alarm(2),)


def test_a_suppressed_alarm_is_not_heard_and_its_device_never_looks_normal() -> None:
    board = Board([], [alarm(1)])
    quiet = alarm(1, sequence=2, suppressed=(Suppressing.SHELVED,))
    assert board.apply(changes(alarms=[quiet])).raised == ()
    assert (board.active_at(), board.quiet_at()) == ({}, {"camera": quiet})
    unannounced = alarm(2, attention=Attention.NORMAL, suppressed=(Suppressing.BY_DESIGN,))
    assert board.apply(changes(alarms=[unannounced])).raised == ()
    back = alarm(1, sequence=3)
    assert board.apply(changes(alarms=[back])).raised == (back,)
    assert board.active_at() == {"camera": back}
    over = alarm(2, sequence=2, attention=Attention.NORMAL, active=False)
    board.apply(changes(alarms=[over]))
    assert board.quiet_at() == {}


def test_an_acknowledged_alarm_that_asks_again_is_heard() -> None:
    board = Board([], [alarm(1, attention=Attention.ACKED)])
    again = alarm(1, sequence=2)
    assert board.apply(changes(alarms=[again])).raised == (again,)


def test_a_device_shows_its_most_urgent_active_alarm() -> None:
    urgent = alarm(2, priority=Priority.CRITICAL)
    returned = alarm(3, priority=Priority.CRITICAL, active=False, device="door")
    board = Board([], [alarm(1), urgent, returned])
    assert board.active_at() == {"camera": urgent}


@given(st.permutations([1, 2, 3, 4]))
def test_changes_in_any_order_leave_the_newest(order: list[int]) -> None:
    board = Board([], [])
    for number in order:
        board.apply(changes([ticket(1, version=number)], [alarm(1, sequence=number)]))
    assert board.tickets == [ticket(1, version=4)]
    assert board.alarms_on(1) == (alarm(1, sequence=4),)
