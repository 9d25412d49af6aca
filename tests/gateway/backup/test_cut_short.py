"""`gatehouse backup` as a process that is killed, or finds the disk full half-way."""

import asyncio
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gateway.backup import kept
from tests.gateway.backup.estate import estate
from tests.waiting import until

LARGE = 150_000_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """The folder of an estate whose journal takes a while to copy."""
    site, _ = estate(tmp_path / "estate")
    with closing(sqlite3.connect(site.data / "journal.db")) as db, db:
        db.execute("CREATE TABLE bulk AS SELECT zeroblob(?) AS content", (LARGE,))
    return tmp_path


def command(folder: Path) -> list[str]:
    site, to = str(folder / "estate/elm.site.yaml"), str(folder / "backups")
    return [sys.executable, "-m", "gateway.cli", "backup", site, "--to", to]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQTT_PASSWORD", "")


async def test_killed_it_leaves_no_backup_and_the_next_one_clears_up(large: Path) -> None:
    backups = large / "backups"
    process = await asyncio.create_subprocess_exec(*command(large))
    await until(lambda: list(backups.glob(".elm-*/journal.db")), seconds=60)
    process.kill()
    await process.wait()
    assert not kept.newest_first(backups, "elm")
    (left,) = (path for path in backups.iterdir() if path.is_dir())
    kept.sweep(backups, "elm")
    assert not left.exists()


def test_a_disk_that_fills_meanwhile_is_told_and_leaves_nothing(large: Path) -> None:
    """Files of this process may not grow over a tenth of the journal."""
    limit = (LARGE // 10, LARGE // 10)
    done = subprocess.run(
        command(large),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "journal.db: cannot be copied" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in (large / "backups").iterdir()] == [".elm.lock"]
