import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.journal import redelivery, upkeep
from gateway.journal.damage import mend
from gateway.journal.journal import Journal
from gateway.model.reading import Delivery, Quality, Reading
from gateway.site.model import JournalLimits
from tests.gateway.journal.readings import Full, held, numbers, states, values
from tests.gateway.samples import NOON, reading
from tests.waiting import until


def in_message(number: int | None, *readings: Reading, again: bool = False) -> list[Reading]:
    return [replace(reading, delivery=Delivery(number, again)) for reading in readings]


def doubted(*readings: Reading) -> list[Reading]:
    """Their times are their devices' own."""
    return in_message(None, *readings, again=True)


@pytest.mark.promise("K3")
async def test_what_the_broker_sends_again_is_journalled_once(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    swipe = reading("door/swipe", {"card": "17", "granted": True})
    first = [*numbers(1), *states("open"), swipe]
    async with Journal(path) as journal:
        await journal.append(first)
        again = doubted(*[replace(r, received_at=r.received_at + 5) for r in first])
        await journal.append([*again, *states("closed")])
        await journal.append([*again, *doubted(*states("closed"))])
        assert values(await held(path)) == [1, "open", swipe.value, "closed"]


@pytest.mark.promise("K3")
@pytest.mark.parametrize(
    ("known", "sent", "held_then"),
    [
        # A clock of whole seconds: all of it at one instant.
        (["open", "closed"], ["open"], ["open", "closed", "open"]),
        (["open", "closed"], ["open", "closed"], ["open", "closed"]),
        (["open", "closed"], ["closed"], ["open", "closed"]),
        (["open", "closed"], ["closed", "open"], ["open", "closed", "open"]),
        (["open", "closed"], ["open", "closed", "open"], ["open", "closed", "open"]),
        (["open", "closed", "open"], ["open"], ["open", "closed", "open"]),
        (["open"], ["open", "open", "closed"], ["open", "closed"]),
        ([], ["open", "closed", "open"], ["open", "closed", "open"]),
    ],
)
async def test_the_last_word_of_an_instant_is_never_taken_for_an_earlier_one(
    tmp_path: Path, known: list[str], sent: list[str], held_then: list[str]
) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append([reading("door/contact", word) for word in known])
        await journal.append(doubted(*[reading("door/contact", word) for word in sent]))
        assert values(await held(path)) == held_then


@pytest.mark.promise("K3")
async def test_events_of_one_instant_are_known_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    swipes = [reading("door/access", {"card": card}) for card in ("17", "18", "19")]
    async with Journal(path) as journal:
        await journal.append(swipes[:2])
        await journal.append(doubted(swipes[0], swipes[2], swipes[1], swipes[2]))
        assert values(await held(path)) == [each.value for each in swipes]


@pytest.mark.promise("K3")
async def test_without_the_devices_time_it_is_known_by_its_message(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append([*in_message(1, *states("open")), *in_message(2, *states("closed"))])
    async with Journal(path) as journal:
        later = in_message(1, *states("open"), again=True)
        fresh = in_message(3, *states("open"), again=True)
        await journal.append([*later, *fresh, *fresh])
        await journal.append([*later, *fresh])
        assert values(await held(path)) == ["open", "closed", "open"]


async def test_a_packet_identifier_that_came_round_again_is_another_message(
    tmp_path: Path,
) -> None:
    assert redelivery.LATELY < 65_535
    (state,) = states("open")
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append([replace(state, delivery=Delivery(7, again=False, lately=True))])
        resent = [replace(state, delivery=Delivery(7, again=True, lately=True))]
        await journal.append(resent)
        assert journal.last_seq == 1
        for _ in range(redelivery.LATELY // 5_000):
            await journal.append(numbers(*range(5_000)))
        await journal.append(resent)
        assert journal.last_seq == 60_002


async def test_all_points_of_a_message_are_stored_once(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        both = in_message(1, *numbers(1), *states("open"), again=True)
        await journal.append(both)
        await journal.append(both)
        assert journal.last_seq == 2


async def test_messages_are_known_in_a_file_that_replaces_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(in_message(1, *states("open")))
    mend(path, NOON, 0)
    async with Journal(path) as journal:
        await journal.append(in_message(1, *states("open"), again=True))
        assert values(await held(path)) == ["open"]


async def test_only_the_newest_messages_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j.db"
    monkeypatch.setattr(upkeep, "SLICE", 30_000)
    async with Journal(path) as journal:
        (one,) = numbers(1)
        for first in range(0, redelivery.LOOKED_AT + 10, 5_000):
            await journal.append(
                [told for n in range(5_000) for told in in_message(first + n, one)]
            )
        await journal.tidy(0, JournalLimits(), NOON)
        with closing(sqlite3.connect(path)) as db:
            count, oldest = db.execute("SELECT count(*), min(message) FROM delivered").fetchone()
        assert (count, oldest) == (redelivery.LOOKED_AT, 5_000)


@pytest.mark.parametrize(
    "changed",
    [
        {"point": "tank/other"},
        {"value": 2.0},
        {"taken_at": 1},
    ],
)
async def test_a_reading_that_differs_in_anything_is_another(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    (one,) = numbers(1)
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append([one])
        await journal.append(doubted(replace(one, **changed)))  # type: ignore[arg-type]  # fields of it
        assert journal.last_seq == 2


@pytest.mark.promise("K3")
async def test_what_is_late_when_it_is_sent_again_is_the_same(tmp_path: Path) -> None:
    (one,) = states("open")
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append([one])
        await journal.append(doubted(replace(one, quality=Quality.STALE)))
        assert journal.last_seq == 1


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
                asyncio.create_task(journal.append(doubted(*states("open")))) for _ in range(2)
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
        await journal.append(doubted(*states("open")))
        await journal.append(doubted(*states("open")))
        assert journal.last_seq == 100_002
