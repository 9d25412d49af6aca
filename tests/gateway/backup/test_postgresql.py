"""A ledger on PostgreSQL: out by pg_dump, into an empty database by pg_restore."""

import asyncio
import os
from pathlib import Path

import pytest

from gateway.backup import postgresql
from gateway.backup.make import make_backup
from gateway.backup.progress import Progress
from gateway.backup.restore import restore_backup
from gateway.errors import BadConfig, Malformed, Refused, Unreachable
from tests.gateway.backup.estate import READINGS, estate, journal_of, users
from tests.gateway.samples import NOON
from tests.servers import free_port, postgresql_database, require

QUIET = Progress()

OLD_PG_DUMP = """#!/bin/sh
echo 'pg_dump: error: aborting because of server version mismatch' >&2
echo 'pg_dump: detail: server version: 17.1; pg_dump version: 15.4' >&2
exit 1
"""
"""A fake: the real one would need a second PostgreSQL. Its words are pg_dump's own."""


@pytest.fixture(autouse=True)
def programs() -> None:
    require("pg_dump", "postgresql-client")


def test_a_ledger_comes_back_in_an_empty_database(
    tmp_path: Path, postgres_url: str, postgres_cluster: str
) -> None:
    site, file = estate(tmp_path / "estate", ledger_url=postgres_url)
    backup = make_backup(site, file, tmp_path / "backups", NOON, QUIET)
    assert (backup / "ledger.dump").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadConfig, match="name an empty database with --ledger"):
        restore_backup(backup, tmp_path / "new", NOON, QUIET)
    with pytest.raises(Refused, match="is not empty"):
        restore_backup(backup, tmp_path / "new", NOON, QUIET, ledger_url=postgres_url)
    assert not (tmp_path / "new").exists()
    with postgresql_database(postgres_cluster) as empty:
        done = restore_backup(backup, tmp_path / "new", NOON, QUIET, ledger_url=empty)
        assert asyncio.run(users(empty)) == ["li"]
    assert len(journal_of(done.data)) == READINGS + 1
    assert "site.ledger must name the database restored into" in done.still_to_do


def test_a_damaged_dump_is_refused(tmp_path: Path, postgres_url: str) -> None:
    target = tmp_path / "ledger.dump"
    asyncio.run(users(postgres_url))  # brings the tables
    postgresql.dump(postgres_url, target, QUIET)
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    with pytest.raises(Malformed, match=r"ledger\.dump: is damaged"):
        postgresql.check(target, QUIET)


def test_a_password_is_never_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path, 'echo "$@" > arguments; echo "$PGPASSWORD" > password', monkeypatch)
    monkeypatch.chdir(tmp_path)
    url = "postgresql+psycopg://li:p%40ss@db.example:5433/elm?sslmode=require"
    postgresql.dump(url, tmp_path / "ledger.dump", QUIET)
    assert "postgresql://li@db.example:5433/elm?sslmode=require" in Path("arguments").read_text()
    assert "ss@" not in Path("arguments").read_text()
    assert Path("password").read_text() == "p@ss\n"


def test_a_server_newer_than_pg_dump_is_told_with_both_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path, OLD_PG_DUMP, monkeypatch)
    with pytest.raises(BadConfig, match=r"older than the server .*17\.1; pg_dump version: 15\.4"):
        postgresql.dump("postgresql://h/d", tmp_path / "ledger.dump", QUIET)


def test_a_missing_pg_dump_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadConfig, match="pg_dump: is not installed; install PostgreSQL's client"):
        postgresql.dump("postgresql://h/d", tmp_path / "ledger.dump", QUIET)


def test_a_database_that_does_not_answer_is_unreachable(tmp_path: Path) -> None:
    nobody = f"postgresql://li:secret@127.0.0.1:{free_port()}/elm"
    with pytest.raises(Unreachable, match="Connection refused") as refused:
        postgresql.dump(nobody, tmp_path / "ledger.dump", QUIET)
    assert "secret" not in str(refused.value)
    with pytest.raises(Unreachable, match="refused"):
        postgresql.check_empty(nobody)


def _program(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of pg_dump, and of pg_restore, which then finds nothing wrong."""
    for name, text in (("pg_dump", script), ("pg_restore", "exit 0")):
        path = folder / name
        path.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
