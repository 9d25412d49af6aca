"""What the simulated camera sees, and when its walkers cross a line."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from simulators.scene import Picture, PictureFault, Scene, Walk

START: Micros = 1_800_000_000 * SECOND
ACROSS = Walk(START, (0.1, 0.8), (0.9, 0.8), 8 * SECOND)
MIDDLE = ((0.5, 0.0), (0.5, 1.0))

fractions = st.floats(0, 1, allow_nan=False).map(lambda x: round(x, 3))
places = st.tuples(fractions, fractions)


def person_in(scene: Scene, empty: Scene, now: Micros) -> tuple[float, float]:
    """Where the feet of what `scene` shows and `empty` does not are, as fractions."""
    differs = np.abs(scene.step(now).astype(int) - empty.step(now)).max(axis=2) > 60
    rows, columns = np.nonzero(differs)
    return float(columns.mean()) / scene.width, float(rows.max()) / scene.height


def differing_share(a: Picture, b: Picture, over: int) -> float:
    return float((np.abs(a.astype(int) - b).max(axis=2) > over).mean())


def test_the_same_instant_gives_the_same_picture_whatever_was_seen_before() -> None:
    one, other = Scene(walks=[ACROSS], seed=7), Scene(walks=[ACROSS], seed=7)
    one.step(START)
    assert np.array_equal(one.step(START + SECOND), other.step(START + SECOND))


def test_a_picture_is_rgb_of_the_size_asked_for() -> None:
    picture = Scene(width=320, height=180).step(START)
    assert picture.shape == (180, 320, 3)
    assert picture.dtype == np.uint8
    sky, ground = picture[20:50].mean(axis=(0, 1)), picture[120:].mean(axis=(0, 1))
    assert sky[2] > sky[0], "the sky is blue"
    assert ground[1] > ground[2], "the ground is green"


def test_an_empty_scene_changes_little_from_picture_to_picture_but_has_noise() -> None:
    scene = Scene()
    first, second = scene.step(START), scene.step(START + SECOND // 10)
    assert not np.array_equal(first, second)
    assert differing_share(first, second, over=20) < 0.001


def test_light_changes_over_minutes() -> None:
    scene = Scene()
    means = [scene.step(START + minute * MINUTE).mean() for minute in range(10)]
    assert max(means) - min(means) > 5


def test_a_walker_stands_where_the_walk_says() -> None:
    scene, empty = Scene(walks=[ACROSS]), Scene()
    for tenth in range(0, 80, 7):
        now = START + tenth * SECOND // 10
        feet = ACROSS.feet(now)
        assert feet is not None
        assert person_in(scene, empty, now) == pytest.approx(feet, abs=0.02)


def test_nobody_is_there_before_and_after_a_walk() -> None:
    scene, empty = Scene(walks=[ACROSS]), Scene()
    for now in (START - 1, START + 8 * SECOND + 1, START + HOUR):
        assert np.array_equal(scene.step(now), empty.step(now))


def test_a_repeated_walk_comes_again_and_never_before_its_start() -> None:
    walk = Walk(START, (0.1, 0.8), (0.9, 0.8), 8 * SECOND, period=20 * SECOND)
    assert walk.feet(START - 20 * SECOND) is None
    assert walk.feet(START + 10 * SECOND) is None
    assert walk.feet(START + 42 * SECOND) == walk.feet(START + 2 * SECOND)


def test_the_crossing_of_a_line_is_known_to_the_microsecond() -> None:
    assert ACROSS.crosses(*MIDDLE) == START + 4 * SECOND
    assert ACROSS.crosses((0.95, 0.0), (0.95, 1.0)) is None, "the walk ends before it"
    assert ACROSS.crosses((0.5, 0.0), (0.5, 0.7)) is None, "the line ends above it"
    assert ACROSS.crosses((0.1, 0.9), (0.9, 0.9)) is None, "the walk goes along it"


def test_the_next_crossing_of_a_repeated_walk_is_known() -> None:
    walk = Walk(START, (0.1, 0.8), (0.9, 0.8), 8 * SECOND, period=20 * SECOND)
    assert walk.crosses(*MIDDLE, not_before=START) == START + 4 * SECOND
    assert walk.crosses(*MIDDLE, not_before=START + 4 * SECOND) == START + 4 * SECOND
    assert walk.crosses(*MIDDLE, not_before=START + 4 * SECOND + 1) == START + 24 * SECOND
    assert ACROSS.crosses(*MIDDLE, not_before=START + 4 * SECOND + 1) is None


@given(places, places, places, places, st.integers(1, HOUR))
def test_the_feet_are_on_the_line_when_it_is_crossed(
    origin: tuple[float, float],
    target: tuple[float, float],
    start: tuple[float, float],
    end: tuple[float, float],
    duration: Micros,
) -> None:
    walk = Walk(START, origin, target, duration)
    crossing = walk.crosses(start, end)
    assume(crossing is not None)
    assert crossing is not None
    feet = walk.feet(crossing)
    assert feet is not None
    line = np.subtract(end, start)
    beside = abs(float(np.linalg.det([line, np.subtract(feet, start)]))) / np.hypot(*line)
    # The instant is rounded to a microsecond: that far the feet may be off the line.
    assert beside <= np.hypot(*np.subtract(target, origin)) / duration + 1e-9


def test_a_walk_that_takes_no_time_or_overlaps_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="takes time"):
        Walk(START, (0, 0), (1, 1), 0)
    with pytest.raises(ValueError, match="takes time"):
        Walk(START, (0, 0), (1, 1), 2 * SECOND, period=SECOND)


def test_a_black_picture_is_black_and_a_frozen_one_stands_still_until_all_is_well_again() -> None:
    scene = Scene(walks=[ACROSS])
    live = scene.step(START + SECOND).copy()
    scene.fault = PictureFault.FROZEN
    assert np.array_equal(scene.step(START + 5 * SECOND), live)
    scene.fault = PictureFault.BLACK
    assert not scene.step(START + 5 * SECOND).any()
    scene.fault = PictureFault.NONE
    assert differing_share(scene.step(START + 5 * SECOND), live, over=60) > 0.01


def test_name_and_time_are_written_at_the_top() -> None:
    named, nameless = Scene(name="north"), Scene(name="")
    share = [
        differing_share(named.step(START)[rows], nameless.step(START)[rows], over=30)
        for rows in (slice(0, 24), slice(24, 360))
    ]
    assert share[0] > 0.01
    assert share[1] == 0
