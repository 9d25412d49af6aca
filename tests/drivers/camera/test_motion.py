"""People move; light, noise, cars that have parked and new connections do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.camera.crossing import Box, Tracker
from drivers.camera.motion import Motion, shrink
from gateway.model.clock import SECOND
from gateway.site.model import Tripwire

Grey = NDArray[np.uint8]

WIDTH, HEIGHT = 160, 90
FRAME = SECOND // 10


def yard(seed: int = 0, noise: float = 1.0) -> Grey:
    """A picture with texture and a fresh cast of noise."""
    texture = np.random.default_rng(7).integers(60, 180, (HEIGHT, WIDTH))
    shot = np.random.default_rng(seed).normal(0, noise, (HEIGHT, WIDTH))
    return np.clip(texture + shot, 0, 255).astype(np.uint8)


def with_person(picture: Grey, left: int, top: int = 40, width: int = 8, height: int = 27) -> Grey:
    picture[top : top + height, max(0, left) : left + width] = 20
    return picture


def lit(picture: Grey, gain: float, offset: float) -> Grey:
    changed: Grey = np.clip(picture * gain + offset, 0, 255).astype(np.uint8)
    return changed


def settled(motion: Motion, until: int = 20) -> int:
    """Lets the motion see `until` still pictures; the number of the next one."""
    for number in range(until):
        assert motion.step(yard(number), number * FRAME) == []
    return until


def test_a_person_is_boxed_where_they_are() -> None:
    motion = Motion()
    number = settled(motion)
    (box,) = motion.step(with_person(yard(number), 100), number * FRAME)
    assert box == pytest.approx((100 / WIDTH, 40 / HEIGHT, 108 / WIDTH, 67 / HEIGHT), abs=0.02)


def test_a_slow_walker_leaves_no_trail() -> None:
    motion = Motion()
    number = settled(motion)
    widths = []
    for left in np.arange(20, 120, 0.5):  # a minute and more for the whole picture
        boxes = motion.step(with_person(yard(number), int(left)), number * FRAME)
        widths += [right - start for start, _, right, _ in boxes]
        number += 1
    assert len(widths) == 200
    assert max(widths) < 2 * 8 / WIDTH


def test_two_people_are_two_boxes_and_the_larger_comes_first() -> None:
    motion = Motion()
    number = settled(motion)
    picture = with_person(with_person(yard(number), 20), 120, height=40)
    first, second = motion.step(picture, number * FRAME)
    assert first[0] > 0.5 > second[0]


@settings(max_examples=20)
@given(st.floats(0, 6), st.integers(0, 1000))
def test_sensor_noise_is_no_motion(noise: float, seed: int) -> None:
    """Of up to 6 levels in the small picture, four times that in a full one."""
    motion = Motion()
    for number in range(30):
        assert motion.step(yard(seed + number, noise), number * FRAME) == []


@settings(max_examples=30)
@given(st.sampled_from([0.0, 0.2, 0.5, 1.6, 2.5]), st.integers(-60, 60))
def test_a_light_switch_is_no_motion(gain: float, offset: int) -> None:
    motion = Motion()
    first = settled(motion)
    for number in range(first, first + 30):
        assert motion.step(lit(yard(number), gain, offset), number * FRAME) == []


@settings(max_examples=30)
@given(st.sampled_from([0.2, 0.5, 0.8, 1.3]), st.integers(2, 30))
def test_light_that_changes_within_three_seconds_crosses_no_line(gain: float, frames: int) -> None:
    """As a camera's own gain does, short of blackness and of over-exposure."""
    ends = (0.1, 0.3, 0.5, 0.7, 0.9)
    lines = [Tripwire(f"down {x}", (x, 0.0), (1 - x, 1.0)) for x in ends]
    lines += [Tripwire(f"across {y}", (0.0, y), (1.0, 1 - y)) for y in ends]
    motion, tracker = Motion(), Tracker(lines)
    first = settled(motion)
    for number in range(first, first + 50):
        part = min(1.0, (number - first + 1) / frames)
        boxes = motion.step(lit(yard(number), 1 + part * (gain - 1), 0), number * FRAME)
        assert tracker.step(boxes, number * FRAME) == []


def test_someone_walking_while_the_light_changes_crosses_once() -> None:
    motion, tracker = Motion(), Tracker([Tripwire("wall", (0.5, 0.0), (0.5, 1.0))])
    first = settled(motion)
    crossings = []
    for number in range(first, first + 40):
        after = number - first
        picture = lit(with_person(yard(number), 4 * after), 1 - after / 80, 0)
        crossings += tracker.step(motion.step(picture, number * FRAME), number * FRAME)
    assert len(crossings) == 1


def test_dusk_is_no_motion() -> None:
    motion = Motion()
    for number in range(600):  # from full light to half of it within a minute
        dim = (yard(number) * (1 - number / 1200)).astype(np.uint8)
        assert motion.step(dim, number * FRAME) == []


def test_a_person_is_seen_soon_after_a_light_switch() -> None:
    motion = Motion()
    number = settled(motion)
    seen = []
    for after in range(10):
        negative = with_person(255 - yard(number), 100 + after)
        seen.append(motion.step(negative, number * FRAME))
        number += 1
    assert seen[:5] == [[]] * 5
    assert seen[-1] != []


def test_what_is_already_there_when_a_connection_begins_does_not_move() -> None:
    motion = Motion()
    pictures = [with_person(yard(number), 60) for number in range(30)]
    assert [motion.step(picture, n * FRAME) for n, picture in enumerate(pictures)] == [[]] * 30


def test_what_moves_in_the_first_pictures_of_a_connection_is_not_counted() -> None:
    motion = Motion()
    found: list[list[Box]] = []
    for number in range(5):
        found.append(motion.step(with_person(yard(number), 20 * number), number * FRAME))
    assert found == [[]] * 5


def test_what_has_come_to_rest_becomes_part_of_the_yard_within_a_minute() -> None:
    motion = Motion()
    number = settled(motion)
    parked = [with_person(yard(n), 60, width=40) for n in range(number, number + 600)]
    seen = [motion.step(picture, (number + n) * FRAME) for n, picture in enumerate(parked)]
    assert seen[0] != []
    assert seen[-1] == []


def test_a_stream_that_changes_its_size_begins_anew() -> None:
    motion = Motion()
    number = settled(motion)
    assert motion.step(np.zeros((60, 80), np.uint8), number * FRAME) == []


@given(st.integers(1, 2600), st.integers(1, 400))
def test_pictures_of_any_size_shrink_by_a_whole_factor(width: int, height: int) -> None:
    factor = max(1, width // 160)
    height = max(height, factor)
    small = shrink(np.full((height, width), 77, np.uint8))
    assert small.shape == (height // factor, width // factor)
    assert small.min() == small.max() == 77
