"""What every history answers, asked of DuckDB and of a real InfluxDB alike."""

from collections.abc import Sequence
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.history.protocol import END_OF_TIME, Bucket, Sample
from gateway.model.clock import SECOND, Micros
from gateway.model.reading import Quality, Reading, Value
from tests.gateway.history.conftest import Store
from tests.gateway.history.readings import T0, levels, reading


async def _range(
    store: Store, point: str, start: Micros, end: Micros, buckets: int
) -> tuple[Bucket, ...]:
    """Of one point."""
    return (await store.history.range([point], start, end, buckets))[point]


async def test_a_bucket_shows_count_quality_last_minimum_maximum_and_mean(store: Store) -> None:
    await store.write(
        [
            reading(1, 2.0),
            reading(2, 8.0),
            reading(3, 1.0, quality=Quality.STALE),
            reading(4, 5.0),
        ]
    )
    (bucket,) = await _range(store, "tank/level", T0, T0 + 10 * SECOND, 1)
    assert bucket == Bucket(T0, 4, 0.75, last=5.0, minimum=1.0, maximum=8.0, mean=4.0)


async def test_buckets_without_readings_are_gaps(store: Store) -> None:
    await store.write(levels(1, 7))
    buckets = await _range(store, "tank/level", T0, T0 + 9 * SECOND, 3)
    assert [(bucket.start, bucket.count) for bucket in buckets] == [
        (T0, 1),
        (T0 + 3 * SECOND, 0),
        (T0 + 6 * SECOND, 1),
    ]
    assert buckets[1] == Bucket(T0 + 3 * SECOND)


async def test_a_state_point_has_last_count_and_quality_only(store: Store) -> None:
    said = [reading(1, "closed", point="door/contact"), reading(2, "open", point="door/contact")]
    await store.write(said)
    (bucket,) = await _range(store, "door/contact", T0, T0 + 10 * SECOND, 1)
    assert bucket == Bucket(T0, 2, 1.0, last="open")


async def test_an_event_comes_back_as_it_went_in(store: Store) -> None:
    crossing = {"line": 'north "wall"\\', "who": "人", "box": [0.5, 1], "sure": None}
    await store.write([reading(1, crossing, point="camera/crossing")])
    (bucket,) = await _range(store, "camera/crossing", T0, T0 + 10 * SECOND, 1)
    assert bucket == Bucket(T0, 1, 1.0, last=crossing)


async def test_a_state_may_hold_any_character(store: Store) -> None:
    state = 'it\'s "open",\\ half=open\n开 '
    await store.write([reading(1, state, point="door/contact")])
    latest = await store.history.latest_before("door/contact", T0 + 2 * SECOND)
    assert latest == Sample(T0 + SECOND, state, Quality.GOOD)


async def test_readings_without_a_value_count_but_do_not_weigh(store: Store) -> None:
    await store.write(
        [reading(1, 4.0), reading(2, None, quality=Quality.OFFLINE), reading(20, None)]
    )
    with_value, without = await _range(store, "tank/level", T0, T0 + 30 * SECOND, 2)
    assert with_value == Bucket(T0, 2, 0.5, last=4.0, minimum=4.0, maximum=4.0, mean=4.0)
    assert without == Bucket(T0 + 15 * SECOND, 1, 1.0)


async def test_a_number_that_is_not_finite_is_bad_and_spoils_no_mean(store: Store) -> None:
    await store.write([reading(1, 4.0), reading(2, float("nan")), reading(3, float("-inf"))])
    (bucket,) = await _range(store, "tank/level", T0, T0 + 10 * SECOND, 1)
    assert bucket == Bucket(T0, 3, 1 / 3, last=4.0, minimum=4.0, maximum=4.0, mean=4.0)


async def test_last_is_by_the_devices_clock_not_by_arrival(store: Store) -> None:
    await store.write([reading(1, 1.0, at=T0 + 5 * SECOND), reading(2, 2.0, at=T0 + SECOND)])
    (bucket,) = await _range(store, "tank/level", T0, T0 + 10 * SECOND, 1)
    assert bucket.last == 1.0


async def test_of_the_readings_of_one_microsecond_the_last_one_stays(store: Store) -> None:
    said = [reading(n, state, at=T0, point="door/contact") for n, state in enumerate("abc", 1)]
    await store.write(said)
    (bucket,) = await _range(store, "door/contact", T0, T0 + 1, 1)
    assert bucket == Bucket(T0, 1, 1.0, last="c")


async def test_the_start_is_in_the_range_and_the_end_is_not(store: Store) -> None:
    await store.write([reading(n, at=T0 + n) for n in (9, 10, 19, 20)])
    (bucket,) = await _range(store, "tank/level", T0 + 10, T0 + 20, 1)
    assert bucket.count == 2


async def test_points_do_not_mix(store: Store) -> None:
    await store.write([reading(1), reading(2, point="tank/flow"), reading(3, point="pump/level")])
    (bucket,) = await _range(store, "tank/level", T0, T0 + 10 * SECOND, 1)
    assert bucket.count == 1


