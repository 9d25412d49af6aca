"""The DuckDB file: one process, one transaction for readings and cursor, whatever happens."""

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from gateway.errors import Unreachable
from gateway.history.duckdb.history import DuckDbHistory
from gateway.model.clock import SECOND
from tests.gateway.history.readings import T0, levels, reading

ROUNDS = 8

HOLDER = """
import sys, duckdb
db = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""

WRITER = """
import asyncio, random, sys
from pathlib import Path
from gateway.history.duckdb.history import DuckDbHistory
from gateway.model.reading import Reading

async def write(path):
    async with DuckDbHistory(path) as history:
        while True:
            cursor = await history.cursor()
            seqs = range(cursor + 1, cursor + random.randint(2, 400))
            readings = [Reading(f"device/{n % 7}", float(n), n, n, seq=n) for n in seqs]
            await history.write(readings, seqs[-1])
            print(seqs[-1], flush=True)
            if random.random() < 0.3:
                await history.settle(seqs[-1] - 50, least=1)

asyncio.run(write(Path(sys.argv[1])))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.duckdb"


async def test_a_new_file_begins_at_the_start_of_the_journal(path: Path) -> None:
    async with DuckDbHistory(path) as history:
        assert await history.cursor() == 0


async def test_readings_and_cursor_are_there_after_reopening(path: Path) -> None:
    async with DuckDbHistory(path) as history:
        await history.write(levels(1, 2, 3), 3)
    async with DuckDbHistory(path) as history:
        assert await history.cursor() == 3
        latest = await history.latest_before("tank/level", T0 + 9 * SECOND)
    assert latest is not None
    assert latest.value == 3.0


async def test_after_sigkill_every_reading_is_there_exactly_once(path: Path) -> None:
    chance = random.Random(20)
    for _ in range(ROUNDS):
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, str(path), stdout=asyncio.subprocess.PIPE
        )
        assert writer.stdout is not None
        for _ in range(chance.randint(1, 12)):
            acknowledged = int(await writer.stdout.readline())
        await asyncio.sleep(chance.random() / 50)  # any moment of the next write
        writer.kill()
        for line in (await writer.stdout.read()).splitlines():
            acknowledged = int(line)
        await writer.wait()
        assert await asyncio.to_thread(stored, path) >= acknowledged


def stored(path: Path) -> int:
    """How many readings are in: each seq from 1 to the cursor once, each with its own value."""
    with duckdb.connect(path) as db:
        ((cursor,),) = db.execute("SELECT seq FROM cursor").fetchall()
        rows = db.execute(
            "SELECT epoch_us(taken_at_utc), number, point FROM readings ORDER BY ALL"
        ).fetchall()
    assert rows == [(n, float(n), f"device/{n % 7}") for n in range(1, cursor + 1)]
    return int(cursor)


async def test_a_batch_that_fails_leaves_nothing_and_the_next_one_is_stored(path: Path) -> None:
    async with DuckDbHistory(path) as history:
        await history.write(levels(1), 1)
        not_unicode = reading(3, "\ud800", point="door/contact")
        with pytest.raises(Unreachable, match=r"history\.duckdb"):
            await history.write([reading(2, point="pump/current"), not_unicode], 3)
        assert await history.cursor() == 1
        assert await history.latest_before("pump/current", T0 + 9 * SECOND) is None
        await history.write([reading(2, "open", point="door/contact")], 2)
        latest = await history.latest_before("door/contact", T0 + 9 * SECOND)
    assert latest is not None
    assert latest.value == "open"


async def test_a_file_that_is_away_for_a_while_is_opened_again(path: Path) -> None:
    cannot_be_stored = [reading(2, "\ud800", point="door/contact")]
    async with DuckDbHistory(path) as history:
        await history.write(levels(1), 1)
        with away(path):
            with pytest.raises(Unreachable):
                await history.write(cannot_be_stored, 2)
            with pytest.raises(Unreachable):
                await history.latest_before("tank/level", T0 + 9 * SECOND)
        await history.write(levels(2), 2)
    assert await asyncio.to_thread(stored_levels, path) == [1.0, 2.0]


@contextmanager
def away(path: Path) -> Iterator[None]:
    """In the file's place stands what cannot be opened."""
    aside = path.rename(path.with_name("aside"))
    path.mkdir()
    yield
    path.rmdir()
    aside.rename(path)


def stored_levels(path: Path) -> list[float]:
    with duckdb.connect(path) as db:
        return [
            n for (n,) in db.execute("SELECT number FROM readings ORDER BY taken_at_utc").fetchall()
        ]


async def test_a_reading_that_is_not_in_the_journal_is_not_taken(path: Path) -> None:
    outside = replace(reading(1), seq=None)
    async with DuckDbHistory(path) as history:
        with pytest.raises(ValueError, match="tank/level is not in the journal"):
            await history.write([outside], 1)


async def test_thousands_of_readings_and_questions_leave_the_loop_free(path: Path) -> None:
    """The blocked-loop fixture fails this test if anything ran in the loop."""
    async with DuckDbHistory(path) as history:
        for first in range(1, 50_001, 5_000):
            await history.write(levels(*range(first, first + 5_000)), first + 4_999)
        found = await history.range(["tank/level"], T0, T0 + 60_000 * SECOND, 10_000)
    assert sum(bucket.count for bucket in found["tank/level"]) == 50_000


async def test_a_file_another_process_holds_is_named(path: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", HOLDER, str(path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    async with DuckDbHistory(path) as history:
        with pytest.raises(
            Unreachable, match="in use by another process; stop the other gateway"
        ) as told:
            await history.write(levels(1), 1)
        assert told.value.subject == str(path)
        await holder.communicate(b"")


async def test_a_damaged_history_is_named_with_the_remedy_and_left_as_it_is(path: Path) -> None:
    async with DuckDbHistory(path) as history:
        await history.write(levels(*range(1, 5_000)), 4_999)
    for damaged in damages(path):
        async with DuckDbHistory(path) as history:
            with pytest.raises(Unreachable, match=r"not a usable history .* move it aside") as told:
                await history.cursor()
            assert told.value.subject == str(path)
            assert content(path) == damaged
            move_aside(path)
            await history.write(levels(1), 1)
            assert await history.cursor() == 1


def damages(path: Path) -> Iterator[bytes]:
    """Damages the file in one way after the other."""
    whole = path.read_bytes()
    for damaged in (b"", b"not a database" * 1_000, whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        yield damaged


def move_aside(path: Path) -> None:
    path.rename(path.with_name("aside"))


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_another_programs_database_is_left_alone(path: Path) -> None:
    with duckdb.connect(path) as db:
        db.execute("CREATE TABLE points (x INTEGER)").fetchall()
    async with DuckDbHistory(path) as history:
        with pytest.raises(Unreachable, match="not a usable history"):
            await history.cursor()


async def test_the_first_question_after_a_start_knows_every_point(path: Path) -> None:
    async with DuckDbHistory(path) as history:
        await history.write(levels(1), 1)
    async with DuckDbHistory(path) as history:
        assert await history.latest_before("tank/level", T0 + 9 * SECOND) is not None


async def test_a_crash_while_the_file_is_made_is_no_obstacle(path: Path) -> None:
    path.with_name(path.name + ".new").write_bytes(b"half a header")
    path.with_name(path.name + ".new.wal").write_bytes(b"half a transaction")
    async with DuckDbHistory(path) as history:
        assert await history.cursor() == 0
