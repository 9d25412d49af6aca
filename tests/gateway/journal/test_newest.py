from pathlib import Path

import pytest

from gateway.journal import journal as journal_module
from gateway.journal import upkeep
from gateway.journal.journal import Journal
from gateway.model.clock import DAY
from gateway.site.model import JournalLimits
from tests.gateway.journal.readings import held, numbers, states, values
from tests.gateway.samples import NOON

WEEK = JournalLimits(age=7 * DAY)


@pytest.fixture(autouse=True)
def _no_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "LAG", 0)


@pytest.mark.promise("K11")
async def test_a_door_that_spoke_once_a_month_ago_is_known_after_its_reading_is_deleted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(states("open"))
        await journal.append(numbers(1, 2, after=30 * DAY))
        await journal.tidy(3, WEEK, NOON + 30 * DAY)
        assert values(await held(path)) == [1, 2]
    async with Journal(path) as journal:
        newest = await journal.latest()
        assert {point: r.value for point, r in newest.items()} == {
            "door/contact": "open",
            "tank/level": 2,
        }
        assert newest["door/contact"] == states("open")[0].at(1)


async def test_only_what_came_after_the_mark_is_looked_through(tmp_path: Path) -> None:
    """A reading changed in the file behind the journal's back is not seen: it is not read."""
    import sqlite3
    from contextlib import closing

    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append([*states("open"), *numbers(*range(1_000))])
        await journal.tidy(1_001, WEEK, NOON)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE reading SET value = 'closed' WHERE seq = 1")
    async with Journal(path) as journal:
        await journal.append(numbers(7))
        newest = await journal.latest()
        assert (newest["door/contact"].value, newest["tank/level"].value) == ("open", 7)


async def test_what_was_newest_at_a_place_is_right_on_both_sides_of_the_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "SLICE", 3)
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append([*numbers(*range(1, 11)), *states("open")])
        await journal.tidy(0, WEEK, NOON, known=7)
        for place in range(1, 12):
            newest = await journal.latest(until=place)
            assert newest["tank/level"].value == min(place, 10)
            assert ("door/contact" in newest) == (place == 11)


@pytest.mark.promise("K11")
async def test_what_nobody_had_read_when_it_was_dropped_is_known_too(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append([*states("open"), *numbers(1, 2)])
        await journal.tidy(0, JournalLimits(size=0), NOON)
        assert set(values(list((await journal.latest()).values()))) == {"open", 2}
    async with Journal(tmp_path / "j.db") as journal:
        assert set(values(list((await journal.latest()).values()))) == {"open", 2}
        assert journal.last_seq == 3
