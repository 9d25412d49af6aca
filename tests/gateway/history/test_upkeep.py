"""What is done daily and hourly, by an injected sleep."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.errors import Unreachable
from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.upkeep import SETTLED_TOGETHER, forget_daily, settle_hourly
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from tests.gateway.hand_clock import HandClock
from tests.gateway.history.journal import running

KEPT = {"default": 9 * DAY}


class Sleep:
    """Lets its caller go on only when the test says so; knows what was asked for."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[Micros] = asyncio.Queue()
        self._on = asyncio.Queue[None]()

    async def __call__(self, seconds: float) -> None:
        self.asked.put_nowait(round(seconds * SECOND))
        await self._on.get()

    async def over(self) -> Micros:
        """How long the sleep was to be that ends now."""
        async with asyncio.timeout(20):
            length = await self.asked.get()
        self._on.put_nowait(None)
        return length


class Kept(DuckDbHistory):
    """Notes what it is asked for; fails while `down`."""

    down = False
    old = 0

    def __init__(self) -> None:
        super().__init__(Path("none"))
        self.calls: list[object] = []

    async def forget(self, kept: Mapping[str, Micros], now: Micros) -> int:
        return self._asked((dict(kept), now)) or self.old

    async def settle(self, before: Micros, *, least: int) -> int:
        return self._asked((before, least))

    def _asked(self, call: object) -> int:
        self.calls.append(call)
        if self.down:
            raise Unreachable("history", "is away")
        return 0


async def test_old_readings_go_soon_after_the_start_and_then_daily() -> None:
    history, clock, sleep = Kept(), HandClock(), Sleep()
    async with running(forget_daily(history, KEPT, clock, sleep=sleep)):
        assert [await sleep.over() for _ in range(3)] == [MINUTE, DAY, DAY]
        await sleep.asked.get()
    assert history.calls == [(KEPT, clock())] * 3


async def test_a_history_that_is_away_is_asked_again_in_an_hour() -> None:
    history, clock, sleep = Kept(), HandClock(), Sleep()
    history.down = True
    async with running(forget_daily(history, KEPT, clock, sleep=sleep)):
        assert [await sleep.over() for _ in range(2)] == [MINUTE, HOUR]
        assert await sleep.asked.get() == HOUR
        history.down = False
        sleep._on.put_nowait(None)
        assert await sleep.over() == DAY


async def test_what_is_kept_for_ever_is_never_asked_for() -> None:
    history, clock, sleep = Kept(), HandClock(), Sleep()
    async with running(forget_daily(history, {}, clock, sleep=sleep)):
        assert [await sleep.over() for _ in range(2)] == [MINUTE, DAY]
    assert history.calls == []


async def test_only_what_was_deleted_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    history, clock, sleep = Kept(), HandClock(), Sleep()
    async with running(forget_daily(history, KEPT, clock, sleep=sleep)):
        await sleep.over()
        await sleep.asked.get()
        assert caplog.messages == []
        history.old = 3
        sleep._on.put_nowait(None)
        await sleep.asked.get()
    assert caplog.messages == ["history: 3 readings older than site.history.keep deleted"]


async def test_every_hour_what_is_older_than_one_may_settle() -> None:
    history, clock, sleep = Kept(), HandClock(), Sleep()
    async with running(settle_hourly(history, clock, sleep=sleep)):
        assert [await sleep.over() for _ in range(2)] == [MINUTE, HOUR]
        await sleep.asked.get()
    assert history.calls == [(clock() - HOUR, SETTLED_TOGETHER)] * 2
