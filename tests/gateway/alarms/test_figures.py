"""Figures by ISA-18.2, worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.figures import Figures, Subject, figures, waits_of
from gateway.alarms.flood import TEN_MINUTES
from gateway.alarms.lifecycle import Move
from gateway.alarms.occurrences import ANNOUNCING, Moved, occurrences
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.rule import Priority
from gateway.model.text import Text

START = 100 * DAY
SUBJECTS = {
    id_: Subject(f"r/{id_}", Text(f"R{id_}", f"报警{id_}"), priority)
    for id_, priority in enumerate(Priority, 1)
}


def moves(*steps: tuple[int, Micros, Move]) -> list[Moved]:
    return [Moved(alarm, START + at, move, move in ANNOUNCING) for alarm, at, move in steps]


def over(hours: float, changes: list[Moved]) -> Figures:
    return figures(occurrences(changes), SUBJECTS, START, START + int(hours * HOUR))


def raised(alarm: int, *at: Micros) -> list[Moved]:
    return moves(*((alarm, each, Move.RAISE) for each in at))


def test_nothing_happened_is_nothing_and_no_division_by_it() -> None:
    found = over(1, [])
    assert (found.announced, found.per_hour, found.flood_share, found.top_ten_share) == (0, 0, 0, 0)
    assert (found.peak, found.acknowledged.median) == (None, None)
    assert [share.share for share in found.mix] == [0, 0, 0, 0]


def test_rates_and_the_peak_of_any_ten_minutes() -> None:
    found = over(2, raised(4, 0, 9 * MINUTE, 11 * MINUTE, 18 * MINUTE, HOUR, 2 * HOUR))
    assert (found.announced, found.per_hour) == (5, 2.5)
    assert found.per_ten_minutes == pytest.approx(5 / 12)
    assert found.peak is not None
    assert (found.peak.since, found.peak.count) == (START + 9 * MINUTE, 3)


def test_time_in_flood_is_counted_within_the_window_also_when_it_began_before() -> None:
    eleven = [-MINUTE + n * SECOND for n in range(11)]
    found = over(1, raised(4, *eleven))
    assert found.announced == 0
    (flood,) = found.floods
    assert flood.began_at == START - 50 * SECOND
    assert found.flood_share == pytest.approx((9 * MINUTE + 6 * SECOND) / HOUR)


def test_bad_actors_are_named_with_their_share() -> None:
    found = over(1, raised(4, 0, MINUTE, 2 * MINUTE) + raised(3, 3 * MINUTE))
    assert [(a.rule, a.title.en, a.count, a.share) for a in found.most_frequent] == [
        ("r/4", "R4", 3, 0.75),
        ("r/3", "R3", 1, 0.25),
    ]
    assert found.top_ten_share == 1


def test_three_in_a_minute_chatter_and_a_longer_burst_is_one() -> None:
    burst = [n * 10 * SECOND for n in range(5)]
    again = [HOUR + n * 29 * SECOND for n in range(3)]
    slow = [n * 30 * SECOND for n in range(10)]
    found = over(2, raised(4, *burst, *again) + raised(3, *slow))
    assert [(a.rule, a.count) for a in found.chattering] == [("r/4", 2)]


def test_gone_within_ten_seconds_is_fleeting() -> None:
    found = over(
        1,
        moves(
            (1, 0, Move.RAISE),
            (1, 10 * SECOND - 1, Move.RETURN),
            (2, 0, Move.RAISE),
            (2, 10 * SECOND, Move.RETURN),
            (3, 0, Move.RAISE),
            (3, SECOND, Move.RAISE),  # an event again: it has not gone
        ),
    )
    assert [actor.rule for actor in found.fleeting] == ["r/1"]


def test_active_for_over_a_day_is_standing() -> None:
    found = over(
        1,
        moves(
            (1, -2 * DAY, Move.RAISE),
            (2, -DAY + HOUR, Move.RAISE),  # a day at the end of the window, not more
            (3, -2 * DAY, Move.RAISE),
            (3, -MINUTE, Move.RETURN),  # over before
            (4, -2 * DAY, Move.RAISE),
            (4, MINUTE, Move.RETURN),
        ),
    )
    assert [(s.rule, s.until) for s in found.standing] == [("r/1", None), ("r/4", START + MINUTE)]


def test_the_mix_of_priorities_stands_beside_the_recommended_one() -> None:
    found = over(1, raised(4, 0, 1, 2) + raised(1, 5))
    assert [(s.priority, s.count, s.share, s.recommended) for s in found.mix] == [
        (Priority.CRITICAL, 1, 0.25, 0.01),
        (Priority.HIGH, 0, 0, 0.05),
        (Priority.MEDIUM, 0, 0, 0.15),
        (Priority.LOW, 3, 0.75, 0.80),
    ]


def test_the_time_to_acknowledge_counts_from_the_announcement_and_once() -> None:
    found = over(
        1,
        moves(
            (1, 0, Move.RAISE),
            (1, MINUTE, Move.ACKNOWLEDGE),
            (2, 0, Move.RAISE),
            (2, SECOND, Move.RETURN),
            (2, 3 * MINUTE, Move.ACKNOWLEDGE),
            (3, 0, Move.RAISE),
            (4, 50 * MINUTE, Move.RAISE),
            (4, 2 * HOUR, Move.ACKNOWLEDGE),  # nobody knew by the end of the window
        ),
    )
    waits = found.acknowledged
    assert (waits.count, waits.median, waits.p90) == (2, MINUTE, 3 * MINUTE)
    assert found.unacknowledged == 2


def test_what_was_suppressed_is_counted_apart_until_it_is_announced() -> None:
    hidden = Moved(1, START, Move.RAISE, told=False)
    late = Moved(2, START, Move.RAISE, told=False)
    found = over(1, [hidden, late, *moves((2, 30 * MINUTE, Move.UNSUPPRESS))])
    assert (found.announced, found.suppressed) == (1, 1)
    assert [actor.rule for actor in found.most_frequent] == ["r/2"]


def test_an_alarm_that_asks_for_attention_again_is_announced_again() -> None:
    again = ((1, 0, Move.RAISE), (1, MINUTE, Move.ACKNOWLEDGE), (1, HOUR, Move.REALARM))
    found = over(2, moves(*again))
    assert (found.announced, found.acknowledged.median, found.unacknowledged) == (2, MINUTE, 0)


def test_percentiles_are_times_that_did_occur() -> None:
    assert waits_of([7]) == waits_of([7])
    ten = waits_of([n * SECOND for n in range(10, 0, -1)])
    assert (ten.median, ten.p90) == (5 * SECOND, 9 * SECOND)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 7_200)), max_size=80))
def test_figures_agree_with_counting_by_hand(steps: list[tuple[int, int]]) -> None:
    instants = sorted(steps, key=lambda step: step[1])
    found = over(1, moves(*((alarm, at * SECOND, Move.RAISE) for alarm, at in instants)))
    within = [START + at * SECOND for _, at in instants if at < 3_600]
    assert found.announced == len(within) == sum(share.count for share in found.mix)
    peak = max((sum(a <= b < a + TEN_MINUTES for b in within) for a in within), default=0)
    assert (0 if found.peak is None else found.peak.count) == peak
    assert 0 <= found.flood_share <= 1
