"""`gatehouse audit …` as people use it."""

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.cli import main
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.actor import Actor
from gateway.security.audit import record
from tests.gateway.backup.estate import estate
from tests.gateway.samples import NOON

WANG = Actor("wang", "admin", "10.0.0.9")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site file whose ledger has two acts on record."""
    monkeypatch.setenv("MQTT_PASSWORD", "secret")
    site, path = estate(tmp_path / "estate")
    asyncio.run(fill(sqlite_url(site.data / "ledger.db")))
    return path


async def fill(url: str) -> None:
    def acts(connection: sa.Connection) -> None:
        record(connection, NOON, WANG, "role set", "li", before="operator", after="manager")
        record(connection, NOON, WANG, "user disabled", "li")

    async with Ledger(url) as ledger:
        await ledger.transact(acts)


def run(*arguments: object) -> int:
    """The exit status of `gatehouse audit ARGUMENTS`."""
    with pytest.raises(SystemExit) as ended:
        main(["audit", *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_record_is_printed_a_line_for_each_act(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("list", file, "--act", "role set") == 0
    line = "2023-11-14T22:13:20+00:00  wang (admin)  10.0.0.9  role set  li  'operator' → 'manager'"
    assert capsys.readouterr().out.split(maxsplit=1)[1].strip() == line
    assert run("list", file, "--from", "2023-11-15") == 0
    assert capsys.readouterr().out == ""


def test_an_altered_entry_is_named_with_its_time(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", file) == 0
    assert capsys.readouterr().out.startswith("2 entries, as they were written. Newest hash: ")
    with closing(sqlite3.connect(file.parent / "elm-data/ledger.db")) as db, db:
        db.execute("UPDATE audit SET who = 'li' WHERE act = 'role set'")
    assert run("verify", file) == 1
    assert re.match(r"entry 1, 2023-11-14T22:13:20\+00:00: was altered", capsys.readouterr().out)


def test_a_restored_record_is_sound_and_has_the_entry_its_manifest_names(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main_without_exit("backup", file, "--to", tmp_path / "backups")
    backup = Path(capsys.readouterr().out.strip())
    main_without_exit("restore", backup, tmp_path / "new")
    kept = json.loads((backup / "manifest.json").read_text())["audit"]
    assert re.fullmatch("[0-9a-f]{64}", kept)
    restored = tmp_path / "new" / file.name
    assert run("verify", restored, "--expect", kept) == 0
    with closing(sqlite3.connect(tmp_path / "new/elm-data/ledger.db")) as db, db:
        db.execute("DELETE FROM audit WHERE act = 'user disabled'")
    assert run("verify", restored) == 0
    assert run("verify", restored, "--expect", kept) == 1
    assert "the end was cut off" in capsys.readouterr().out


def main_without_exit(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    assert ended.value.code == 0
