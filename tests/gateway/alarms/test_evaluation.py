"""Rules over readings, as the alarm service runs them."""

import math
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.conditions import Condition, State
from gateway.alarms.evaluation import Evaluation, Start
from gateway.model.clock import HOUR, SECOND
from gateway.model.reading import TICK, Quality, Reading
from gateway.model.rule import Happened, InState, Rule, Unusable
from tests.gateway.samples import (
    BREACH,
    LOW_WATER,
    NOON,
    PROPPED,
    RULES,
    TANK_OFFLINE,
    reading,
    rule,
)

FRESH = Start(NOON, seq=-1)
"""Nothing stands in the journal yet."""


def told(rules: Rule | Iterable[Rule], *readings: Reading) -> list[str]:
    """What the rules say to those readings, in order: "raised tank/low-level +0s"."""
    rules = [rules] if isinstance(rules, Rule) else rules
    evaluation = Evaluation(rules, {}, FRESH)
    return [
        f"{word} {turn.rule.id} +{(turn.at - NOON) // SECOND}s"
        for given_reading in readings
        for turn in evaluation.take(given_reading)
        for word in ("raised", "repeated", "returned")
        if getattr(turn, word)
    ]


def level(metres: float | None, after: int = 0, quality: Quality = Quality.GOOD) -> Reading:
    return reading("tank/level", metres, after * SECOND, quality)


def contact(state: str | None, after: int = 0, quality: Quality = Quality.GOOD) -> Reading:
    return reading("door/contact", state, after * SECOND, quality)


def crossing(after: int) -> Reading:
    return reading("camera/crossing", {"line": "wall"}, after * SECOND)


def mode(state: str | None, after: int = 0, quality: Quality = Quality.GOOD) -> Reading:
    return reading("zone/mode", state, after * SECOND, quality)


def tick(after: int) -> Reading:
    return reading(TICK, 0.0, after * SECOND)


def test_low_water_is_raised_below_the_limit_and_returns_above_the_deadband() -> None:
    readings = [level(1.2), level(0.99, 1), level(1.05, 2), level(1.1, 3)]
    assert told(LOW_WATER, *readings) == [
        "raised tank/low-level +1s",
        "returned tank/low-level +3s",
    ]


def test_a_condition_already_true_at_the_first_reading_alarms() -> None:
    assert told(LOW_WATER, level(0.5)) == ["raised tank/low-level +0s"]


def test_bad_quality_never_clears_an_alarm() -> None:
    doubtful = [
        level(None, 1, Quality.BAD),
        level(None, 2, Quality.OFFLINE),
        level(5.0, 3, Quality.STALE),
    ]
    assert told(LOW_WATER, level(0.5), *doubtful) == ["raised tank/low-level +0s"]


def test_an_unknown_word_never_clears_an_alarm() -> None:
    door = rule("door/open", InState("door/contact", frozenset({"open"})))
    assert told(door, contact("open"), contact("unknown", 5)) == ["raised door/open +0s"]
    assert told(door, contact("open"), contact("closed", 5))[-1] == "returned door/open +5s"


def test_what_is_no_number_or_no_word_clears_nothing_whatever_its_quality() -> None:
    for nothing in (math.nan, None, "---", {"level": 5}):
        doubtful = reading("tank/level", nothing, SECOND)
        assert told(LOW_WATER, level(0.5), doubtful) == ["raised tank/low-level +0s"]
    door = rule("door/open", InState("door/contact", frozenset({"open"})))
    for no_word in (None, 0.0, {"contact": "closed"}):
        doubtful = reading("door/contact", no_word, SECOND)
        assert told(door, contact("open"), doubtful) == ["raised door/open +0s"]


def test_a_door_is_propped_only_after_its_time() -> None:
    assert told(PROPPED, contact("open"), contact("open", 29), contact("closed", 29)) == []
    assert told(PROPPED, contact("open"), tick(30)) == ["raised door/propped +30s"]


