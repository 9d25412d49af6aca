"""What only InfluxDB is asked: extremes of long times, deletion by kind, devices that are gone. The
questions all histories share are in test_answers and test_curves."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.errors import Refused
from gateway.history.influx.history import InfluxHistory
from gateway.history.influx.line_protocol import Origin
from gateway.history.protocol import END_OF_TIME, Sample
from gateway.model.clock import DAY, SECOND
from gateway.model.reading import Quality
from gateway.site.model import InfluxTarget
from tests.gateway.history.conftest import unread
from tests.gateway.history.influx.fake_influx2 import fake_influx2
from tests.gateway.history.readings import DEVICES, T0, levels, reading

SITE = "willow-court"


async def test_a_picture_of_a_long_time_keeps_peaks_gaps_and_ends(target: InfluxTarget) -> None:
    told = {700: 1e6, 1_200: -1e6, 1_500: None}
    said = [
        reading(n, told.get(n, n % 7 / 8), quality=Quality.GOOD if n != 1_500 else Quality.BAD)
        for n in range(1, 2_001)
    ]
    async with InfluxHistory(target, SITE, DEVICES, unread, whole=100) as history:
        await history.write(said)
        drawn = await history.picture("tank/level", T0, T0 + 3_000 * SECOND, 40)
        every = [s async for part in history.scan(["tank/level"], T0, 2 * T0) for _, s in part]
    by_time = {sample.taken_at: sample for sample in drawn}
    for seq in (700, 1_200, 1_500):
        assert by_time[T0 + seq * SECOND].value == told[seq]
    assert by_time.items() <= {sample.taken_at: sample for sample in every}.items()
    assert 20 <= len(drawn) <= 50
    assert drawn[0].taken_at < T0 + 40 * SECOND
    assert drawn[-1].taken_at > T0 + 1_960 * SECOND


async def test_a_reading_without_a_value_replaces_one_with_it(target: InfluxTarget) -> None:
    async with InfluxHistory(target, SITE, DEVICES, unread) as history:
        await history.write(levels(1))
        await history.write([reading(1, None, quality=Quality.OFFLINE)])
        latest = await history.latest_before("tank/level", END_OF_TIME)
    assert latest == Sample(T0 + SECOND, None, Quality.OFFLINE)


async def test_what_is_too_old_for_its_kind_goes(target: InfluxTarget) -> None:
    now = T0 + 10 * DAY
    at = [T0, T0 + 8 * DAY]
    said = [
        reading(2 * n + i, 1.0, at=when, point=point)
        for i, when in enumerate(at)
        for n, point in enumerate(["tank/level", "door/angle", "gone/level"], 1)
    ]
    others = replace(said[0], point="tank/flow")
    async with (
        InfluxHistory(target, SITE, DEVICES, unread) as history,
        InfluxHistory(target, "elm", DEVICES, unread) as neighbour,
    ):
        await history.write(said)
        await history.write_lines([f'alarm,rule=r,site={SITE} move="raise" {T0 * 1_000}'])
        await neighbour.write([others])
        await history.forget({}, now)
        assert await left(history) == [2, 2, 2]
        await history.forget({"tank": 5 * DAY}, now)
        assert await left(history) == [1, 2, 2]
        await history.forget({"door": 9 * DAY, "default": DAY}, now)
        assert await left(history) == [0, 1, 0]
        assert await neighbour.latest_before("tank/flow", END_OF_TIME) is not None
        assert set(await measurements(history)) == {"alarm", "door"}


async def left(history: InfluxHistory) -> list[int]:
    points = ["tank/level", "door/angle", "gone/level"]
    found = await history.range(points, T0, T0 + 20 * DAY, 1)
    return [bucket.count for (bucket,) in found.values()]


async def test_a_device_that_has_moved_or_gone_keeps_its_kind_and_its_history(
    target: InfluxTarget,
) -> None:
    in_the_north, in_the_south = (
        {"tank": Origin("tank", "north")},
        {"tank": Origin("tank", "south")},
    )
    for seq, devices in enumerate([in_the_north, in_the_south, {}], 1):
        async with InfluxHistory(target, SITE, devices, unread) as history:
            await history.write([*levels(seq), reading(seq, point="never/seen")])
            found = await history.range(["tank/level", "never/seen"], T0, T0 + 9 * SECOND, 1)
            assert [bucket.count for (bucket,) in found.values()] == [seq, seq]
            assert set(await measurements(history)) == {"tank", "unknown"}


async def measurements(history: InfluxHistory) -> Sequence[str]:
    return await history.in_worker(lambda: history.connected().questions.measurements(SITE))


async def test_3x_deletes_nothing_by_age_and_says_what_to_do() -> None:
    with fake_influx2() as fake:
        fake.answers = {"SHOW MEASUREMENTS": MEASUREMENTS}
        target = replace(fake.target, version=3)
        async with InfluxHistory(target, SITE, DEVICES, unread) as history:
            with pytest.raises(Refused, match=r"deletes nothing by its age .*retention period"):
                await history.forget({"tank": DAY}, T0)


MEASUREMENTS = '{"results": [{"series": [{"columns": ["name"], "values": [["tank"]]}]}]}'
