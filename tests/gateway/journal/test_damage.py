import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.errors import Unreachable
from gateway.journal import damage
from gateway.journal.damage import SetAside
from gateway.journal.journal import Journal
from gateway.model.clock import Micros, from_datetime
from gateway.site.model import JournalLimits
from tests.gateway.journal.readings import held, numbers, states, take, values
from tests.gateway.samples import NOON

NOW: Micros = from_datetime(datetime(2026, 11, 22, 10, 43, 51, tzinfo=UTC))
ASIDE = "j.db.damaged-20261122T104351Z"
COUNT = 30_000
PAGE = 4096


def opened(path: Path) -> Journal:
    return Journal(path, NOW, clock=lambda: NOW)


async def filled(path: Path) -> None:
    """COUNT levels and then a door, with a cursor kept; numbered from 1."""
    async with Journal(path) as journal:
        for first in range(0, COUNT, 5_000):
            await journal.append(numbers(*range(first, first + 5_000)))
        await journal.append(states("open"))
        await journal.advance("influxdb", 17)


def overwrite(path: Path, share: float = 1 / 3) -> None:
    """Two pages at that share of the file; what is open stays open."""
    place = int(path.stat().st_size * share) // PAGE * PAGE
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 2 * PAGE)


def _overwrite_all_but_the_first_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\xff" * (path.stat().st_size - PAGE))


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // PAGE * PAGE)


async def test_a_file_that_is_no_journal_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path, garbage = tmp_path / "j.db", b"not a database at all" * 1_000
    path.write_bytes(garbage)
    async with opened(path) as journal:
        assert journal.set_aside == SetAside(tmp_path / ASIDE, carried_over=0)
        assert (tmp_path / ASIDE).read_bytes() == garbage
        await journal.append(numbers(1))
        assert journal.last_seq == NOW + 1
    async with opened(path) as journal:
        assert journal.set_aside is None
        assert journal.behind(0) == 1


