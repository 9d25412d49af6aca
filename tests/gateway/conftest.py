"""Stores for tests of the gateway."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.ledger.ledger import Ledger, sqlite_url


@pytest.fixture(scope="session")
def postgres_if_any(request: pytest.FixtureRequest) -> None:
    """Starts the cluster before the first test that may use it, so that no test is blamed for it;
    where there is none, only the tests that really use it are skipped."""
    with suppress(pytest.skip.Exception):
        request.getfixturevalue("postgres_cluster")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path, postgres_if_any: None) -> str:
    """An empty ledger on each of the databases it must work on."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "ledger.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[Ledger]:
    """An open, empty ledger."""
    async with Ledger(ledger_url) as opened:
        yield opened