def test_a_late_tick_raises_at_the_deadline_not_at_the_tick() -> None:
    assert told(PROPPED, contact("open"), tick(500)) == ["raised door/propped +30s"]


def test_a_door_that_goes_silent_while_open_is_propped_all_the_same() -> None:
    silent = [contact("open", 10, Quality.STALE), contact(None, 20, Quality.OFFLINE)]
    assert told(PROPPED, contact("open"), *silent, tick(31)) == ["raised door/propped +30s"]


def test_a_clear_that_is_waiting_is_called_off_by_bad_quality() -> None:
    slow = rule("tank/low", LOW_WATER.when, clear_after=60 * SECOND)
    readings = [level(0.5), level(5, 1), level(None, 2, Quality.BAD), tick(300)]
    assert told(slow, *readings) == ["raised tank/low +0s"]
    assert told(slow, *readings, level(5, 301), tick(361))[-1] == "returned tank/low +361s"


def test_a_breach_is_raised_unless_the_zone_is_known_to_be_disarmed() -> None:
    raised = ["raised camera/breach +9s"]
    assert told(BREACH, crossing(9)) == raised
    assert told(BREACH, mode("armed"), crossing(9)) == raised
    assert told(BREACH, mode("disarmed"), crossing(9)) == []
    assert told(BREACH, mode("disarmed"), mode("armed", 5), crossing(9)) == raised
    for doubt in (mode("disarmed", 5, Quality.STALE), mode(None, 5, Quality.OFFLINE)):
        assert told(BREACH, mode("disarmed"), doubt, crossing(9)) == raised


def test_a_second_intruder_is_told_again_and_prolongs_the_alarm() -> None:
    readings = [crossing(0), crossing(50), tick(70), tick(110)]
    assert told(BREACH, *readings) == [
        "raised camera/breach +0s",
        "repeated camera/breach +50s",
        "returned camera/breach +110s",
    ]


WATCHED = rule(
    "camera/watched",
    Happened("camera/crossing", seen_by=frozenset({"camera/picture"})),
    clear_after=60 * SECOND,
)


def picture(after: int, quality: Quality = Quality.GOOD) -> Reading:
    value = None if quality is Quality.OFFLINE else "live"
    return reading("camera/picture", value, after * SECOND, quality)


def test_a_breach_does_not_return_while_its_camera_sees_nothing() -> None:
    lost = [picture(0), crossing(1), picture(10, Quality.STALE), picture(15, Quality.OFFLINE)]
    assert told(WATCHED, *lost, tick(900)) == ["raised camera/watched +1s"]
    again = [picture(901), tick(960), tick(961)]
    assert told(WATCHED, *lost, *again)[-1] == "returned camera/watched +961s"


def test_an_intruder_told_by_a_doubtful_camera_is_told_again_with_the_next() -> None:
    assert told(WATCHED, picture(0, Quality.STALE), crossing(1), crossing(9), tick(900)) == [
        "raised camera/watched +1s",
        "repeated camera/watched +9s",
    ]


def test_a_breach_held_by_a_point_no_longer_looked_at_returns_in_its_time() -> None:
    turns = Evaluation([WATCHED], {}, FRESH)
    for heard in (picture(0, Quality.OFFLINE), crossing(1)):
        last = turns.take(heard)[-1].after
    free = replace(WATCHED, when=BREACH.when)
    restarted = Evaluation([free], {free.id: last}, Start(NOON, seq=-1))
    assert [turn.returned for turn in restarted.take(tick(60))] == [True]


def test_an_event_without_clear_time_is_still_raised() -> None:
    brief = rule("camera/brief", BREACH.when)
    assert told(brief, crossing(1)) == ["raised camera/brief +1s", "returned camera/brief +1s"]


def test_silence_alarms_and_only_a_sign_of_life_clears_it() -> None:
    offline = level(None, 0, Quality.OFFLINE)
    retained = level(2.0, 1, Quality.STALE)
    assert told(TANK_OFFLINE, offline, retained) == ["raised tank/offline +0s"]
    assert told(TANK_OFFLINE, offline, retained, level(2.0, 2))[-1] == "returned tank/offline +2s"


