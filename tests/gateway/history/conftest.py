"""Both stores, behind one seam, and the InfluxDB database of each test."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.influx.history import InfluxHistory
from gateway.history.protocol import History
from gateway.model.reading import Reading
from gateway.site.model import InfluxTarget
from tests.gateway.history.readings import DEVICES
from tests.servers import InfluxServer


@dataclass(frozen=True, slots=True)
class Store:
    """A history and how it is filled."""

    history: History
    write: Callable[[Sequence[Reading]], Awaitable[None]]


def unread(source: str, reason: str, payload: bytes) -> None:
    """Dead letters where none may be."""
    raise AssertionError(f"{source}: {reason}: {payload!r}")


@pytest.fixture
def target(influx: InfluxServer) -> InfluxTarget:
    """A database that does not exist yet."""
    return InfluxTarget(influx.url, f"h_{secrets.token_hex(8)}", influx.username, influx.password)


@pytest.fixture(scope="session", params=["duckdb", "influxdb"])
def server(request: pytest.FixtureRequest) -> InfluxServer | None:
    """The server of the store under test; None for DuckDB, which has none."""
    if request.param == "duckdb":
        return None
    running: InfluxServer = request.getfixturevalue("influx")
    return running


@pytest.fixture
async def store(server: InfluxServer | None, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store in turn, empty."""
    if server is None:
        async with DuckDbHistory(tmp_path / "history.duckdb") as embedded:
            yield Store(embedded, lambda batch: embedded.write(batch, batch[-1].seq or 0))
    else:
        name = f"h_{secrets.token_hex(8)}"
        target = InfluxTarget(server.url, name, server.username, server.password)
        async with InfluxHistory(target, "willow-court", DEVICES, unread) as remote:
            yield Store(remote, remote.write)
