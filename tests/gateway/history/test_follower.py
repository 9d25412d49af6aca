"""Following: in order, from the cursor, through outages, in coarse batches."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.diagnostics import Writing
from gateway.errors import BadConfig, Refused, Unreachable
from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.follower import COARSE, FIRST_WAIT, LONGEST_WAIT, PAUSE_S, Follower, KeptCursor
from gateway.history.overload import Overloaded
from gateway.journal.journal import Journal
from gateway.model.clock import SECOND
from gateway.model.reading import TICK, Reading
from tests.gateway.history.journal import MemoryJournal, running
from tests.gateway.history.readings import T0, levels, reading
from tests.waiting import until


class MemoryStore:
    """A Store that fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.seqs: list[int | None] = []
        self.at = 0
        self.failures = list(failures)

    async def cursor(self) -> int:
        return self.at

    async def write(self, readings: Sequence[Reading], cursor: int) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.seqs += [reading.seq for reading in readings]
        self.at = cursor


class Pauses:
    """Notes what is slept, and tells when it was so often."""

    def __init__(self, enough: int = 1) -> None:
        self.slept: list[float] = []
        self._enough = enough
        self._reached = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self._enough:
            self._reached.set()

    async def reached(self) -> None:
        await asyncio.wait_for(self._reached.wait(), 20)


async def test_it_goes_on_from_the_stores_cursor() -> None:
    journal, store, pauses = MemoryJournal(), MemoryStore(), Pauses()
    store.at = 2
    await journal.append(levels(1, 2, 3, 4))
    async with running(Follower(store, "test", sleep=pauses.sleep).run(journal)):
        await pauses.reached()
    assert store.seqs == [3, 4]
    assert store.at == 4


async def test_what_only_tells_the_time_is_passed_over() -> None:
    journal, store, pauses = MemoryJournal(), MemoryStore(), Pauses()
    *told, last = levels(1, 2, 3)
    await journal.append([*told, replace(last, point=TICK)])
    async with running(Follower(store, "test", sleep=pauses.sleep).run(journal)):
        await pauses.reached()
    assert (store.seqs, store.at) == ([1, 2], 3)


async def test_small_batches_let_more_gather_and_large_ones_follow_at_once() -> None:
    journal, store, pauses = MemoryJournal(), MemoryStore(), Pauses()
    await journal.append(levels(*range(1, 10_000 + COARSE)))
    async with running(Follower(store, "test", sleep=pauses.sleep).run(journal)):
        await pauses.reached()
    assert store.at == 10_000 + COARSE - 1
    assert pauses.slept == [PAUSE_S]


async def test_while_catching_up_the_next_batch_is_read_as_one_is_written() -> None:
    journal, asked = MemoryJournal(), asyncio.Event()

    class Following(MemoryJournal):
        async def follow(self, cursor: int) -> AsyncIterator[Sequence[Reading]]:
            async for batch in journal.follow(cursor):
                yield batch
                asked.set()

    class Waiting(MemoryStore):
        async def write(self, readings: Sequence[Reading], cursor: int) -> None:
            await asyncio.wait_for(asked.wait(), 20)
            await super().write(readings, cursor)

    store, pauses = Waiting(), Pauses()
    await journal.append(levels(*range(1, 2 * COARSE + 2)))
    async with running(Follower(store, "test", sleep=pauses.sleep).run(Following())):
        await pauses.reached()
    assert store.seqs == list(range(1, 2 * COARSE + 2))


async def test_a_batch_that_fails_while_the_next_is_read_is_written_again() -> None:
    journal, store = MemoryJournal(), MemoryStore(Unreachable("store", "away"))
    pauses = Pauses(enough=2)
    await journal.append(levels(*range(1, COARSE + 1)))
    async with running(Follower(store, "test", sleep=pauses.sleep).run(journal)):
        await until(lambda: store.at == COARSE)
        await journal.append(levels(COARSE + 1))
        await pauses.reached()
    assert store.seqs == list(range(1, COARSE + 2))


async def test_an_outage_is_waited_for_longer_and_longer_and_told_at_its_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failures = [Unreachable("store", "away") for _ in range(9)]
    journal, store, pauses = MemoryJournal(), MemoryStore(*failures), Pauses(enough=10)
    await journal.append(levels(1, 2))
    with caplog.at_level(logging.INFO):
        async with running(Follower(store, "test", sleep=pauses.sleep).run(journal)):
            await pauses.reached()
    assert pauses.slept.pop() == PAUSE_S
    for slept, nominal in zip(pauses.slept, [0.5, 1, 2, 4, 8, 16, 30, 30, 30], strict=True):
        assert nominal / 2 <= slept <= nominal
    assert store.seqs == [1, 2]
    assert [record.getMessage() for record in caplog.records] == [
        "history test waits: store: away",
        "history test goes on from 1",
    ]


