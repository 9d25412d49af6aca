import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.journal import redelivery
from gateway.journal.journal import Journal
from gateway.model.reading import Quality
from tests.gateway.journal.readings import Full, held, numbers, states, values
from tests.gateway.samples import reading
from tests.waiting import until


@pytest.mark.promise("K3")
async def test_what_the_broker_sends_again_is_journalled_once(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    swipe = reading("door/swipe", {"card": "17", "granted": True})
    first = [*numbers(1), *states("open"), swipe]
    async with Journal(path) as journal:
        await journal.append(first)
        again = [replace(r, received_at=r.received_at + 5) for r in first]
        await journal.append([*again, *states("closed")], redelivered=True)
        await journal.append(again, redelivered=True)
        assert values(await held(path)) == [1, "open", swipe.value, "closed"]


@pytest.mark.parametrize(
    "changed",
    [
        {"point": "tank/other"},
        {"value": 2.0},
        {"quality": Quality.STALE},
        {"taken_at": 1},
    ],
)
async def test_a_reading_that_differs_in_anything_is_another(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    (one,) = numbers(1)
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append([one])
        await journal.append([replace(one, **changed)], redelivered=True)  # type: ignore[arg-type]  # fields of it
        assert journal.last_seq == 2


async def test_without_being_asked_nothing_is_left_out(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(numbers(1, 1))
        await journal.append(numbers(1))
        assert journal.last_seq == 3


async def test_what_waits_for_a_full_disk_is_not_taken_a_second_time(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(states("closed"))
        with Full(path.with_name("j.db-wal")):
            first = asyncio.create_task(journal.append(states("open")))
            await until(lambda: journal.fault)
            again = [
                asyncio.create_task(journal.append(states("open"), redelivered=True))
                for _ in range(2)
            ]
        async with asyncio.timeout(10):
            await asyncio.gather(first, *again)
        assert values(await held(path)) == ["closed", "open"]


async def test_it_looks_among_the_newest_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert redelivery.LOOKED_AT == 100_000
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(states("open"))
        for _ in range(20):
            await journal.append(numbers(*range(5_000)))
        await journal.append(states("open"), redelivered=True)
        await journal.append(states("open"), redelivered=True)
        assert journal.last_seq == 100_002
