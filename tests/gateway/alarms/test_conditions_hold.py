"""What holds for any readings, however they fall: doubt clears nothing, counting counts, and a
restart anywhere changes nothing."""

from collections.abc import Iterable

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms import records
from gateway.alarms.conditions import Condition
from gateway.alarms.evaluation import Evaluation, Start, Turn
from gateway.ledger.tables import alarms
from gateway.model.clock import HOUR, SECOND, Micros
from gateway.model.reading import TICK, Quality, Reading, Value
from gateway.model.rule import Happened, Side, Threshold, Unusable
from tests.gateway.samples import BREACH, LOW_WATER, NOON, RULES, TANK_OFFLINE, rule

COUNTED = rule("tank/counted", LOW_WATER.when, needed=2, of=3, clear_after=20 * SECOND)
WATCHED = rule(
    "camera/watched",
    Happened("camera/crossing", seen_by=frozenset({"camera/picture"})),
    clear_after=30 * SECOND,
)
SLOW_OFFLINE = rule(
    "tank/slow-offline", TANK_OFFLINE.when, raise_after=10 * SECOND, clear_after=20 * SECOND
)
SLOW_WATER = rule("tank/slow", LOW_WATER.when, raise_after=10 * SECOND, clear_after=30 * SECOND)
UNUSABLE = rule("tank/bad", Unusable(frozenset({"tank/level", "door/contact"})))
ANY_RULES = (*RULES, COUNTED, WATCHED, SLOW_OFFLINE, SLOW_WATER, UNUSABLE)

Said = tuple[str, Value, Quality]

GOOD: st.SearchStrategy[Said] = st.one_of(
    st.tuples(st.just("tank/level"), st.floats(0, 3), st.just(Quality.GOOD)),
    st.tuples(st.just("door/contact"), st.sampled_from(["open", "closed"]), st.just(Quality.GOOD)),
    st.tuples(st.just("zone/mode"), st.sampled_from(["armed", "disarmed"]), st.just(Quality.GOOD)),
    st.just(("camera/crossing", {"line": "wall"}, Quality.GOOD)),
    st.just(("camera/picture", "live", Quality.GOOD)),
    st.just((TICK, 0.0, Quality.GOOD)),
)
DOUBTFUL: st.SearchStrategy[Said] = st.one_of(
    st.tuples(st.just("tank/level"), st.floats(0, 3), st.just(Quality.STALE)),
    st.tuples(st.just("door/contact"), st.sampled_from(["open", "closed"]), st.just(Quality.STALE)),
    st.just(("door/contact", "unknown", Quality.GOOD)),
    st.tuples(
        st.sampled_from(["door/contact", "zone/mode", "camera/picture"]),
        st.none(),
        st.sampled_from([Quality.BAD, Quality.OFFLINE]),
    ),
    st.just(("tank/level", None, Quality.OFFLINE)),
    st.just(("camera/picture", "live", Quality.STALE)),
)
BAD_LEVEL: st.SearchStrategy[Said] = st.just(("tank/level", None, Quality.BAD))
ANY = st.one_of(GOOD, DOUBTFUL, BAD_LEVEL)
WAITS = st.integers(0, 40)


def journal(said: Iterable[tuple[Said, int]], start: Micros = NOON) -> list[Reading]:
    """The readings as they stand in a journal, each so many seconds after the one before."""
    now, readings = start, []
    for seq, ((point, value, quality), wait) in enumerate(said, start=1):
        now += wait * SECOND
        readings.append(Reading(point, value, now, now, quality, seq))
    return readings


JOURNALS = st.lists(st.tuples(ANY, WAITS), max_size=40).map(journal)


def taken(evaluation: Evaluation, readings: Iterable[Reading]) -> list[Turn]:
    return [turn for reading in readings for turn in evaluation.take(reading)]


def doubt_everywhere(start: Micros) -> list[Reading]:
    """From every point at that instant: it is not known any more."""
    points = ("tank/level", "door/contact", "camera/picture")
    return [Reading(point, None, start, start, Quality.OFFLINE, None) for point in points]


@given(JOURNALS, st.lists(st.tuples(DOUBTFUL, WAITS), max_size=20))
def test_while_all_is_in_doubt_no_alarm_returns_to_normal(
    before: list[Reading], doubts: list[tuple[Said, int]]
) -> None:
    # A breach without any point to see by returns by time alone.
    rules = [rule for rule in ANY_RULES if rule is not BREACH]
    evaluation = Evaluation(rules, {}, Start(NOON, seq=0))
    taken(evaluation, before)
    now = before[-1].received_at if before else NOON
    late = Reading(TICK, 0.0, now + 9 * HOUR, now + 9 * HOUR)
    turns = taken(evaluation, [*doubt_everywhere(now), *journal(doubts, now), late])
    assert [turn.rule.id for turn in turns if turn.returned] == []


@given(JOURNALS)
def test_what_is_active_has_its_evidence_and_says_how_well_it_is_known(
    readings: list[Reading],
) -> None:
    evaluation = Evaluation(ANY_RULES, {}, Start(NOON, seq=0))
    for turn in taken(evaluation, readings):
        assert not (turn.raised and turn.returned)
        assert turn.after.evidence is not None or not turn.after.active
        assert turn.after.active or not turn.requalified


LEVELS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 2.0]),
        st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.STALE, Quality.OFFLINE]),
    ),
    max_size=30,
)


@given(st.integers(2, 5), st.data(), LEVELS)
def test_an_alarm_stands_while_as_many_of_the_last_good_readings_are_abnormal_as_it_needs(
    of: int, data: st.DataObject, levels: list[tuple[float, Quality]]
) -> None:
    needed = data.draw(st.integers(1, of))
    counting = rule("tank/n", Threshold("tank/level", Side.BELOW, 1.0), needed=needed, of=of)
    evaluation = Evaluation([counting], {}, Start(NOON, seq=0))
    condition = Condition(counting.id)
    verdicts: list[bool] = []
    said = [(("tank/level", level, quality), 1) for level, quality in levels]
    for reading in journal(said):
        if reading.quality is Quality.GOOD:
            verdicts.append(reading.value == 0.0)
        for turn in evaluation.take(reading):
            condition = turn.after
        assert condition.active is (sum(verdicts[-of:]) >= needed)


@given(JOURNALS, st.sets(st.integers(0, 40), max_size=6))
def test_restarts_anywhere_change_nothing(readings: list[Reading], restarts: set[int]) -> None:
    """The conditions go through the ledger, and the newest readings are looked at again, as the
    service does at every start."""
    ledger = sa.create_engine("sqlite://")
    alarms.condition.create(ledger)
    steady = Evaluation(ANY_RULES, {}, Start(NOON, seq=0))
    restarted = Evaluation(ANY_RULES, {}, Start(NOON, seq=0))
    newest: dict[str, Reading] = {}
    with ledger.begin() as connection:
        for place, reading in enumerate(readings):
            if place in restarts:
                kept = records.load_conditions(connection)
                restarted = Evaluation(ANY_RULES, kept, Start(reading.received_at, seq=place))
                assert taken(restarted, newest.values()) == []
            turns = restarted.take(reading)
            assert seen(turns) == seen(steady.take(reading))
            changed = {turn.rule.id: turn.after for turn in turns}
            records.save_conditions(connection, changed.values())
            if not isinstance(reading.value, dict):
                newest.pop(reading.point, None)
                newest[reading.point] = reading
    ledger.dispose()


def seen(turns: Iterable[Turn]) -> list[object]:
    return [(t.rule.id, t.at, t.after.state, t.after.deadline, t.after.quality) for t in turns]
