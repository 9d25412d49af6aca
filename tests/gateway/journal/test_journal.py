import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadConfig, Malformed, Unreachable
from gateway.journal import journal as journal_module
from gateway.journal.journal import Journal
from gateway.journal.rows import from_rows, pack
from gateway.model.reading import Quality, Reading
from tests.gateway.journal.readings import Full, held, numbers, take, values
from tests.gateway.samples import reading
from tests.waiting import until


async def test_a_follower_gets_everything_in_order_and_then_what_comes(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(numbers(1, 2))
        following = journal.follow(0)
        assert [r.value for r in await take(following, 2)] == [1, 2]
        waiting = asyncio.create_task(take(following, 1))
        await journal.append(numbers(3))
        (newest,) = await waiting
        assert (newest.value, newest.seq) == (3, 3)


async def test_readings_come_back_as_they_were_after_a_restart(tmp_path: Path) -> None:
    given_ = [
        reading("tank/level", 1.25),
        reading("door/contact", "open", quality=Quality.STALE),
        reading("camera/crossing", {"line": "墙", "box": [0.1, 0.2]}),
        reading("tank/level", None, quality=Quality.OFFLINE),
    ]
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(given_)
    async with Journal(tmp_path / "j.db") as journal:
        assert journal.last_seq == len(given_)
        back = await take(journal.follow(0), len(given_))
        assert [(r.point, r.value, r.quality) for r in back] == [
            (r.point, r.value, r.quality) for r in given_
        ]
        latest = await journal.latest()
        assert latest["tank/level"].quality is Quality.OFFLINE


async def test_a_follower_far_behind_reads_the_file_and_misses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "TAIL", 10)
    monkeypatch.setattr(journal_module, "BATCH", 7)
    async with Journal(tmp_path / "j.db") as journal:
        for start in range(0, 100, 5):
            await journal.append(numbers(*range(start, start + 5)))
        back = await take(journal.follow(3), 97)
        assert [r.value for r in back] == list(range(3, 100))


async def test_cursors_are_kept(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        assert await journal.cursor("influxdb") == 0
        await journal.advance("influxdb", 7)
    async with Journal(tmp_path / "j.db") as journal:
        assert await journal.cursor("influxdb") == 7


async def test_a_journal_that_was_lost_goes_on_ahead_of_every_cursor(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db", begin=1_000) as journal:
        assert (journal.last_seq, journal.behind(0)) == (1_000, 0)
        await journal.append(numbers(1, 2))
        assert (journal.last_seq, journal.behind(0), journal.behind(1_001)) == (1_002, 2, 1)
    async with Journal(tmp_path / "j.db", begin=9_000) as journal:
        assert [r.seq for r in await take(journal.follow(7), 2)] == [1_001, 1_002]
        assert journal.behind(7) == 2


@pytest.mark.promise("K5")
async def test_a_full_disk_holds_writers_back_and_then_loses_nothing(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(numbers(1))
        with Full(tmp_path / "j.db-wal"):
            waiting = asyncio.create_task(journal.append(numbers(*range(2, 5_000))))
            await until(lambda: journal.fault and "disk" in journal.fault)
            assert not waiting.done()
        async with asyncio.timeout(10):
            await waiting
        assert journal.fault is None
        assert [r.value for r in await take(journal.follow(0), 4_999)] == list(range(1, 5_000))


@pytest.mark.promise("K5")
async def test_what_waited_for_room_is_stored_when_there_is_room_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(numbers(1))
        with Full(tmp_path / "j.db-wal"):
            first = asyncio.create_task(journal.append(numbers(*range(2, 5_000))))
            await until(lambda: journal.fault)
            second = asyncio.create_task(journal.append(numbers(5_000)))
            await asyncio.sleep(0)
    await asyncio.gather(first, second)
    assert values(await held(path)) == list(range(1, 5_001))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**63, "\ud800", {"a": object()}])
async def test_what_cannot_be_stored_is_refused_and_harms_nothing(
    tmp_path: Path, value: object
) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        with pytest.raises(Malformed, match="tank/level"):
            await journal.append([*numbers(1), reading("tank/level", value)])  # type: ignore[arg-type]  # on purpose
        await journal.append(numbers(2))
        assert [r.value for r in await take(journal.follow(0), 1)] == [2]


async def test_an_instant_beyond_the_columns_is_refused_too(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        with pytest.raises(Malformed, match="beyond 64 bits"):
            await journal.append([replace(reading("tank/level", 1.0), taken_at=2**63)])
        await journal.append(numbers(2))


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(BadConfig, match=r"data: cannot be written to .* the data folder"):
        async with Journal(tmp_path / "data" / "j.db"):
            pass


async def test_a_disk_that_is_full_at_the_start_is_no_reason_to_move_the_journal(
    tmp_path: Path,
) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(numbers(1))
    with Full(path, 0), pytest.raises(Unreachable, match="see that the disk has room"):
        async with Journal(path):
            pass


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@given(
    st.none()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"))
    | st.dictionaries(st.text(st.characters(codec="utf-8")), JSON),
    st.sampled_from(Quality),
)
def test_any_value_survives_the_columns(value: object, quality: Quality) -> None:
    given_ = Reading("a/b", value, 1, 2, quality, seq=9)  # type: ignore[arg-type]  # drawn from Value
    assert from_rows([(9, *pack(given_))]) == [given_]


WRITER = """
import asyncio, sys
from pathlib import Path
from gateway.journal.journal import Journal
from gateway.model.reading import Reading

async def main():
    async with Journal(Path(sys.argv[1])) as journal:
        number = journal.last_seq
        while True:
            await journal.append([Reading("a/b", float(number + i), 0, 0) for i in range(10)])
            number += 10
            print(number, flush=True)

asyncio.run(main())
"""


def test_what_was_acknowledged_is_there_after_sigkill(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    for kept in (50, 120, 200):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        acknowledged = 0
        while acknowledged < kept:
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        writer.stdout.close()
        writer.wait()
        with sqlite3.connect(path) as db:
            values = [row[0] for row in db.execute("SELECT value FROM reading ORDER BY seq")]
        db.close()
        assert len(values) >= acknowledged
        assert values == [float(number) for number in range(len(values))]


async def test_a_stopped_gateway_leaves_everything_in_the_one_file(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(numbers(1))
        await journal.latest()
    assert not (tmp_path / "j.db-wal").exists()
