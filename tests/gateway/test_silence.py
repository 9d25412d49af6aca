from dataclasses import replace

import pytest

from gateway.model.clock import SECOND, Micros
from gateway.model.reading import Quality, Reading
from gateway.silence import Silence
from tests.gateway.samples import CROSSING, LEVEL, NOON, reading


def watch(latest: Reading | None = None) -> Silence:
    """Watches a tank's level (period 5 s) and an event point (no period) from NOON on."""
    return Silence([LEVEL, CROSSING], {} if latest is None else {latest.point: latest}, NOON)


def fallen(silence: Silence, after: Micros) -> list[tuple[str, object, Quality]]:
    return [(r.point, r.value, r.quality) for r in silence.due(NOON + after)]


@pytest.mark.promise("S8")
def test_no_news_turns_stale_then_offline_once_each() -> None:
    silence = watch()
    silence.heard(reading("tank/level", 2.0, SECOND))
    assert fallen(silence, 5 * SECOND) == []
    assert fallen(silence, 6 * SECOND) == [("tank/level", 2.0, Quality.STALE)]
    assert fallen(silence, 15 * SECOND) == []
    assert fallen(silence, 16 * SECOND) == [("tank/level", None, Quality.OFFLINE)]
    assert fallen(silence, 3600 * SECOND) == []


@pytest.mark.parametrize("fast", [0, 60 * SECOND])
def test_what_it_tells_comes_just_after_the_last_news_and_never_in_its_place(fast: Micros) -> None:
    silence, news = watch(), reading("tank/level", 2.0, SECOND)
    news = replace(news, taken_at=news.received_at + fast)  # the device's clock
    silence.heard(news)
    (stale,) = silence.due(NOON + 6 * SECOND)
    silence.heard(stale)
    (offline,) = silence.due(NOON + 16 * SECOND)
    assert news.taken_at < stale.taken_at < offline.taken_at < news.taken_at + SECOND


def test_after_a_start_as_well_it_comes_after_the_last_news() -> None:
    silence = watch(reading("tank/level", 2.0, 3600 * SECOND))  # the clock was set back meanwhile
    (stale,) = silence.due(NOON + 6 * SECOND)
    assert stale.taken_at > NOON + 3600 * SECOND


def test_news_brings_a_point_back_and_it_can_fall_silent_again() -> None:
    silence = watch()
    assert fallen(silence, 5 * SECOND)
    assert fallen(silence, 15 * SECOND)
    silence.heard(reading("tank/level", 2.0, 20 * SECOND))
    assert fallen(silence, 24 * SECOND) == []
    assert fallen(silence, 25 * SECOND) == [("tank/level", 2.0, Quality.STALE)]


def test_its_own_readings_and_retained_ones_are_no_news() -> None:
    silence = watch()
    for made in silence.due(NOON + 5 * SECOND):
        silence.heard(made)
    silence.heard(reading("tank/level", 3.0, 14 * SECOND, Quality.STALE))
    assert fallen(silence, 15 * SECOND) == [("tank/level", None, Quality.OFFLINE)]


def test_a_device_that_answers_with_errors_is_not_silent() -> None:
    silence = watch()
    for after in range(0, 60, 4):
        silence.heard(reading("tank/level", None, after * SECOND, Quality.BAD))
        assert fallen(silence, after * SECOND) == []


def test_what_was_offline_before_the_start_is_not_told_again_until_it_was_back() -> None:
    silence = watch(reading("tank/level", None, quality=Quality.OFFLINE))
    assert fallen(silence, 3600 * SECOND) == []
    silence.heard(reading("tank/level", 2.0, 3600 * SECOND))
    assert fallen(silence, 3605 * SECOND) == [("tank/level", 2.0, Quality.STALE)]


def test_an_offline_word_from_the_device_is_not_repeated() -> None:
    silence = watch()
    for start in range(0, 300, 100):
        silence.heard(reading("tank/level", 2.0, start * SECOND))
        silence.heard(reading("tank/level", None, (start + 1) * SECOND, Quality.OFFLINE))
        assert fallen(silence, (start + 99) * SECOND) == []


def test_time_in_which_the_gateway_could_not_listen_does_not_count() -> None:
    silence = watch()
    silence.excuse(100 * SECOND)
    assert fallen(silence, 104 * SECOND) == []
    assert fallen(silence, 105 * SECOND) == [("tank/level", None, Quality.STALE)]
