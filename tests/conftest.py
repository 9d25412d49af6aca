"""What holds for every test, and the real servers they share."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.blocking import LIMIT_S, watched_loops
from tests.leaks import Running, adopt_orphans, left_since, unfinished_tasks
from tests.servers import (
    Broker,
    InfluxServer,
    influxdb,
    mosquitto,
    postgresql,
    postgresql_database,
)

# No deadlines: a busy machine is no bug. CI tries the same examples every time, so that a failure
# belongs to the change at hand; elsewhere each run searches further.
settings.register_profile("gatehouse", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", settings.get_profile("gatehouse"), derandomize=True, print_blob=True, database=None
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "gatehouse")

adopt_orphans()


@pytest.fixture(scope="module", autouse=True)
def garbage_sought_in_new_things_only() -> None:
    """Keeps what is loaded by now out of later garbage collections, as a running gateway does:
    going through hundreds of thousands of objects would itself hold a loop too long. Again for each
    module, for what libraries keep grows from test to test."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Lets the interpreter take everything down as usual."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fails a test that leaves tasks, threads, child processes or sockets, naming them."""
    before = Running.now()
    with unfinished_tasks() as tasks:
        yield
    left = [*tasks, *left_since(before)]
    if left:
        pytest.fail("left behind:\n  " + "\n  ".join(left), pytrace=False)


@pytest.fixture(autouse=True)
def loop_never_blocked() -> Iterator[None]:
    """Fails a test in which one callback held an event loop too long, naming the callback."""
    with watched_loops() as held:
        yield
    if held:
        limit = f"{LIMIT_S * 1000:.0f} ms"
        pytest.fail(
            f"an event loop was blocked over {limit}:\n  " + "\n  ".join(held), pytrace=False
        )


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of the test's own: retained messages and sessions never reach the next test."""
    with mosquitto(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """One InfluxDB for all tests: each creates a database of its own."""
    with influxdb(tmp_path_factory.mktemp("influxdb")) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One PostgreSQL for all tests."""
    with postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_cluster: str) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    with postgresql_database(postgres_cluster) as url:
        yield url
