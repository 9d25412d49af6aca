"""Floods: when they begin, end, and what they hide."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.collapse import collapse
from gateway.alarms.flood import (
    BEGINS_OVER,
    ENDS_BELOW,
    TEN_MINUTES,
    Announcement,
    Flood,
    FloodWatch,
    floods,
)
from gateway.model.alarm import Alarm, Attention
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.rule import Priority
from gateway.model.text import Text
from gateway.model.ticket import Ticket, TicketState


def told(*seconds: float, priority: Priority = Priority.LOW) -> list[Announcement]:
    return [Announcement(int(at * SECOND), n, f"r/{n}", priority) for n, at in enumerate(seconds)]


def test_ten_alarms_in_ten_minutes_are_no_flood_and_the_eleventh_makes_one() -> None:
    assert floods(told(*range(10)), 10 * SECOND) == []
    (flood,) = floods(told(*range(11)), 11 * SECOND)
    assert (flood.began_at, flood.first_out.rule, flood.ended_at) == (10 * SECOND, "r/0", None)
    assert flood.counts == {Priority.LOW: 11}
    assert flood.alarms == frozenset(range(11))


def test_eleven_alarms_just_over_ten_minutes_apart_are_no_flood() -> None:
    assert floods(told(*range(10), 600), 601 * SECOND) == []
    assert len(floods(told(*range(10), 599.999), 600 * SECOND)) == 1


def test_a_flood_ends_when_fewer_than_five_came_in_ten_minutes() -> None:
    (flood,) = floods(told(*range(11)), 3_600 * SECOND)
    assert flood.ended_at == (6 + 600) * SECOND  # the last five came at 6 to 10 s
    (longer,) = floods(told(*range(11), 605), 3_600 * SECOND)
    assert longer.ended_at == (7 + 600) * SECOND
    assert longer.counts == {Priority.LOW: 12}


def test_a_flood_that_ended_is_told_once_and_the_next_one_anew() -> None:
    two = floods(told(*range(11), *range(2_000, 2_011)), 5_000 * SECOND)
    assert [flood.first_out.rule for flood in two] == ["r/0", "r/11"]


@given(st.lists(st.integers(0, 3_600), max_size=50).map(sorted))
def test_floods_are_those_that_looking_at_every_second_would_find(seconds: list[int]) -> None:
    found = floods(told(*seconds), 5_000 * SECOND)
    assert [(f.began_at, f.ended_at) for f in found] == _naively([s * SECOND for s in seconds])


def _naively(instants: Sequence[Micros]) -> list[tuple[Micros, Micros | None]]:
    found: list[tuple[Micros, Micros | None]] = []
    began: Micros | None = None
    for now in range(0, 5_000 * SECOND, SECOND):
        count = sum(now - TEN_MINUTES < at <= now for at in instants)
        if began is not None and count < ENDS_BELOW:
            found.append((began, now))
            began = None
        if began is None and count > BEGINS_OVER:
            began = now
    return found if began is None else [*found, (began, None)]


@given(st.lists(st.integers(0, 3_600), max_size=60).map(sorted), st.integers(0, 1_200))
def test_the_flood_of_now_is_the_last_one_of_all(seconds: list[int], later: int) -> None:
    announcements = told(*seconds)
    now = (max(seconds, default=0) + later) * SECOND
    watch = FloodWatch()
    for announcement in announcements:
        watch.take(announcement)
    lasting = [flood for flood in floods(announcements, now) if flood.ended_at is None]
    assert lasting == ([] if (flood := watch.at(now)) is None else [flood])


PLACE = Text("Roof", "屋顶")


def alarm(id_: int, priority: Priority, attention: Attention = Attention.UNACK) -> Alarm:
    return Alarm(
        id=id_,
        rule=f"r/{id_}",
        device="r",
        title=PLACE,
        place=PLACE,
        priority=priority,
        attention=attention,
        active=True,
        sequence=1,
        occurrences=1,
        raised_at=id_,
        returned_at=None,
        ended_at=None,
        evidence=None,
        ticket=100 + id_,
    )


def ticket(of: Alarm) -> Ticket:
    return Ticket(
        number=of.ticket or 0,
        key=of.rule,
        device="r",
        title=PLACE,
        place=PLACE,
        priority=of.priority,
        state=TicketState.NEW,
        version=1,
        opened_at=of.raised_at,
        changed_at=of.raised_at,
    )


def lasting(alarms: Sequence[Alarm]) -> Flood:
    first = Announcement(0, 0, "r/0", Priority.LOW)
    return Flood(MINUTE, first, frozenset(a.id for a in alarms), {})


def test_a_flood_hides_low_and_medium_but_never_its_first_out_nor_what_is_worse() -> None:
    low, medium, high, critical = Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.CRITICAL
    alarms = [alarm(n, p) for n, p in enumerate((low, low, medium, high, critical))]
    earlier = alarm(9, low)
    found = collapse(lasting(alarms), [*alarms, earlier], [ticket(a) for a in (*alarms, earlier)])
    assert (found.alarms, found.tickets) == ((1, 2), (101, 102))
    assert found.counts == {low: 1, medium: 1}
    assert found.first_out_ticket == 100


def test_what_somebody_has_seen_or_taken_up_is_shown_again() -> None:
    alarms = [alarm(n, Priority.LOW) for n in range(4)]
    alarms[1] = replace(alarms[1], attention=Attention.ACKED)
    tickets = [ticket(a) for a in alarms]
    tickets[2] = replace(tickets[2], state=TicketState.ACCEPTED)
    assert collapse(lasting(alarms), alarms, tickets).tickets == (103,)


def test_a_ticket_with_one_alarm_to_be_shown_is_shown() -> None:
    alarms = [alarm(n, Priority.LOW) for n in range(3)]
    alarms.append(replace(alarm(4, Priority.HIGH), ticket=101))
    found = collapse(lasting(alarms), alarms, [ticket(a) for a in alarms[:3]])
    assert found.tickets == (102,)
    assert found.alarms == (2,)
