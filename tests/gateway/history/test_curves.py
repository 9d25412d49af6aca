"""Pictures, spans, scans: what every history answers beside buckets."""

from collections.abc import Sequence

import pytest

from gateway.errors import Refused
from gateway.history.protocol import Row, Sample, Span
from gateway.model.clock import SECOND
from gateway.model.reading import Quality, Reading
from tests.gateway.history.conftest import Store
from tests.gateway.history.readings import T0, levels, reading


def sample(seq: int, value: float | str | None, quality: Quality = Quality.GOOD) -> Sample:
    return Sample(T0 + seq * SECOND, value, quality)


async def test_a_picture_of_few_readings_is_all_of_them(store: Store) -> None:
    said = [reading(1, 1.0), reading(2, None, quality=Quality.OFFLINE), reading(3, 3.0)]
    await store.write([*said, reading(9, 9.0)])
    drawn = await store.history.picture("tank/level", T0, T0 + 9 * SECOND, 10)
    assert drawn == (sample(1, 1.0), sample(2, None, Quality.OFFLINE), sample(3, 3.0))


async def test_a_picture_keeps_the_ends_the_peak_and_the_gap(store: Store) -> None:
    said = levels(*range(1, 2_001))
    values = {1_000: 1e6, 1_500: None}
    told = [reading(r.seq or 0, values.get(r.seq or 0, 1.0)) for r in said]
    await store.write(told)
    drawn = await store.history.picture("tank/level", T0, T0 + 3_000 * SECOND, 50)
    assert 40 <= len(drawn) <= 60
    at = {(s.taken_at - T0) // SECOND for s in drawn}
    assert {1, 1_000, 1_500, 2_000} <= at
    assert [s.taken_at for s in drawn] == sorted(s.taken_at for s in drawn)


async def test_a_picture_of_nothing_is_empty(store: Store) -> None:
    assert await store.history.picture("no/such", T0, T0 + SECOND, 50) == ()


@pytest.mark.parametrize("most", [0, 2, 10_001])
async def test_a_picture_of_no_sense_is_refused(store: Store, most: int) -> None:
    with pytest.raises(Refused, match=f"most: {most} is outside 3..10000"):
        await store.history.picture("tank/level", T0, T0 + SECOND, most)


def doors(*said: tuple[int, str | None, Quality]) -> Sequence[Reading]:
    return [
        reading(seq, state, point="door/contact", quality=quality) for seq, state, quality in said
    ]


async def test_spans_say_how_long_each_state_lasted(store: Store) -> None:
    await store.write(
        doors(
            (1, "closed", Quality.GOOD),
            (3, "closed", Quality.GOOD),
            (5, "open", Quality.GOOD),
            (6, "open", Quality.STALE),
            (7, None, Quality.OFFLINE),
            (20, "closed", Quality.GOOD),
        )
    )
    start, end = T0 + 2 * SECOND, T0 + 10 * SECOND
    assert await store.history.spans("door/contact", start, end) == (
        Span(start, T0 + 5 * SECOND, "closed", Quality.GOOD),
        Span(T0 + 5 * SECOND, T0 + 6 * SECOND, "open", Quality.GOOD),
        Span(T0 + 6 * SECOND, T0 + 7 * SECOND, "open", Quality.STALE),
        Span(T0 + 7 * SECOND, end, None, Quality.OFFLINE),
    )


async def test_before_the_first_reading_nothing_is_known(store: Store) -> None:
    await store.write(doors((5, "open", Quality.GOOD)))
    assert await store.history.spans("door/contact", T0, T0 + 9 * SECOND) == (
        Span(T0, T0 + 5 * SECOND, None, Quality.OFFLINE),
        Span(T0 + 5 * SECOND, T0 + 9 * SECOND, "open", Quality.GOOD),
    )
    assert await store.history.spans("no/such", T0, T0 + SECOND) == (
        Span(T0, T0 + SECOND, None, Quality.OFFLINE),
    )


async def test_a_scan_gives_every_reading_point_by_point_oldest_first(store: Store) -> None:
    await store.write([reading(2, 2.0), reading(1, 1.0), *doors((3, "open", Quality.GOOD))])
    await store.write([reading(4, None, quality=Quality.BAD), reading(9, 9.0)])
    points = ["door/contact", "no/such", "tank/level"]
    parts = store.history.scan(points, T0 + SECOND, T0 + 9 * SECOND)
    assert [row async for part in parts for row in part] == [
        Row("door/contact", sample(3, "open")),
        Row("tank/level", sample(1, 1.0)),
        Row("tank/level", sample(2, 2.0)),
        Row("tank/level", sample(4, None, Quality.BAD)),
    ]


async def test_a_long_scan_comes_in_parts(store: Store) -> None:
    for first in range(1, 25_001, 2_500):
        await store.write(levels(*range(first, first + 2_500)))
    parts = [len(part) async for part in store.history.scan(["tank/level"], T0, 2 * T0)]
    assert sum(parts) == 25_000
    assert max(parts) <= 20_000


async def test_what_comes_late_replaces_what_was_said_of_that_instant(store: Store) -> None:
    await store.write([reading(1, 1.0), reading(2, 2.0), reading(3, 3.0)])
    late = [
        reading(4, 20.0, at=T0 + 2 * SECOND),
        reading(5, 21.0, at=T0 + 2 * SECOND),
        reading(6, 1.5, at=T0 + 3 * SECOND // 2),
    ]
    await store.write(late)
    drawn = await store.history.picture("tank/level", T0, T0 + 9 * SECOND, 9)
    assert [s.value for s in drawn] == [1.0, 1.5, 21.0, 3.0]
