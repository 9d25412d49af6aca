"""Restoring: only what is whole, only where nothing is."""

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.backup.make import make_backup
from gateway.backup.manifest import Manifest, SavedFile
from gateway.backup.progress import Progress
from gateway.backup.restore import check_backup, restore_backup
from gateway.errors import BadConfig, GatehouseError, Malformed, Refused
from gateway.journal.journal import Journal
from gateway.ledger.ledger import sqlite_url
from gateway.model.clock import HOUR
from gateway.site.load import load_site
from tests.gateway.backup.estate import READINGS, estate, journal_of, users
from tests.gateway.samples import NOON

QUIET = Progress()
LATER = NOON + HOUR


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    site, file = estate(tmp_path / "estate")
    return make_backup(site, file, tmp_path / "backups", NOON, QUIET)


def test_everything_is_there_again_where_the_site_file_says(backup: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    done = restore_backup(backup, new, LATER, QUIET)
    assert (done.site_file, done.data) == (new / "elm.site.yaml", new / "elm-data")
    assert done.site_file.read_bytes() == (tmp_path / "estate/elm.site.yaml").read_bytes()
    assert (new / "tls/ca.pem").exists()
    assert asyncio.run(users(sqlite_url(done.data / "ledger.db"))) == ["li"]
    assert len(journal_of(done.data)) == READINGS + 1
    assert not list(new.rglob("*.unfinished"))
    assert done.still_to_do == (
        "tls/gateway.key is not in the backup: a private key",
        "set in the environment: MQTT_PASSWORD",
    )


async def test_the_journal_goes_on_beyond_every_number_given_before(
    backup: Path, tmp_path: Path
) -> None:
    done = await asyncio.to_thread(restore_backup, backup, tmp_path / "new", LATER, QUIET)
    async with Journal(done.data / "journal.db") as journal:
        assert journal.last_seq == LATER + 1
        assert journal.behind(NOON + 10) == READINGS - 10 + 1
        assert await journal.cursor("influxdb") == NOON + 10
        newest = (await journal.latest())["gateway/restored"]
        assert newest.value == {"backup": backup.name}


def test_stores_that_were_elsewhere_are_told(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    moved = tmp_path / "var/elm"
    shutil.copytree(site.data, moved)
    text = file.read_text().replace("elm-data", str(moved))
    file.write_text(text)
    elsewhere = load_site(file, {"MQTT_PASSWORD": ""})
    backup = make_backup(elsewhere, file, tmp_path / "backups", NOON, QUIET)
    done = restore_backup(backup, tmp_path / "new", LATER, QUIET)
    assert done.data == tmp_path / "new/data"
    assert f"site.data is {moved}: write {done.data} there" in done.still_to_do[0]
    shutil.rmtree(moved)
    back = restore_backup(backup, tmp_path / "again", LATER, QUIET, data=moved)
    assert not any("site.data" in step for step in back.still_to_do)
    assert len(journal_of(moved)) == READINGS + 1


def test_the_history_of_a_stopped_gateway_comes_back(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    with duckdb.connect(site.data / "history.duckdb") as db:
        db.execute("CREATE TABLE readings AS SELECT 7 AS seq")
    backup = make_backup(site, file, tmp_path / "backups", NOON, QUIET, with_history=True)
    done = restore_backup(backup, tmp_path / "new", LATER, QUIET)
    with duckdb.connect(done.data / "history.duckdb") as db:
        assert db.execute("SELECT seq FROM readings").fetchall() == [(7,)]


def test_nothing_is_restored_over_something(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new/mine").write_text("mine")
    with pytest.raises(Refused, match="is not empty"):
        restore_backup(backup, tmp_path / "new", LATER, QUIET)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine"]


def _flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def _cut(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _link_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))
    path.parent.symlink_to("elsewhere")


@pytest.mark.promise("K14")
@pytest.mark.parametrize(
    ("file", "damage", "told"),
    [
        ("journal.db", _flip, "its content is not what was saved"),
        ("ledger.db", _cut, "bytes, .* were saved"),
        ("journal.db", Path.unlink, "is missing"),
        ("ledger.db", _link, "is a symbolic link"),
        ("site/elm.site.yaml", _link_folder, "is a symbolic link"),
        ("manifest.json", _cut, "is damaged"),
        ("manifest.json", Path.unlink, "is no backup"),
        ("manifest.json", _link, "is no manifest"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    backup: Path, tmp_path: Path, file: str, damage: Callable[[Path], None], told: str
) -> None:
    damage(backup / file)
    with pytest.raises(Malformed, match=told):
        restore_backup(backup, tmp_path / "new", LATER, QUIET)
    assert not (tmp_path / "new").exists()


def test_a_database_that_was_damaged_already_is_refused(backup: Path) -> None:
    """Its size and hash are right, but SQLite would not read it."""
    _rewrite(backup, "journal.db", b"SQLite format 3\0" + b"\1" * 8_000)
    with pytest.raises(Malformed, match=r"journal\.db: is damaged"):
        check_backup(backup, QUIET)


@pytest.mark.parametrize(
    "path", ["../evil", "/etc/evil", "site/../../evil", "site//evil", "site/a\\b", "evil", "./x"]
)
def test_a_path_that_leads_out_of_the_backup_is_refused(
    backup: Path, tmp_path: Path, path: str
) -> None:
    _change(backup, lambda said: said["files"].append({**said["files"][0], "path": path}))
    with pytest.raises(Malformed, match="is damaged"):
        restore_backup(backup, tmp_path / "new", LATER, QUIET)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda said: said.update(format=2), "has format 2, not 1; restore it with a newer"),
        (lambda said: said.update(format="1"), "is damaged"),
        (lambda said: said["files"].pop(0), "is missing"),
        (lambda said: said["files"].append(said["files"][0]), "named twice"),
        (lambda said: said.update(surprise=1), "surprise"),
        (lambda said: said.update(site_file="../../x"), "is damaged"),
        (lambda said: said.pop("created_at"), "created_at"),
    ],
)
def test_a_manifest_that_is_none_of_ours_is_refused(
    backup: Path, change: Callable[[dict[str, Any]], None], told: str
) -> None:
    _change(backup, change)
    with pytest.raises(Malformed, match=told):
        check_backup(backup, QUIET)


@settings(max_examples=30)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_stands_in_a_manifest_is_refused_in_our_words(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("backup")
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(GatehouseError):
        check_backup(folder, QUIET)


@given(
    st.lists(st.sampled_from(["..", ".", "a", "", "/", "\\", "\0", "~"])).map("/".join) | st.text()
)
def test_no_path_a_manifest_may_hold_leads_out_of_the_backup(path: str) -> None:
    try:
        SavedFile(path=path, size=0, sha256="0" * 64)
    except ValidationError:
        return
    inside = os.path.normpath(f"/backup/{path}")
    assert inside == f"/backup/{path}"


def test_a_ledger_url_for_an_sqlite_ledger_is_refused(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="leave --ledger out"):
        restore_backup(backup, tmp_path / "new", LATER, QUIET, ledger_url="postgresql://h/d")


def _change(backup: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = backup / "manifest.json"
    said = json.loads(path.read_text())
    change(said)
    path.write_text(json.dumps(said))


def _rewrite(backup: Path, file: str, content: bytes) -> None:
    (backup / file).write_bytes(content)
    said = Manifest.model_validate_json((backup / "manifest.json").read_bytes())
    entries = [
        entry.model_copy(
            update={"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        )
        if entry.path == file
        else entry
        for entry in said.files
    ]
    changed = said.model_copy(update={"files": tuple(entries)})
    (backup / "manifest.json").write_text(changed.model_dump_json())
