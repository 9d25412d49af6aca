"""Stores for tests of the gateway."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.ledger.ledger import Ledger, sqlite_url
from tests.servers import postgresql_database


@pytest.fixture(scope="session")
def postgres_if_any(request: pytest.FixtureRequest) -> None:
    """Starts the cluster before the first test that may use it, so that no test is blamed for it;
    where there is none, only the tests that really use it are skipped."""
    with suppress(pytest.skip.Exception):
        request.getfixturevalue("postgres_cluster")


@pytest.fixture(params=["sqlite", "postgresql"])
def new_ledger_url(request: pytest.FixtureRequest, tmp_path: Path, postgres_if_any: None) -> str:
    """Where there is no ledger yet, on each of the databases it must work on."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "ledger.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def sqlite_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger to be copied: the migrations take 0.1 s."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    _migrate(sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def postgres_ledger(postgres_cluster: str) -> Iterator[str]:
    """The same on PostgreSQL."""
    with postgresql_database(postgres_cluster) as url:
        _migrate(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_ledger: Path, postgres_if_any: None
) -> Iterator[str]:
    """An empty ledger on each of the databases it must work on."""
    if request.param == "sqlite":
        yield sqlite_url(Path(shutil.copy(sqlite_ledger, tmp_path)))
        return
    cluster = request.getfixturevalue("postgres_cluster")
    template = request.getfixturevalue("postgres_ledger")
    with postgresql_database(cluster, template) as url:
        yield url


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[Ledger]:
    """An open, empty ledger."""
    async with Ledger(ledger_url) as opened:
        yield opened


def _migrate(url: str) -> None:
    async def open_once() -> None:
        async with Ledger(url):
            pass

    asyncio.run(open_once())
