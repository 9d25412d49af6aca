"""Somebody's hand on the journal's file while it is in use."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.journal.journal import Journal
from tests.gateway.journal.readings import held, numbers, take, values
from tests.gateway.samples import NOON


def _delete(path: Path) -> None:
    path.unlink()


def _delete_all(path: Path) -> None:
    for part in path.parent.glob("j.db*"):
        part.unlink()


def _rename(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def _replace_by_garbage(path: Path) -> None:
    path.with_name("other").write_bytes(b"no journal at all" * 1_000)
    path.with_name("other").replace(path)


@pytest.mark.promise("K1")
@pytest.mark.parametrize("hand", [_delete, _delete_all, _rename, _replace_by_garbage])
async def test_what_was_acknowledged_survives_a_file_that_is_taken_away(
    tmp_path: Path, hand: Callable[[Path], None]
) -> None:
    path = tmp_path / "j.db"
    async with Journal(path, clock=lambda: NOON) as journal:
        await journal.append(numbers(1, 2))
        await journal.advance("influxdb", 1)
        hand(path)
        await journal.append(numbers(3))
        assert values(await take(journal.follow(0), 3)) == [1, 2, 3]
        assert await journal.cursor("influxdb") == 1
        assert journal.set_aside is not None
        assert journal.set_aside.carried_over == 2
        await journal.append(numbers(4))
        # As after a power cut: what the files hold now is all there is.
        assert values(await held(path)) == [1, 2, 3, 4]
    async with Journal(path, clock=lambda: NOON) as journal:
        assert journal.set_aside is None
        assert values(await take(journal.follow(0), 4)) == [1, 2, 3, 4]
        assert await journal.cursor("influxdb") == 1


async def test_what_is_set_aside_in_the_same_second_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with Journal(path, clock=lambda: NOON) as journal:
        for number in (1, 2):
            await journal.append(numbers(number))
            _delete(path)
        await journal.append(numbers(3))
        aside = await asyncio.to_thread(lambda: list(tmp_path.glob("j.db.damaged-*-wal")))
        assert len(aside) == 2
        assert values(await held(path)) == [1, 2, 3]
