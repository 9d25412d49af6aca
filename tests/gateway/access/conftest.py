"""A journal and a ledger to run machines over."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.live import Live
from tests.gateway.access.commanded import GATE, Desk
from tests.gateway.access.gate import Gate, a_pass
from tests.gateway.samples import NOON, site


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with Journal(tmp_path / "journal.db", begin=NOON) as journal:
        yield journal


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
        yield ledger


@pytest.fixture
def gate() -> Gate:
    """A barrier that is closed, with nobody there; A123 may pass."""
    return Gate(a_pass("A123")).ready()


@pytest.fixture
async def desk(tmp_path: Path, journal: Journal, ledger: Ledger) -> AsyncIterator[Desk]:
    estate = replace(site(tmp_path), devices=(GATE,))
    live = Live(estate.points.keys(), journal, Feed())
    following = asyncio.create_task(live.follow(await live.start()))
    yield Desk(estate, journal, live, ledger)
    following.cancel()
    await asyncio.wait([following])
