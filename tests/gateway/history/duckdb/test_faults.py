"""The file goes, another comes, the disk is full: told, and gone on without a restart."""

import asyncio
import resource
from pathlib import Path

import duckdb
import pytest

from gateway.errors import Unreachable
from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.follower import Follower
from gateway.model.clock import SECOND
from gateway.model.reading import Quality
from tests.gateway.history.journal import MemoryJournal, running
from tests.gateway.history.readings import T0, levels
from tests.waiting import until

VERSION_1 = """
CREATE TYPE quality AS ENUM ('good', 'stale', 'bad', 'offline');
CREATE TABLE points (id INTEGER, name VARCHAR);
CREATE TABLE readings (
    seq BIGINT, point INTEGER, taken_at BIGINT, received_at BIGINT,
    number DOUBLE, state VARCHAR, event VARCHAR, quality quality
);
CREATE TABLE cursor (seq BIGINT);
INSERT INTO cursor VALUES (4);
INSERT INTO points VALUES (1, 'tank/level'), (2, 'door/contact');
INSERT INTO readings VALUES
    (1, 1, 1000, 2000, 1.5, NULL, NULL, 'good'),
    (2, 2, 3000, 3000, NULL, 'open', NULL, 'stale'),
    (3, 1, 1000, 4000, 2.5, NULL, NULL, 'good'),
    (4, 1, 5000, 5000, NULL, NULL, NULL, 'offline');
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.duckdb"


async def levels_of(history: DuckDbHistory) -> list[object]:
    parts = [part async for part in history.scan(["tank/level"], 0, 2 * T0)]
    return [row.sample.value for part in parts for row in part]


async def test_a_file_taken_away_while_it_is_used_is_filled_again_from_the_journal(
    path: Path,
) -> None:
    journal = MemoryJournal()
    await journal.append(levels(1, 2, 3))
    async with DuckDbHistory(path) as history:
        follower = Follower(history, "duckdb", sleep=lambda _: asyncio.sleep(0))
        async with running(follower.run(journal)):
            await until(lambda: follower.cursor == 3)
            await asyncio.to_thread(path.unlink)
            assert await levels_of(history) in ([], [1.0, 2.0, 3.0])
            await journal.append(levels(4))
            await until(lambda: follower.cursor == 4)
            assert await levels_of(history) == [1.0, 2.0, 3.0, 4.0]
            assert follower.fault is None


async def test_a_file_that_holds_less_than_was_told_is_not_written_over_the_gap(
    path: Path,
) -> None:
    async with DuckDbHistory(path) as history:
        await history.write(levels(1, 2), 2)
        await asyncio.to_thread(path.unlink)
        with pytest.raises(Unreachable, match="was replaced by a file that ends at 0"):
            await history.write(levels(3), 3)
        assert await history.cursor() == 0
        await history.write(levels(1, 2, 3), 3)
        assert await levels_of(history) == [1.0, 2.0, 3.0]


async def test_a_full_disk_is_told_and_afterwards_nothing_is_lost_or_doubled(path: Path) -> None:
    async with DuckDbHistory(path) as history:
        await history.write(levels(1, 2), 2)
        many = levels(*range(3, 6_000))
        log = path.with_name(path.name + ".wal")
        with Full(log):
            for _ in range(3):
                with pytest.raises(Unreachable, match=r"history\.duckdb"):
                    await history.write(many, 5_999)
        assert await history.cursor() == 2
        await history.write(many, 5_999)
        assert await levels_of(history) == [float(n) for n in range(1, 6_000)]


class Full:
    """While entered, no file of this process may grow beyond the size of that one: the write fails
    in the operating system, as on a full disk."""

    def __init__(self, path: Path) -> None:
        self._size = path.stat().st_size

    def __enter__(self) -> None:
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._size, self._limits[1]))

    def __exit__(self, *failure: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)


async def test_a_history_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    with duckdb.connect(path) as db:
        db.execute(VERSION_1).fetchall()
    for _ in range(2):
        async with DuckDbHistory(path) as history:
            assert await history.cursor() == 4
            assert await levels_of(history) == [2.5, None]
            door = await history.latest_before("door/contact", 2 * SECOND)
            assert door is not None
            assert (door.value, door.quality) == ("open", Quality.STALE)


async def test_a_history_of_a_newer_gatehouse_is_left_alone(path: Path) -> None:
    async with DuckDbHistory(path) as history:
        await history.write(levels(1), 1)
    with duckdb.connect(path) as db:
        db.execute("UPDATE schema_version SET number = 99").fetchall()
    async with DuckDbHistory(path) as history:
        with pytest.raises(Unreachable, match=r"version 99.*install the Gatehouse that wrote it"):
            await history.cursor()


async def test_a_folder_that_is_gone_is_not_made_anew_under_the_mount_point(tmp_path: Path) -> None:
    unmounted = tmp_path / "data"
    async with DuckDbHistory(unmounted / "history.duckdb") as history:
        with pytest.raises(Unreachable, match="is not there"):
            await history.write(levels(1), 1)
    assert not await asyncio.to_thread(unmounted.exists)
