"""Whoever crosses a tripwire is told exactly once, at any speed; nothing else is."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.camera.crossing import Box, Crossing, Direction, Place, Tracker, crossed, foot
from gateway.model.clock import SECOND
from gateway.site.model import Tripwire

WALL = Tripwire("wall", (0.5, 0.0), (0.5, 1.0))
"""From top to bottom: its right, seen along it, is the picture's left."""
KERB = Tripwire("kerb", (0.0, 0.7), (1.0, 0.7))
FRAME = SECOND // 10

fractions = st.floats(0, 1, width=32)
places = st.tuples(fractions, fractions)


def person(feet: Place, width: float = 0.06, height: float = 0.3) -> Box:
    return feet[0] - width / 2, feet[1] - height, feet[0] + width / 2, feet[1]


def watch(pictures: Sequence[Sequence[Box]], *tripwires: Tripwire) -> list[Crossing]:
    tracker = Tracker(tripwires or (WALL,))
    return [
        crossing
        for number, boxes in enumerate(pictures)
        for crossing in tracker.step(boxes, number * FRAME)
    ]


def walk(start: float, end: float, step: float, y: float = 0.8) -> list[list[Box]]:
    count = int(abs(end - start) / step) + 1
    way = step if end > start else -step
    return [[person((start + way * number, y))] for number in range(count + 1)]


def test_crossing_to_the_right_of_the_line_as_seen_along_it_is_in() -> None:
    assert crossed(KERB, (0.5, 0.6), (0.5, 0.8)) is Direction.IN
    assert crossed(KERB, (0.5, 0.8), (0.5, 0.6)) is Direction.OUT
    assert crossed(WALL, (0.6, 0.5), (0.4, 0.5)) is Direction.IN
    assert crossed(WALL, (0.4, 0.5), (0.6, 0.5)) is Direction.OUT


def test_passing_beyond_the_end_of_a_line_is_not_crossing_it() -> None:
    short = Tripwire("short", (0.5, 0.4), (0.5, 0.6))
    assert crossed(short, (0.4, 0.7), (0.6, 0.7)) is None
    assert crossed(short, (0.4, 0.5), (0.6, 0.5)) is Direction.OUT


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_feet_cut_off_by_the_edge_of_the_picture_cross_a_line_drawn_to_it(y: float) -> None:
    assert crossed(WALL, (0.4, y), (0.6, y)) is Direction.OUT
    assert crossed(WALL, (0.6, y), (0.4, y)) is Direction.IN
    assert len(watch(walk(0.1, 0.9, 0.05, y))) == 1


@given(places, places, places, places)
def test_the_way_back_crosses_the_other_way(a: Place, b: Place, start: Place, end: Place) -> None:
    tripwire = Tripwire("any", start, end)
    there, back = crossed(tripwire, a, b), crossed(tripwire, b, a)
    assume(all(abs(x) > 1e-6 for x in _sides(tripwire, a, b)))
    assert (there, back) in {
        (None, None),
        (Direction.IN, Direction.OUT),
        (Direction.OUT, Direction.IN),
    }


@given(st.lists(places, min_size=2, max_size=30))
def test_a_path_that_ends_on_the_other_side_has_crossed_an_odd_number_of_times(
    path: list[Place],
) -> None:
    steps = [crossed(WALL, before, after) for before, after in pairwise(path)]
    told = [step for step in steps if step is not None]
    assert all(this is not after for this, after in pairwise(told))
    assert (len(told) % 2 == 1) == ((path[0][0] < 0.5) != (path[-1][0] < 0.5))


@given(st.floats(0.002, 0.45), st.booleans(), st.floats(0.3, 0.95))
def test_a_walker_of_any_speed_crosses_exactly_once(step: float, back: bool, y: float) -> None:
    start, end = (1.0, 0.0) if back else (0.0, 1.0)
    (crossing,) = watch(walk(start, end, step, y))
    assert crossing.tripwire is WALL
    assert crossing.direction is (Direction.IN if back else Direction.OUT)
    assert (foot(crossing.box)[0] < 0.5) is back


