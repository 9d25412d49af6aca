"""A real InfluxDB that goes away and comes back: nothing is lost, nothing is there twice."""

import asyncio
from itertools import count
from pathlib import Path

import pytest

from gateway.diagnostics import Writing
from gateway.history.follower import Follower, KeptCursor
from gateway.history.influx.history import InfluxHistory
from gateway.journal.journal import Journal
from gateway.model.clock import SECOND
from gateway.model.reading import Reading
from gateway.site.model import InfluxTarget
from tests.gateway.history.conftest import unread
from tests.gateway.history.journal import MemoryJournal, running
from tests.gateway.history.readings import DEVICES, T0, levels
from tests.servers import InfluxServer, influxdb
from tests.waiting import until

SITE = "willow-court"
POINTS = ("tank/level", "tank/flow", "door/contact")


async def test_killed_again_and_again_under_load_it_lacks_nothing_and_has_nothing_twice(
    tmp_path: Path,
) -> None:
    with influxdb(tmp_path) as server:
        target = InfluxTarget(server.url, "h", server.username, server.password)
        async with (
            Journal(tmp_path / "journal.db") as journal,
            InfluxHistory(target, SITE, DEVICES, unread) as history,
        ):
            kept = KeptCursor(history, journal, "influxdb")
            follower = Follower(kept, "influxdb", sleep=shortly)
            async with running(follower.run(journal)):
                async with running(talk(journal)):
                    for _ in range(3):
                        await until(lambda: follower.writing is Writing.WRITTEN)
                        await asyncio.to_thread(server.server.kill)
                        await until(lambda: follower.writing is Writing.WAITING)
                        await more_in(journal)
                        await asyncio.to_thread(server.server.start)
                await until(lambda: follower.cursor == journal.last_seq)
            stored = [row async for part in history.scan(POINTS, T0, 2 * T0) for row in part]
            async for batch in journal.follow(0):
                told = {(reading.point, reading.taken_at): reading.value for reading in batch}
                found = {
                    (point, sample.taken_at): sample.value
                    for point, sample in stored
                    if batch[0].taken_at <= sample.taken_at <= batch[-1].taken_at
                }
                assert found == told
                if batch[-1].seq == journal.last_seq:
                    break
    assert len(stored) == journal.last_seq


async def more_in(journal: Journal) -> None:
    """Nobody waits for InfluxDB."""
    enough = journal.last_seq + 2_000
    await until(lambda: journal.last_seq > enough)


async def shortly(seconds: float) -> None:
    """The follower's waits, cut short."""
    await asyncio.sleep(min(seconds, 0.02))


async def talk(journal: Journal) -> None:
    """Some thousand readings a second, each of an instant of its own."""
    for n in count():
        await journal.append([said(100 * n + k) for k in range(100)])
        await asyncio.sleep(0.01)


def said(n: int) -> Reading:
    point = POINTS[n % len(POINTS)]
    value = f"state {n}" if point == "door/contact" else float(n)
    return Reading(point, value, T0 + n, T0 + n)


async def test_after_an_outage_all_is_caught_up_without_gap_or_double(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with influxdb(tmp_path) as server:
        target = InfluxTarget(server.url, "h", server.username, server.password)
        journal = MemoryJournal()
        async with InfluxHistory(target, SITE, DEVICES, unread) as history:
            outage = Outage(server, journal)
            store = KeptCursor(history, journal, "influxdb")
            async with running(Follower(store, "influxdb", sleep=outage.sleep).run(journal)):
                await journal.append(levels(*range(1, 101)))
                await journal.advanced_to(100)
                outage.begin()
                await journal.append(levels(*range(101, 201)))
                await journal.advanced_to(300)
            buckets = await history.range(["tank/level"], T0 + SECOND, T0 + 301 * SECOND, 300)
    assert [bucket.count for bucket in buckets["tank/level"]] == [1] * 300
    told = [r.getMessage() for r in caplog.records if r.name == "gateway.history.follower"]
    assert len(told) == 2
    assert "waits" in told[0]
    assert told[1] == "history influxdb goes on from 101"


class Outage:
    """Ends at the follower's third try; until then readings go on arriving."""

    def __init__(self, server: InfluxServer, journal: MemoryJournal) -> None:
        self._server = server.server
        self._journal = journal
        self._tries_left = 0

    def begin(self) -> None:
        self._server.stop()
        self._tries_left = 3

    async def sleep(self, _seconds: float) -> None:
        if self._tries_left:
            self._tries_left -= 1
            if self._tries_left == 0:
                await self._journal.append(levels(*range(201, 301)))
                self._server.start()