@pytest.mark.promise("K12")
@pytest.mark.parametrize("harm", [overwrite, truncate])
async def test_what_can_be_read_of_a_damaged_file_goes_on_in_a_new_one(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    path = tmp_path / "j.db"
    await filled(path)
    await asyncio.to_thread(harm, path)
    async with opened(path) as journal:
        following = journal.follow(0)
        first = await take(following, 5_000)
        assert values(first)[:5_000] == list(range(5_000))
        while journal.set_aside is None:
            first += await anext(following)
        aside = journal.set_aside
        assert aside.file == tmp_path / ASIDE
        assert aside.file.exists()
        carried = await held(path)
        assert aside.carried_over == len(carried) > COUNT / 3
        assert all(r.value == (r.seq or 0) - 1 for r in carried if r.point == "tank/level")
        assert journal.behind(0) >= len(carried)
        before = journal.last_seq
        await journal.append(numbers(-1))
        assert journal.last_seq == before + 1 > COUNT
    async with opened(path) as journal:
        assert journal.set_aside is None
        assert [*carried, *numbers(-1)] == [*(await held(path))[:-1], *numbers(-1)]


async def test_around_an_overwritten_page_nothing_else_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    await filled(path)
    await asyncio.to_thread(overwrite, path)
    async with opened(path) as journal:
        await _read_on(journal)
        carried = await held(path)
        assert len(carried) > COUNT - 3 * PAGE // 20
        assert carried[-1] == states("open")[0].at(COUNT + 1)
        assert await journal.cursor("influxdb") == 17
        assert (await journal.latest())["door/contact"].value == "open"


async def _read_on(journal: Journal) -> None:
    following = journal.follow(0)
    async with asyncio.timeout(20):
        while journal.set_aside is None:
            await anext(following)


@pytest.mark.promise("K12")
async def test_damaged_while_running_nothing_that_waits_or_was_just_written_is_lost(
    tmp_path: Path,
) -> None:
    path = tmp_path / "j.db"
    await filled(path)
    async with opened(path) as journal:
        await journal.append(numbers(*range(5_000)))
        damages = journal.damages()
        told = asyncio.ensure_future(anext(damages))
        following = journal.follow(0)
        await anext(following)
        await asyncio.to_thread(_overwrite_all_but_the_first_page, path)
        await asyncio.to_thread(_overwrite_all_but_the_first_page, path.with_name("j.db-wal"))
        appending = [asyncio.create_task(journal.append(numbers(-n))) for n in range(1, 4)]
        async with asyncio.timeout(20):
            await anext(following)
            await asyncio.gather(*appending)
            assert (await told) == journal.set_aside
        assert values(await held(path))[-5_003:] == [*range(5_000), -1, -2, -3]
        await damages.aclose()  # type: ignore[attr-defined]  # a generator


async def test_upkeep_that_meets_the_damage_goes_on_in_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    await filled(path)
    await asyncio.to_thread(overwrite, path)
    async with opened(path) as journal:
        tidied = await journal.tidy(COUNT, JournalLimits(size=0), NOON)
        assert journal.set_aside is not None
        assert tidied.fault is None
        assert tidied.shipped > COUNT - 1_000
        assert tidied.evidence == 1


@pytest.mark.parametrize("suffix", [".mending", ".mended"])
async def test_a_crash_while_it_was_replaced_is_made_good_at_the_next_start(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / "j.db"
    await filled(path)
    path.rename(tmp_path / "whole")
    if suffix == ".mended":  # complete: only the change of places is missing
        (tmp_path / "whole").rename(tmp_path / "j.db.mended")
        path.write_bytes(b"damaged" * 1_000)
    else:  # cut off in the middle: done again
        (tmp_path / "j.db.mending").write_bytes(b"half of it")
        (tmp_path / "whole").rename(path)
        await asyncio.to_thread(overwrite, path, 0)
        assert damage.finish(path, NOW) is None
    async with opened(path) as journal:
        assert journal.set_aside is not None
        assert journal.set_aside.file == tmp_path / ASIDE
        assert journal.set_aside.carried_over == (COUNT + 1 if suffix == ".mended" else 0)
    assert _names(tmp_path) == {"j.db", "j.db.lock", ASIDE}


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


async def test_who_still_has_the_damaged_file_open_does_the_new_one_no_harm(tmp_path: Path) -> None:
    """SQLite takes the -wal file away when the last to have a file open closes it, by its name."""
    path = tmp_path / "j.db"
    await filled(path)
    await asyncio.to_thread(overwrite, path)
    async with opened(path) as journal:
        with closing(sqlite3.connect(path)) as backup:
            backup.execute("SELECT max(seq) FROM reading").fetchone()
            await _read_on(journal)
            await journal.append(numbers(-1))
        await journal.append(numbers(-2))
        assert values(await held(path))[-2:] == [-1, -2]
    assert values(await held(path))[-2:] == [-1, -2]


async def test_two_damages_in_the_same_second_do_not_overwrite_each_other(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    for number in range(2):
        path.write_bytes(b"garbage %d" % number * 1_000)
        async with opened(path):
            pass
    assert (tmp_path / ASIDE).read_bytes().startswith(b"garbage 0")
    assert (tmp_path / f"{ASIDE}-2").read_bytes().startswith(b"garbage 1")


async def test_a_file_that_cannot_be_reached_is_not_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    path.mkdir()  # root may open anything else
    with pytest.raises(Unreachable, match=r"j\.db: cannot be opened .* the data folder"):
        async with opened(path):
            pass
    assert path.is_dir()


@pytest.mark.parametrize("harm", ["quality = 77", "value = x'7b'", "value = CAST(x'ff' AS TEXT)"])
async def test_a_row_that_no_reading_gives_is_left_behind_alone(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(numbers(1, 2, 3))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"UPDATE reading SET {harm} WHERE seq = 2")
    async with opened(path) as journal:
        assert values(await take(journal.follow(0), 2)) == [1, 3]
        assert journal.set_aside == SetAside(tmp_path / ASIDE, carried_over=2)