@given(st.lists(st.floats(-0.02, 0.02), min_size=30, max_size=30))
def test_someone_dithering_on_the_line_crosses_once(steps: list[float]) -> None:
    """Clear of the line, over it, then to and fro on it."""
    place, pictures = 0.5, walk(0.3, 0.52, 0.02)
    for step in steps:
        place = min(0.55, max(0.45, place + step))
        pictures.append([person((place, 0.8))])
    assert len(watch(pictures)) == 1


@given(st.lists(st.tuples(st.floats(0.0, 0.4), st.floats(0.6, 1.0)), min_size=2, max_size=20))
def test_a_large_blob_split_by_the_line_does_not_cross(sides: list[tuple[float, float]]) -> None:
    """A patch of light over the line, whose edges flicker: its middle may jump across."""
    assert watch([[(left, 0.2, right, 0.9)] for left, right in sides]) == []


def test_someone_seen_as_head_and_body_crosses_once() -> None:
    pictures = [
        [(x - 0.03, 0.6, x + 0.03, 0.8), (x - 0.02, 0.5, x + 0.02, 0.57)]
        for (x, _) in (foot(boxes[0]) for boxes in walk(0.2, 0.8, 0.05))
    ]
    assert len(watch(pictures)) == 1


def test_someone_hidden_behind_a_post_on_the_line_still_crosses() -> None:
    pictures = [
        boxes if abs(foot(boxes[0])[0] - 0.5) > 0.08 else [] for boxes in walk(0.1, 0.9, 0.03)
    ]
    assert [] in pictures
    assert len(watch(pictures)) == 1


def test_two_people_passing_each_other_are_two_crossings() -> None:
    """Half a picture apart, one behind the other seen from the camera."""
    there, here = walk(0.2, 0.8, 0.04, y=0.4), walk(0.8, 0.2, 0.04, y=0.9)
    crossings = watch([a + b for a, b in zip(there, here, strict=True)])
    assert {crossing.direction for crossing in crossings} == {Direction.IN, Direction.OUT}
    assert len(crossings) == 2


def test_two_people_one_after_the_other_are_two_crossings() -> None:
    first = walk(0.0, 1.0, 0.04)
    second = [*([] for _ in range(15)), *walk(0.0, 1.0, 0.04)]
    longest = max(len(first), len(second))
    both = [
        (first[number] if number < len(first) else []) + second[number] for number in range(longest)
    ]
    assert len(watch(both)) == 2


def test_someone_leaving_on_one_side_and_someone_coming_on_the_other_cross_nothing() -> None:
    leaving, coming = walk(0.3, 0.0, 0.04), walk(1.0, 0.7, 0.04)
    assert watch(leaving + coming) == []
    assert watch(leaving + [[]] * 8 + [[person((0.55, 0.8))]] * 5) == []


def test_each_line_is_told_for_itself() -> None:
    pictures = [[person((0.3 + 0.05 * n, 0.5 + 0.05 * n))] for n in range(9)]
    assert [c.tripwire.name for c in watch(pictures, WALL, KERB)] == ["wall", "kerb"]


@pytest.mark.parametrize("boxes", [[], [person((0.2, 0.8))]])
def test_nobody_moving_crosses_nothing(boxes: list[Box]) -> None:
    assert watch([boxes] * 50) == []


def _sides(tripwire: Tripwire, a: Place, b: Place) -> list[float]:
    """Twice the area each three of the four places span: 0 where they are in line."""
    four = (tripwire.start, tripwire.end, a), (tripwire.start, tripwire.end, b)
    others = (a, b, tripwire.start), (a, b, tripwire.end)
    return [
        (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]) for p, q, r in four + others
    ]
