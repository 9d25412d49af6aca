"""Report by exception: what is told of what was read, and of what was not."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.report import OFFLINE_AFTER, Exceptions
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.reading import Quality, Reading, Value
from gateway.site.modbus_model import MISSED_POLLS, Report
from tests.drivers.modbus.field import register

LEVEL = replace(register("tank/level", 0), report=Report(MINUTE, 0.5))
STATE = replace(register("pump/run", 1), report=Report(MINUTE))
PLAIN = register("pump/hours", 2)


def exceptions() -> Exceptions:
    return Exceptions([LEVEL, STATE, PLAIN], SECOND, 0)


def read(point: str, value: Value, at: Micros, quality: Quality = Quality.GOOD) -> Reading:
    return Reading(point, value, at, at, quality)


def test_a_number_is_told_when_it_has_gone_its_deadband_from_what_was_told_last() -> None:
    tell = exceptions()
    told: list[Reading] = []
    for second, value in enumerate([1.0, 1.4, 1.49, 1.5, 1.9, 1.2, 1.0, 1.0]):
        told += tell.worth_telling([read("tank/level", value, second * SECOND)])
    assert [reading.value for reading in told] == [1.0, 1.5, 1.0]


def test_creeping_within_the_deadband_is_told_once_it_has_gone_that_far() -> None:
    tell = exceptions()
    told: list[Reading] = []
    for second in range(50):
        told += tell.worth_telling([read("tank/level", second / 10, second * SECOND)])
    assert [reading.value for reading in told] == [each / 2 for each in range(10)]


def test_a_limit_that_is_watched_is_not_crossed_unseen_however_wide_the_deadband() -> None:
    edges = (1.0, 1.1)
    level = replace(LEVEL, report=Report(MINUTE, 0.5, edges))
    tell = Exceptions([level], SECOND, 0)
    told: list[Reading] = []
    for second, value in enumerate([1.2, 1.15, 1.05, 1.02, 1.0, 0.99, 0.9, 1.05, 1.11, 1.12]):
        told += tell.worth_telling([read("tank/level", value, second * SECOND)])
    assert [reading.value for reading in told] == [1.2, 1.05, 1.0, 0.99, 1.05, 1.11]


def test_every_change_of_a_state_and_of_the_quality_is_told() -> None:
    tell = exceptions()
    came = [
        read("pump/run", "running", 1),
        read("pump/run", "running", 2),
        read("pump/run", "unknown", 3),
        read("pump/run", None, 4, Quality.BAD),
        read("pump/run", None, 5, Quality.BAD),
        read("pump/run", "running", 6),
    ]
    told = [reading.taken_at for each in came for reading in tell.worth_telling([each])]
    assert told == [1, 3, 4, 6]


def test_the_heartbeat_is_told_without_any_change() -> None:
    tell = exceptions()
    told: list[Reading] = []
    for second in range(181):
        told += tell.worth_telling([read("tank/level", 1.0, second * SECOND)])
    assert [reading.taken_at // SECOND for reading in told] == [0, 60, 120, 180]


def test_a_point_that_does_not_report_by_exception_is_always_told() -> None:
    tell = exceptions()
    for second in range(3):
        assert tell.worth_telling([read("pump/hours", 7.0, second)])


def test_silence_is_told_as_soon_as_for_a_point_told_at_every_poll() -> None:
    tell = exceptions()
    tell.worth_telling([read("tank/level", 1.0, 10 * SECOND)])
    tell.worth_telling([read("tank/level", 1.0, 11 * SECOND)])  # not told, but heard
    assert not [each for each in tell.silent(14 * SECOND) if each.point == "tank/level"]
    (stale,) = (each for each in tell.silent(14 * SECOND + 1) if each.point == "tank/level")
    assert (stale.value, stale.quality) == (1.0, Quality.STALE)
    assert 11 * SECOND < stale.taken_at <= stale.received_at
    assert tell.silent(15 * SECOND) == []
    offline = next(each for each in tell.silent(20 * SECOND + 1) if each.point == "tank/level")
    assert (offline.value, offline.quality) == (None, Quality.OFFLINE)
    assert offline.taken_at > stale.taken_at
    assert tell.silent(MINUTE) == []
    again = tell.worth_telling([read("tank/level", 1.0, 2 * MINUTE)])
    assert [reading.quality for reading in again] == [Quality.GOOD]


def test_what_is_heard_again_is_told_at_once_and_a_second_silence_too() -> None:
    tell = exceptions()
    tell.worth_telling([read("tank/level", 1.0, 0)])
    assert tell.silent(4 * SECOND)
    again = tell.worth_telling([read("tank/level", 1.0, 5 * SECOND)])
    assert [reading.quality for reading in again] == [Quality.GOOD]
    assert [each.quality for each in tell.silent(9 * SECOND) if each.point == "tank/level"] == [
        Quality.STALE
    ]


def test_what_comes_back_bad_says_no_old_value_when_it_falls_silent() -> None:
    tell = exceptions()
    tell.worth_telling([read("pump/run", "running", 0)])
    tell.worth_telling([read("pump/run", None, SECOND, Quality.BAD)])
    (stale,) = (each for each in tell.silent(5 * SECOND) if each.point == "pump/run")
    assert (stale.value, stale.quality) == (None, Quality.STALE)


def test_without_a_heartbeat_every_poll_is_told_and_silence_no_later() -> None:
    tell = Exceptions([replace(LEVEL, report=Report(0, 0.5))], SECOND, 0)
    for second in range(3):
        assert tell.worth_telling([read("tank/level", 1.0, second * SECOND)])
    silent = tell.silent((2 + MISSED_POLLS) * SECOND + 1)
    assert [reading.quality for reading in silent] == [Quality.STALE]


def test_what_never_answered_falls_silent_too() -> None:
    tell = exceptions()
    assert {each.point for each in tell.silent(MISSED_POLLS * SECOND + 1)} == {
        "tank/level",
        "pump/run",
    }
    assert {each.quality for each in tell.silent(OFFLINE_AFTER * SECOND + 1)} == {Quality.OFFLINE}


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0, 10))
def test_whoever_hears_only_reports_is_never_a_deadband_or_more_off(
    values: list[float], deadband: float
) -> None:
    tell = Exceptions([replace(LEVEL, report=Report(MINUTE, deadband))], SECOND, 0)
    known = 0.0
    for second, value in enumerate(values):
        for reading in tell.worth_telling([read("tank/level", value, second * SECOND)]):
            assert isinstance(reading.value, float)
            known = reading.value
        assert known == value or abs(known - value) < deadband