async def test_many_points_are_answered_at_once(store: Store) -> None:
    await store.write([reading(1), reading(2, "open", point="door/contact")])
    points = ["door/contact", "no/such", "tank/level"]
    answered = await store.history.range(points, T0, T0 + 10 * SECOND, 1)
    assert {point: bucket.last for point, (bucket,) in answered.items()} == {
        "door/contact": "open",
        "no/such": None,
        "tank/level": 1.0,
    }
    assert await store.history.range([], T0, T0 + 10 * SECOND, 1) == {}


async def test_a_device_the_site_does_not_know_keeps_its_history(store: Store) -> None:
    await store.write([reading(1, 3.0, point="gone/level")])
    latest = await store.history.latest_before("gone/level", T0 + 2 * SECOND)
    assert latest == Sample(T0 + SECOND, 3.0, Quality.GOOD)


async def test_a_point_nobody_heard_of_has_gaps_only(store: Store) -> None:
    assert await _range(store, "no/such", T0, T0 + 2, 2) == (Bucket(T0), Bucket(T0 + 1))
    assert await store.history.latest_before("no/such", T0) is None


async def test_latest_before_is_strictly_before(store: Store) -> None:
    await store.write([reading(1, 1.0), reading(2, None, quality=Quality.OFFLINE), reading(3, 3.0)])
    before = store.history.latest_before
    assert await before("tank/level", T0 + 3 * SECOND + 1) == Sample(
        T0 + 3 * SECOND, 3.0, Quality.GOOD
    )
    assert await before("tank/level", T0 + 3 * SECOND) == Sample(
        T0 + 2 * SECOND, None, Quality.OFFLINE
    )
    assert await before("tank/level", T0 + SECOND) is None


async def test_writing_again_changes_nothing(store: Store) -> None:
    await store.write(levels(1, 2, 3))
    await store.write(levels(2, 3, 4))
    (bucket,) = await _range(store, "tank/level", T0, T0 + 10 * SECOND, 1)
    assert bucket.count == 4


@pytest.mark.parametrize(
    ("start", "end", "buckets", "problem"),
    [
        (T0, T0 + SECOND, 0, "buckets: 0 is outside 1..10000"),
        (T0, T0 + SECOND, 10_001, "buckets: 10001 is outside 1..10000"),
        (T0, T0, 10, "is not after start"),
        (T0 + 1, T0, 10, "is not after start"),
        (-1, T0, 10, "outside the years 1970..2262"),
        (T0, END_OF_TIME + 1, 10, "outside the years 1970..2262"),
    ],
)
async def test_bounds_that_make_no_sense_are_refused(
    store: Store, start: int, end: int, buckets: int, problem: str
) -> None:
    with pytest.raises(Refused, match=problem):
        await _range(store, "tank/level", start, end, buckets)


async def test_the_widest_bounds_are_answered(store: Store) -> None:
    await store.write(levels(1))
    buckets = await _range(store, "tank/level", 0, END_OF_TIME, 10_000)
    assert sum(bucket.count for bucket in buckets) == 1


# Eighths add up without rounding, in whatever order a store adds them.
eighths = st.integers(-80_000, 80_000).map(lambda n: n / 8)
shapes: Sequence[st.SearchStrategy[Value]] = [eighths, st.sampled_from(["open", "closed"])]
samples = st.one_of(
    [
        st.lists(
            st.tuples(st.integers(0, 1_000), st.none() | values, st.sampled_from(Quality)),
            min_size=1,
            max_size=30,
        )
        for values in shapes
    ]
)
examples = count()


def sayable(said: list[tuple[int, Value, Quality]]) -> list[tuple[int, Value, Quality]]:
    """Without what would take a value back: InfluxDB cannot (see History)."""
    valued: set[int] = set()
    kept = []
    for at, value, quality in said:
        if value is not None or at not in valued:
            kept.append((at, value, quality))
        if value is not None:
            valued.add(at)
    return kept


@given(samples, st.integers(0, 500), st.integers(1, 600), st.integers(1, 40))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_both_answer_as_plain_arithmetic_does(
    store: Store, said: list[tuple[int, Value, Quality]], start: int, span: int, buckets: int
) -> None:
    example = next(examples)
    point = f"tank/level-{example}"
    readings = [
        reading(example * 1_000 + n, value, at=T0 + at, point=point, quality=quality)
        for n, (at, value, quality) in enumerate(sayable(said), 1)
    ]
    await store.write(readings)
    start, end = T0 + start, T0 + start + span
    answered = await _range(store, point, start, end, buckets)
    assert len(answered) <= buckets
    kept = {said_there.taken_at: said_there for said_there in readings}.values()
    edges = [*(bucket.start for bucket in answered), end]
    for bucket, (left, right) in zip(answered, pairwise(edges), strict=True):
        assert bucket == expected(left, [r for r in kept if left <= r.taken_at < right])


def expected(start: int, readings: Sequence[Reading]) -> Bucket:
    """The bucket by plain arithmetic."""
    in_order = [r.value for r in sorted(readings, key=lambda r: (r.taken_at, r.seq))]
    numbers = [value for value in in_order if isinstance(value, float)]
    states = [value for value in in_order if isinstance(value, str)]
    if not readings:
        return Bucket(start)
    return Bucket(
        start,
        len(readings),
        sum(r.quality is Quality.GOOD for r in readings) / len(readings),
        (numbers or states or [None])[-1],
        min(numbers, default=None),
        max(numbers, default=None),
        sum(numbers) / len(numbers) if numbers else None,
    )