def test_a_value_that_cannot_be_alarms_and_only_a_good_one_clears_it() -> None:
    sensor = rule("tank/bad", Unusable(frozenset({"tank/level"})))
    broken, silent = level(None, 0, Quality.BAD), level(None, 1, Quality.OFFLINE)
    last = level(2.0, 1, Quality.STALE)
    assert told(sensor, level(0.1), silent, last) == []
    assert told(sensor, broken, last, silent) == ["raised tank/bad +0s"]
    assert told(sensor, broken, silent, level(0.1, 2))[-1] == "returned tank/bad +2s"


def test_a_word_that_is_no_state_is_no_value_either() -> None:
    wire = rule("door/bad", Unusable(frozenset({"door/contact"})))
    assert told(wire, contact("unknown"), contact("unknown", 1, Quality.STALE)) == [
        "raised door/bad +0s"
    ]
    assert told(wire, contact("unknown"), contact("open", 2))[-1] == "returned door/bad +2s"


def test_a_glitch_is_no_broken_sensor() -> None:
    patient = rule("tank/bad", Unusable(frozenset({"tank/level"})), raise_after=30 * SECOND)
    glitch = level(None, 0, Quality.BAD)
    assert told(patient, glitch, level(2.0, 5), tick(40)) == []
    assert told(patient, glitch, level(None, 5, Quality.BAD), tick(40)) == ["raised tank/bad +30s"]


def test_stamps_a_little_out_of_order_do_not_turn_time_back() -> None:
    assert told(PROPPED, contact("open", 10), tick(45), contact("open", 5)) == [
        "raised door/propped +40s"
    ]


READINGS = st.one_of(
    st.builds(level, st.floats(0, 3), st.just(0)),
    st.builds(level, st.none(), st.just(0), st.sampled_from([Quality.BAD, Quality.OFFLINE])),
    st.builds(level, st.floats(0, 3), st.just(0), st.just(Quality.STALE)),
    st.builds(contact, st.sampled_from(["open", "closed", "unknown"])),
    st.builds(contact, st.sampled_from(["open", "closed"]), st.just(0), st.just(Quality.STALE)),
    st.builds(mode, st.sampled_from(["armed", "disarmed"])),
    st.just(crossing(0)),
    st.just(tick(0)),
)


@given(st.lists(st.tuples(READINGS, st.integers(0, 90)), max_size=40), st.integers(0, 40))
def test_a_restart_at_any_place_changes_nothing(
    steps: list[tuple[Reading, int]], restart_at: int
) -> None:
    """Conditions carried over a restart go on as if there had been none."""
    steady = Evaluation(RULES, {}, FRESH)
    kept: dict[str, Condition] = {}
    restarted = Evaluation(RULES, kept, FRESH)
    now = NOON
    for place, (drawn, wait) in enumerate(steps):
        now += wait * SECOND
        given_reading = Reading(drawn.point, drawn.value, now, now, drawn.quality)
        if place == restart_at:
            restarted = Evaluation(RULES, kept, Start(now, seq=-1))
        turns = steady.take(given_reading)
        assert restarted.take(given_reading) == turns
        kept |= {turn.rule.id: turn.after for turn in turns}
        for condition in kept.values():
            pending = condition.state in (State.PENDING_ON, State.PENDING_OFF)
            assert (condition.deadline is not None) is pending
        assert steady.deadline is None or steady.deadline > now


def test_a_clock_set_back_while_the_gateway_was_down_draws_no_delay_out() -> None:
    ahead = Evaluation([PROPPED], {}, FRESH)
    (pending,) = ahead.take(contact("open", 3600))
    restarted = Evaluation([PROPPED], {PROPPED.id: pending.after}, Start(NOON, seq=7))
    assert restarted.deadline == NOON + 30 * SECOND


