"""Drivers that fail, and devices that fall silent."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Unreachable
from gateway.journal.journal import Journal
from gateway.model.clock import MILLISECOND, gateway_clock
from gateway.model.driver import Sink
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.silence import Silence
from gateway.supervise import Supervisor, watch_silence
from tests.gateway.samples import NOON, reading
from tests.waiting import until


class Flaky:
    """A driver whose runs end one after the other as told."""

    name = "flaky"

    def __init__(self, *endings: Exception | None) -> None:
        self._endings = list(endings)
        self.runs = 0

    async def run(self, sink: Sink) -> None:
        self.runs += 1
        ending = self._endings.pop(0) if self._endings else None
        if ending is not None:
            raise ending
        await sink([reading("tank/level", 1.0)])
        await asyncio.Event().wait()


@asynccontextmanager
async def task(run: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    running = asyncio.create_task(run)
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_a_driver_that_fails_is_run_again_and_its_health_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    driver = Flaky(Unreachable("broker", "refused"))
    supervisor = Supervisor(driver, lambda: NOON)
    taken: list[Reading] = []

    async def sink(readings: Sequence[Reading]) -> None:
        taken.extend(readings)

    with caplog.at_level(logging.WARNING):
        async with task(supervisor.run(sink)):
            await until(lambda: supervisor.health.fault)
            assert supervisor.health.fault == "broker: refused"
            await until(lambda: taken and supervisor.health.fault is None)
    assert supervisor.health.restarts == 1
    assert [record.message for record in caplog.records] == [
        "driver down: broker: refused",
        "driver flaky runs again",
    ]


async def test_a_driver_connects_only_while_it_may() -> None:
    supervisor = Supervisor(Flaky(Unreachable("broker", "refused")), lambda: NOON)
    permits: asyncio.Queue[None] = asyncio.Queue()
    taken = asyncio.Event()

    async def sink(_readings: Sequence[Reading]) -> None:
        taken.set()

    async with task(supervisor.run(sink, permits.get)):
        permits.put_nowait(None)
        await until(lambda: supervisor.health.fault)
        assert not taken.is_set()
        permits.put_nowait(None)
        await taken.wait()


async def test_a_driver_with_a_bug_takes_nothing_else_down() -> None:
    supervisor = Supervisor(Flaky(ZeroDivisionError("bug")), lambda: NOON)

    async def sink(readings: Sequence[Reading]) -> None:
        pass

    async with task(supervisor.run(sink)):
        await until(lambda: supervisor.health.fault == "flaky: ZeroDivisionError: bug")


async def test_a_silent_device_turns_stale_then_offline_in_the_journal(tmp_path: Path) -> None:
    clock = gateway_clock()
    point = Point("tank/level", PointKind.NUMBER, Text("", ""), period=100 * MILLISECOND)
    async with Journal(tmp_path / "j.db") as journal:
        now = clock()
        await journal.append([Reading("tank/level", 2.0, now, now)])
        silence = Silence([point], await journal.latest(), now)
        async with task(watch_silence(silence, journal, journal.last_seq, clock)):
            await until(lambda: journal.last_seq >= 3)
        told = [batch async for batch in _all(journal, 1)]
    assert [(r.value, r.quality) for r in told] == [(2.0, Quality.STALE), (None, Quality.OFFLINE)]


async def _all(journal: Journal, cursor: int) -> AsyncIterator[Reading]:
    async for batch in journal.follow(cursor):
        for given_reading in batch:
            yield given_reading
            if given_reading.seq == journal.last_seq:
                return
