"""A PostgreSQL cluster and databases in it."""

import os
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg import sql

from tests.blocking import excused
from tests.leftovers import sweep
from tests.servers.ports import HOST, free_port
from tests.servers.programs import require
from tests.servers.server import Server


@dataclass(frozen=True, slots=True)
class Cluster:
    """The URL is for SQLAlchemy with psycopg."""

    url: str
    port: int
    server: Server


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL cluster."""
    with postgresql_cluster(folder) as cluster:
        yield cluster.url


@contextmanager
def postgresql_cluster(folder: Path) -> Iterator[Cluster]:
    """A PostgreSQL cluster. It writes nothing through to disk (fsync off), and its data are in
    memory where there is room. Its log is in `folder`, its data in a folder of their own: pytest's
    are closed to the user `postgres`, as whom the server runs when the tests run as root."""
    initdb, postgres = _postgresql_program("initdb"), _postgresql_program("postgres")
    user = "postgres" if os.geteuid() == 0 else None
    port = free_port()
    memory = _in_memory()
    sweep(Path(memory or tempfile.gettempdir()).glob(f"{_PREFIX}*"))
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=memory) as data:
        if user:
            shutil.chown(data, user, user)
        log = folder / f"postgresql-{port}.log"
        with excused():
            _initialise([initdb, "-D", data, "-U", "gatehouse", *_INITDB_OPTIONS], user, log)
        server = Server(
            [postgres, "-D", data, "-p", str(port), "-k", "", *_POSTGRES_OPTIONS],
            log,
            lambda: _postgresql_answers(port),
            user=user,
            stop_signal=signal.SIGINT,  # "fast": does not wait for clients to leave
        )
        server.start()
        try:
            url = f"postgresql+psycopg://gatehouse@{HOST}:{port}/postgres"
            yield Cluster(url, port, server)
        finally:
            server.stop()


@contextmanager
def postgresql_database(cluster_url: str, template_url: str | None = None) -> Iterator[str]:
    """A database of the cluster, a copy of the template's or empty, dropped at the end; gives its
    URL. Nobody may be connected to the template."""
    server, _, maintenance = cluster_url.rpartition("/")
    plain = f"{server.replace('+psycopg', '')}/{maintenance}"
    name = f"test_{random.SystemRandom().randrange(10**12)}"
    template = template_url.rpartition("/")[2] if template_url else "template1"
    with excused(), psycopg.connect(plain, autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield f"{server}/{name}"
    finally:
        with excused(), psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


_PREFIX: Final = "gatehouse-postgresql-"
_ROOM: Final = 1_000_000_000
_INITDB_OPTIONS: Final = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
_POSTGRES_OPTIONS: Final = [
    *("-c", f"listen_addresses={HOST}"),
    *("-c", "fsync=off"),
    *("-c", "full_page_writes=off"),
    *("-c", "dynamic_shared_memory_type=mmap"),  # in the data folder, and gone with it
    *("-c", "log_min_messages=warning"),
]


def _in_memory() -> Path | None:
    """A folder in memory, if it has room: each database is 300 files, ten times as dear on disk."""
    folder = Path("/dev/shm")
    with suppress(OSError):
        if os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _ROOM:
            return folder
    return None


def _postgresql_program(name: str) -> str:
    """Debian keeps each version's programs in a folder of its own, outside the PATH."""
    by_version = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3])
    )
    return str(by_version[-1]) if by_version else require(name, "postgresql")


def _initialise(command: list[str], user: str | None, log: Path) -> None:
    with log.open("ab") as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd="/",
            check=False,
        )
    if done.returncode != 0:
        pytest.fail(f"initdb failed:\n{log.read_text(errors='replace')}", pytrace=False)


def _postgresql_answers(port: int) -> bool:
    try:
        psycopg.connect(host=HOST, port=port, user="gatehouse", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True
