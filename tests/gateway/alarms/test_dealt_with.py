"""What a gateway that takes over leaves out, and what it does not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.alarms.dealt_with import DOUBTED, DealtWith
from gateway.journal.handed_on import name_of, number_on_from
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import SECOND
from gateway.model.reading import Delivery, Reading
from tests.gateway.samples import NOON

OPEN = Reading("door/contact", "open", NOON - SECOND, NOON)
CLOSED = Reading("door/contact", "closed", NOON - SECOND + 1, NOON)
TIMELESS = replace(OPEN, taken_at=NOON, delivery=Delivery(17, again=False, lately=True))


@pytest.fixture
async def journals(tmp_path: Path) -> AsyncIterator[tuple[Journal, Journal]]:
    async with (
        Journal(tmp_path / "north.db", NOON) as north,
        Journal(tmp_path / "south.db", NOON) as south,
    ):
        yield north, south


async def placed(journal: Journal, *readings: Reading) -> list[Reading]:
    """As the alarm service gets them."""
    cursor = journal.last_seq
    await journal.append(readings)
    return list(await anext(journal.follow(cursor)))


async def take(dealt: DealtWith, batch: list[Reading]) -> list[bool]:
    await dealt.look_at(batch)
    return [dealt.is_new(reading) for reading in batch]


async def test_what_the_former_gateway_dealt_with_is_left_out_of_what_is_sent_again(
    ledger: Ledger, journals: tuple[Journal, Journal]
) -> None:
    north, south = journals
    former = DealtWith(north, 0, NOON)
    await ledger.transact(former.load)
    assert await take(former, await placed(north, OPEN, TIMELESS)) == [True, True]
    await ledger.transact(former.save)
    next_one = DealtWith(south, 0, NOON)
    await ledger.transact(next_one.load)
    again = replace(TIMELESS, received_at=NOON + 5, taken_at=NOON + 5)
    other = replace(again, delivery=Delivery(18, again=False, lately=True))
    batch = await placed(south, OPEN, CLOSED, again, other)
    assert await take(next_one, batch) == [False, True, False, True]


async def test_what_was_not_saved_with_its_effect_is_dealt_with_again(
    ledger: Ledger, journals: tuple[Journal, Journal]
) -> None:
    north, south = journals
    assert await take(DealtWith(north, 0, NOON), await placed(north, OPEN)) == [True]
    next_one = DealtWith(south, 0, NOON)
    await ledger.transact(next_one.load)
    assert await take(next_one, await placed(south, OPEN)) == [True]


async def test_later_the_same_word_is_news(
    ledger: Ledger, journals: tuple[Journal, Journal]
) -> None:
    north, south = journals
    former = DealtWith(north, 0, NOON)
    await take(former, await placed(north, OPEN))
    await ledger.transact(former.save)
    next_one = DealtWith(south, 0, NOON)
    await ledger.transact(next_one.load)
    late = replace(OPEN, received_at=NOON + DOUBTED + 1)
    assert await take(next_one, await placed(south, late)) == [True]


async def test_a_journal_others_went_on_from_numbers_beyond_them(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with Journal(path, NOON) as journal:
        await journal.append([OPEN])
    name = name_of(tmp_path)
    assert number_on_from(path, NOON + 1_000) == NOON + 1_000
    assert number_on_from(path, NOON) == NOON + 1_000
    async with Journal(path, NOON) as journal:
        assert (journal.last_seq, journal.behind(0)) == (NOON + 1_000, 1)
        (after,) = await placed(journal, CLOSED)
        assert after.seq == NOON + 1_001
    assert name_of(tmp_path) == name
