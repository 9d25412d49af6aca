"""A journal and a ledger to run machines over."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger, sqlite_url
from tests.gateway.access.gate import Gate, a_pass
from tests.gateway.samples import NOON


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