def test_what_was_journalled_by_a_clock_that_was_ahead_counts_as_of_now() -> None:
    restarted = Evaluation([PROPPED], {}, Start(NOON, seq=7))
    opened = replace(contact("open"), received_at=NOON + HOUR, seq=7)
    assert [turn.after.state for turn in restarted.take(opened)] == [State.PENDING_ON]
    assert restarted.deadline == NOON + 30 * SECOND
    (raised,) = restarted.take(replace(tick(30), seq=8))
    assert raised.raised


TWO_OF_THREE = rule("tank/low", LOW_WATER.when, needed=2, of=3)


def test_two_of_the_last_three_readings_must_be_abnormal() -> None:
    readings = [level(0.5), level(2, 1), level(2, 2), level(0.5, 3), level(2, 4), level(0.5, 5)]
    assert told(TWO_OF_THREE, *readings) == ["raised tank/low +5s"]
    stays = [level(0.5, 6), level(2, 7)]
    assert told(TWO_OF_THREE, *readings, *stays) == ["raised tank/low +5s"]
    assert told(TWO_OF_THREE, *readings, *stays, level(2, 8))[-1] == "returned tank/low +8s"


def test_readings_of_bad_quality_count_neither_way() -> None:
    doubtful = [level(0.5, 1, Quality.STALE), level(None, 2, Quality.BAD)]
    assert told(TWO_OF_THREE, level(0.5), *doubtful) == []
    assert told(TWO_OF_THREE, level(0.5), *doubtful, level(0.5, 3)) == ["raised tank/low +3s"]
    doubtful = [level(9, after, Quality.STALE) for after in range(2, 9)]
    assert told(TWO_OF_THREE, level(0.5), level(0.5, 1), *doubtful) == ["raised tank/low +1s"]


def test_a_reading_looked_at_again_after_a_restart_is_counted_once() -> None:
    first = replace(level(0.5), seq=7)
    (counted,) = Evaluation([TWO_OF_THREE], {}, FRESH).take(first)
    restarted = Evaluation([TWO_OF_THREE], {TWO_OF_THREE.id: counted.after}, FRESH)
    assert restarted.take(first) == []
    assert [turn.raised for turn in restarted.take(replace(first, seq=8))] == [True]


def test_a_rule_that_needs_fewer_readings_than_before_forgets_the_others() -> None:
    (counted,) = Evaluation([TWO_OF_THREE], {}, FRESH).take(level(0.5))
    single = replace(TWO_OF_THREE, needed=1, of=1)
    (raised,) = Evaluation([single], {single.id: counted.after}, FRESH).take(level(0.5, 1))
    assert raised.raised
    assert not raised.after.counted.verdicts


def test_an_active_alarm_says_when_less_or_more_is_known_of_it() -> None:
    evaluation = Evaluation([LOW_WATER], {}, FRESH)
    evaluation.take(level(0.5))
    heard = [level(None, 1, Quality.BAD), level(0.4, 2), level(0.3, 3, Quality.STALE)]
    turns = [turn for given_reading in heard for turn in evaluation.take(given_reading)]
    assert all(turn.requalified for turn in turns)
    assert [turn.after.quality for turn in turns] == [Quality.BAD, Quality.GOOD, Quality.STALE]


def test_an_alarm_raised_by_time_alone_says_how_little_is_known() -> None:
    evaluation = Evaluation([PROPPED], {}, FRESH)
    for heard in (contact("open"), contact(None, 10, Quality.OFFLINE)):
        evaluation.take(heard)
    (raised,) = evaluation.take(tick(30))
    assert raised.raised
    assert raised.after.quality is Quality.OFFLINE


def test_that_a_device_is_silent_is_well_known() -> None:
    evaluation = Evaluation([TANK_OFFLINE], {}, FRESH)
    (raised,) = evaluation.take(level(None, 0, Quality.OFFLINE))
    assert raised.after.quality is Quality.GOOD
