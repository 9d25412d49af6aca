import asyncio
from dataclasses import replace
from pathlib import Path

from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.live import Live
from gateway.model.reading import Quality
from tests.gateway.samples import LEVEL, reading


async def test_the_newest_readings_are_there_after_a_restart(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append([reading("tank/level", 1.0), reading("tank/level", 2.0)])
    async with Journal(tmp_path / "j.db") as journal:
        live = Live([LEVEL.id], journal, Feed())
        assert await live.start() == 2
        assert live.latest["tank/level"].value == 2.0


async def test_subscribe_then_snapshot_misses_nothing(tmp_path: Path) -> None:
    feed = Feed()
    async with Journal(tmp_path / "j.db") as journal:
        live = Live([LEVEL.id], journal, feed)
        following = asyncio.create_task(live.follow(await live.start()))
        with feed.subscribe() as subscription:
            await journal.append([reading("tank/level", 1.0)])
            changes = await subscription.changes()
            assert [r.value for r in changes.readings] == [1.0]
            assert live.latest["tank/level"].value == 1.0
        following.cancel()
        await asyncio.wait([following])


async def test_a_slow_reader_gets_the_newest_of_each_and_no_backlog() -> None:
    feed = Feed()
    with feed.subscribe() as subscription:
        for value in range(10_000):
            feed.publish([reading("tank/level", float(value))])
        feed.publish([reading("door/contact", "open")])
        changes = await subscription.changes()
    assert [(r.point, r.value) for r in changes.readings] == [
        ("tank/level", 9_999.0),
        ("door/contact", "open"),
    ]


async def test_a_reader_that_left_is_told_nothing_more() -> None:
    feed = Feed()
    with feed.subscribe() as subscription:
        feed.publish([reading("tank/level", 1.0)])
        await subscription.changes()
    feed.publish([reading("tank/level", 2.0)])
    waiting = asyncio.ensure_future(subscription.changes())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_while_the_journal_cannot_write_the_last_values_are_shown_as_doubtful(
    tmp_path: Path,
) -> None:
    feed = Feed()
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(
            [reading("tank/level", 2.0), reading("door/contact", None, quality=Quality.OFFLINE)]
        )
        live = Live([LEVEL.id, "door/contact"], journal, feed)
        await live.start()
        with feed.subscribe() as subscription:
            live.doubt(True)
            changes = await subscription.changes()
            assert {r.point: r.quality for r in changes.readings} == {
                "tank/level": Quality.STALE,
                "door/contact": Quality.OFFLINE,
            }
            assert live.latest["tank/level"] == replace(
                reading("tank/level", 2.0), quality=Quality.STALE, seq=1
            )
            live.doubt(False)
            changes = await subscription.changes()
            assert {r.quality for r in changes.readings} == {Quality.GOOD, Quality.OFFLINE}
            assert live.latest["tank/level"].quality is Quality.GOOD