async def test_being_refused_is_told_too_and_waited_for_until_a_person_mends_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore(Unreachable("store", "away"), *[Refused("store", "wrong password")] * 3)
    journal, pauses = MemoryJournal(), Pauses(enough=5)
    await journal.append(levels(1))
    async with running(Follower(store, "test", sleep=pauses.sleep).run(journal)):
        await pauses.reached()
    assert store.seqs == [1]
    assert [record.getMessage() for record in caplog.records] == [
        "history test waits: store: away",
        "history test waits: store: wrong password",
        "history test goes on from 1",
    ]
    assert pauses.slept[1:4] == [LONGEST_WAIT / SECOND] * 3


async def test_it_says_how_it_is_doing() -> None:
    away, refused = Unreachable("store", "away"), Refused("store", "wrong password")
    journal, store, pauses = MemoryJournal(), MemoryStore(away, refused, away), Pauses(enough=4)
    await journal.append(levels(1))
    said = []

    async def sleep(seconds: float) -> None:
        said.append(follower.writing)
        await pauses.sleep(seconds)

    follower = Follower(store, "test", sleep=sleep)
    assert follower.writing is None
    async with running(follower.run(journal)):
        await pauses.reached()
    assert said == [Writing.WAITING, Writing.REFUSED, Writing.WAITING, Writing.WRITTEN]


async def test_a_store_is_left_alone_for_as_long_as_it_asks() -> None:
    asked = [Overloaded("store", "busy", 90 * SECOND), Overloaded("store", "busy", 0)]
    journal, store, pauses = MemoryJournal(), MemoryStore(*asked), Pauses(enough=3)
    await journal.append(levels(1))
    async with running(Follower(store, "test", sleep=pauses.sleep).run(journal)):
        await pauses.reached()
    assert pauses.slept == [90.0, FIRST_WAIT / SECOND, PAUSE_S]


async def test_a_store_that_cannot_be_used_at_all_ends_nothing_and_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class NoCursor(MemoryStore):
        async def cursor(self) -> int:
            if self.failures:
                raise self.failures.pop(0)
            return self.at

    failures = [BadConfig("store", "broken"), ZeroDivisionError("a fault of ours")]
    journal, store, pauses = MemoryJournal(), NoCursor(*failures), Pauses(enough=3)
    await journal.append(levels(1))
    follower = Follower(store, "test", sleep=pauses.sleep)
    async with running(follower.run(journal)):
        await pauses.reached()
    assert (store.seqs, follower.fault) == ([1], None)
    assert [record.getMessage() for record in caplog.records] == [
        "history test waits: store: broken",
        "history test waits: ZeroDivisionError: a fault of ours",
        "history test goes on from 1",
    ]


async def test_a_kept_cursor_moves_only_after_the_output() -> None:
    journal, written = MemoryJournal(), MemoryStore()

    class Output:
        async def write(self, readings: Sequence[Reading]) -> None:
            await written.write(readings, await journal.cursor("influxdb"))

    store = KeptCursor(Output(), journal, "influxdb")
    await store.write(levels(1, 2), 2)
    assert written.at == 0
    assert await store.cursor() == 2
    written.failures = [Unreachable("store", "away")]
    with pytest.raises(Unreachable):
        await store.write(levels(3), 3)
    assert await store.cursor() == 2


async def test_the_real_journal_fills_the_real_file_and_keeps_cursors(tmp_path: Path) -> None:
    said = [replace(reading(n, float(n)), seq=None) for n in range(1, 8)]
    pauses = Pauses()
    async with (
        Journal(tmp_path / "journal.sqlite") as journal,
        DuckDbHistory(tmp_path / "history.duckdb") as history,
    ):
        await journal.append(said)
        async with running(Follower(history, "duckdb", sleep=pauses.sleep).run(journal)):
            await pauses.reached()
        assert await history.cursor() == 7
        latest = await history.latest_before("tank/level", T0 * 2)
        assert latest is not None
        assert latest.value == 7.0
        kept = KeptCursor(NoOutput(), journal, "influxdb")
        assert await kept.cursor() == 0
        await kept.write(levels(1, 2), 2)
        assert await kept.cursor() == 2


class NoOutput:
    """An Output that takes everything."""

    async def write(self, readings: Sequence[Reading]) -> None:
        """Done."""


class DrippingStore(MemoryStore):
    """Its writes end when they may."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def write(self, readings: Sequence[Reading], cursor: int) -> None:
        await self.go_on.wait()
        await super().write(readings, cursor)


async def test_a_write_that_does_not_end_is_told_while_it_lasts() -> None:
    """A server that drips its answer never fails, and is never done."""
    journal, store = MemoryJournal(), DrippingStore()
    follower = Follower(store, "test", slow_s=0.01)
    await journal.append(levels(1))
    async with running(follower.run(journal)):
        await until(lambda: follower.writing is Writing.WAITING)
        assert follower.fault == "a write has not ended for 0.01 s; look at that database"
        store.go_on.set()
        await until(lambda: follower.writing is Writing.WRITTEN and follower.fault is None)
    assert store.seqs == [1]
