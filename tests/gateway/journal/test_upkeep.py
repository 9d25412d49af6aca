import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.journal import journal as journal_module
from gateway.journal import upkeep
from gateway.journal.journal import Journal
from gateway.journal.upkeep import Tidied
from gateway.model.clock import DAY, HOUR, MINUTE
from gateway.model.reading import Quality
from gateway.site.model import JournalLimits
from tests.gateway.journal.readings import Full, held, numbers, states, take, values
from tests.gateway.samples import NOON, reading

PAGE = 4096
WEEK = JournalLimits(size=10**9, age=7 * DAY)
NO_ROOM = JournalLimits(size=0, age=7 * DAY)


async def test_what_every_follower_has_read_goes_when_it_is_older_than_the_age(
    tmp_path: Path,
) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(numbers(1, 2))
        await journal.append(numbers(3, after=DAY))
        assert await journal.tidy(3, WEEK, NOON + 7 * DAY) == Tidied()
        assert await journal.tidy(3, WEEK, NOON + 7 * DAY + 1) == Tidied(shipped=2)
        assert values(await held(path)) == [3]
        assert (journal.gauges.rows, journal.gauges.oldest_seq, journal.behind(0)) == (1, 3, 1)


@pytest.mark.promise("K9")
async def test_what_a_follower_has_not_read_stays_however_old(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(numbers(1, 2, 3))
        assert await journal.tidy(1, WEEK, NOON + 1000 * DAY) == Tidied(shipped=1)
        assert values(await held(path)) == [2, 3]
        assert await journal.waiting(1, NOON + DAY) == DAY
        assert await journal.waiting(3, NOON + DAY) == 0


@pytest.mark.promise("K13")
@pytest.mark.parametrize("jump", [HOUR, -HOUR, 10 * 365 * DAY, -10 * 365 * DAY])
async def test_a_clock_that_jumps_loses_nothing_and_keeps_the_order(
    tmp_path: Path, jump: int
) -> None:
    """An hour or ten years forwards or back for ten minutes, then right again."""
    path, hourly = tmp_path / "j.db", JournalLimits(age=HOUR)
    async with Journal(path) as journal:
        for minute in range(30):
            astray = jump if 10 <= minute < 20 else 0
            await journal.append(numbers(minute, after=minute * MINUTE + astray))
            await journal.tidy(minute // 2, hourly, NOON + minute * MINUTE + astray)
        left = await held(path)
        assert values(left)[-16:] == list(range(14, 30))  # what nobody has read yet
        assert all((a.seq or 0) < (b.seq or 0) for a, b in pairwise(left))
        assert values(await take(journal.follow(14), 16)) == list(range(14, 30))
        # What is stamped ahead of its time waits for it, or until room is wanted.
        aged = await journal.tidy(30, hourly, NOON + DAY)
        assert aged.shipped == len(left) - sum(r.received_at > NOON + DAY for r in left)
        assert (await journal.tidy(30, NO_ROOM, NOON + DAY)).shipped == len(left) - aged.shipped


@pytest.mark.promise("K10", "L1")
async def test_for_want_of_room_what_was_read_goes_first_then_telemetry_and_evidence_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "SLICE", 10)
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(numbers(*range(10)))
        for number in range(0, 4_000, 20):
            await journal.append([*numbers(*range(number, number + 20)), *states("open")])
        offline = reading("tank/level", None, quality=Quality.OFFLINE)
        await journal.append([offline, reading("camera/crossing", {"line": "wall"})])
        assert await journal.tidy(10, WEEK, NOON) == Tidied()
        limit = journal.gauges.bytes_used - 10 * PAGE

        first = await journal.tidy(10, JournalLimits(size=limit), NOON)
        assert (first.shipped, first.evidence) == (10, 0)
        assert 100 < first.telemetry < 2_000
        assert limit - PAGE <= journal.gauges.bytes_used <= limit
        left = values(await held(path))
        assert left.count("open") == 200
        assert left[-2:] == [None, {"line": "wall"}]
        assert [v for v in left if isinstance(v, float | int)] == list(
            range(first.telemetry, 4_000)
        )

        second = await journal.tidy(10, NO_ROOM, NOON)
        assert second == Tidied(telemetry=4_000 - first.telemetry, evidence=202)
        assert await journal.tidy(10, NO_ROOM, NOON) == Tidied()
        assert (journal.gauges.rows, journal.behind(0)) == (0, 0)
        await journal.append(numbers(1))
        assert journal.last_seq == 4_213


async def test_a_follower_passes_over_what_was_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "TAIL", 3)
    monkeypatch.setattr(upkeep, "SLICE", 4)
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append([*states("open"), *numbers(1, 2), *states("closed"), *numbers(3)])
        following = journal.follow(0)
        dropped = await journal.tidy(0, JournalLimits(size=0), NOON)
        assert dropped == Tidied(telemetry=3, evidence=2)
        await journal.append([*numbers(4, 5), *states("open"), *numbers(6)])
        assert values(await take(following, 4)) == [4, 5, "open", 6]


async def test_after_the_room_was_used_up_writing_goes_on_and_the_file_stays_in_bounds(
    tmp_path: Path,
) -> None:
    path, limits = tmp_path / "j.db", JournalLimits(size=400_000)
    sizes = []
    async with Journal(path) as journal:
        for turn in range(20):
            for _ in range(4):
                await journal.append(numbers(*range(2_000)))
            # Nobody reads for five turns; then all catch up.
            shipped = 0 if turn < 5 else journal.last_seq
            tidied = await journal.tidy(shipped, limits, NOON)
            assert (tidied.telemetry > 0) == (1 <= turn < 5)
            assert (tidied.shipped > 0) == (turn >= 5)
            assert journal.gauges.bytes_used <= limits.size
            sizes.append(path.stat().st_size)
        assert journal.last_seq == 20 * 8_000
    assert max(sizes) < 2 * limits.size  # what is used, and what comes between two rounds


async def test_commits_go_in_between_the_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "SLICE", 20)
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(numbers(*range(5_000)))
        tidying = asyncio.create_task(journal.tidy(5_000, WEEK, NOON + 8 * DAY))
        before = 0
        while not tidying.done():
            await journal.append(numbers(1))
            before += not tidying.done()
        assert before > 10
        assert (await tidying).shipped == 5_000


async def test_on_a_full_disk_it_tells_why_and_does_the_rest_later(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(numbers(*range(20_000)))
        with Full(path.with_name("j.db-wal")):
            tidied = await journal.tidy(20_000, NO_ROOM, NOON)
            assert "disk" in (tidied.fault or "")
            waiting = asyncio.create_task(journal.append(numbers(1)))
            tidied = await journal.tidy(20_000, NO_ROOM, NOON)
        async with asyncio.timeout(10):
            await waiting
            await journal.tidy(20_000, NO_ROOM, NOON)
            assert values(await take(journal.follow(20_000), 1)) == [1]
