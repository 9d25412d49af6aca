"""Making a backup: what is in it, and what never looks like one."""

import fcntl
import json
import os
import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from gateway.backup import kept
from gateway.backup.make import make_backup
from gateway.backup.progress import Progress, Stoppable, Stopped
from gateway.backup.restore import restore_backup
from gateway.errors import BadConfig, Malformed, Refused, Unreachable
from tests.gateway.backup.estate import estate, journal_of
from tests.gateway.samples import NOON

QUIET = Progress()
NAME = "elm-20231114T221320Z"


def test_a_backup_is_one_private_folder_named_by_the_instant(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    made = make_backup(site, file, tmp_path / "backups", NOON, QUIET)
    assert made == tmp_path / "backups" / NAME
    files = {p.relative_to(made).as_posix(): p for p in made.rglob("*") if p.is_file()}
    assert set(files) == {
        "manifest.json",
        "ledger.db",
        "journal.db",
        "site/elm.site.yaml",
        "site/tls/ca.pem",
        "site/tls/gateway.pem",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    folders = [made, *(p for p in made.rglob("*") if p.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert files["site/elm.site.yaml"].read_bytes() == file.read_bytes()


def test_secrets_from_elsewhere_stay_out_and_are_named(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    made = make_backup(site, file, tmp_path / "backups", NOON, QUIET)
    said = json.loads((made / "manifest.json").read_text())
    assert said["left_out"] == ["tls/gateway.key"]
    assert said["environment"] == ["MQTT_PASSWORD"]
    assert all(b"secret" not in path.read_bytes() for path in made.rglob("*") if path.is_file())


@pytest.mark.promise("K14")
def test_a_journal_that_is_written_all_the_time_is_copied_as_of_one_moment(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    journal = site.data / "journal.db"
    big = b"x" * 100_000
    with closing(sqlite3.connect(journal, isolation_level=None, check_same_thread=False)) as db:
        db.execute("CREATE TABLE bulk (content BLOB)")
        db.executemany("INSERT INTO bulk VALUES (?)", ((big,) for _ in range(300)))
        copied, ended = threading.Event(), threading.Event()
        written: list[int] = []

        def write() -> None:
            while not ended.is_set():
                seq = NOON + 1_000 + len(written)
                db.execute("INSERT INTO reading VALUES (?, 'a/b', 1.0, 0, 0, 0)", (seq,))
                written.append(seq)

        class Watched(Progress):
            """Goes on only when somebody has written between two steps of the copy."""

            steps = 0

            def heard(self, amount: int) -> None:
                before = len(written)
                while amount and not copied.is_set() and len(written) == before:
                    ended.wait(0.001)
                self.steps += 1

            def begin(self, what: str, size: int) -> None:  # noqa: ARG002
                if what == "checking journal.db":
                    copied.set()

        watched = Watched()
        writing = threading.Thread(target=write)
        writing.start()
        try:
            made = make_backup(site, file, tmp_path / "backups", NOON, watched)
        finally:
            ended.set()
            writing.join()
    found = [seq for seq, point in journal_of(made) if point == "a/b"]
    assert found == written[: len(found)]
    assert len(found) < len(written)
    assert watched.steps > 3


class _EndsAt(Progress):
    """A power cut, as far as a process can have one: everything ends where `what` begins."""

    def __init__(self, what: str) -> None:
        self._what = what

    def begin(self, what: str, size: int) -> None:  # noqa: ARG002
        if what == self._what:
            raise KeyboardInterrupt


@pytest.mark.parametrize("what", ["copying ledger.db", "copying journal.db", "checking journal.db"])
def test_a_backup_that_is_cut_short_leaves_nothing(tmp_path: Path, what: str) -> None:
    site, file = estate(tmp_path / "estate")
    with pytest.raises(KeyboardInterrupt):
        make_backup(site, file, tmp_path / "backups", NOON, _EndsAt(what))
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".elm.lock"]


def test_what_a_power_cut_left_looks_like_no_backup_and_goes_with_the_next(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    backups = tmp_path / "backups"
    made = make_backup(site, file, backups, NOON, QUIET)
    left = kept.unfinished(backups, made.name)
    shutil.copytree(made, left)
    assert [path for _, path in kept.newest_first(backups, "elm")] == [made]
    make_backup(site, file, backups, NOON + 1_000_000, QUIET)
    assert not left.exists()
    assert len(kept.newest_first(backups, "elm")) == 2


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        make_backup(site, file, tmp_path / "backups", NOON, Stoppable(stop))
    assert not kept.newest_first(tmp_path / "backups", "elm")


def test_a_damaged_journal_makes_no_backup_and_is_named(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    journal = site.data / "journal.db"
    size = journal.stat().st_size
    with journal.open("r+b") as raw:
        raw.seek(size // 2)
        raw.write(os.urandom(size // 2))
    with pytest.raises(Malformed, match=r"journal\.db: is damaged"):
        make_backup(site, file, tmp_path / "backups", NOON, QUIET)
    assert not kept.newest_first(tmp_path / "backups", "elm")


def test_before_the_first_start_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    (site.data / "ledger.db").unlink()
    with pytest.raises(Refused, match=r"ledger\.db: is not there"):
        make_backup(site, file, tmp_path / "backups", NOON, QUIET)


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    (tmp_path / "estate/tls/ca.pem").unlink()
    with pytest.raises(BadConfig, match=r"tls/ca\.pem: cannot be read"):
        make_backup(site, file, tmp_path / "backups", NOON, QUIET)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    (tmp_path / "backups").write_text("a file")
    with pytest.raises(Unreachable, match="backups: cannot be written to"):
        make_backup(site, file, tmp_path / "backups", NOON, QUIET)


def test_a_disk_without_room_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, file = estate(tmp_path / "estate")
    full = shutil.disk_usage(tmp_path)._replace(free=900_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(Unreachable, match="has 900 MB free; 1,000 MB are needed"):
        make_backup(site, file, tmp_path / "backups", NOON, QUIET)


def test_two_backups_of_a_site_are_not_made_at_once(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    (tmp_path / "backups").mkdir()
    with (tmp_path / "backups/.elm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="a backup of elm is being made there"):
            make_backup(site, file, tmp_path / "backups", NOON, QUIET)


def test_the_history_is_copied_only_while_no_gateway_runs(tmp_path: Path) -> None:
    site, file = estate(tmp_path / "estate")
    with (site.data / "journal.db.lock").open("a") as gateway:
        fcntl.flock(gateway, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="a gateway runs on it"):
            make_backup(site, file, tmp_path / "backups", NOON, QUIET, with_history=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_makes_by_hand_belongs_to_the_folders_owner(tmp_path: Path) -> None:
    """Else the gateway's user could neither make the next one nor delete this one."""
    site, file = estate(tmp_path / "estate")
    for folder in (backups := tmp_path / "backups", new := tmp_path / "new"):
        folder.mkdir()
        os.chown(folder, 1234, 1235)
    made = make_backup(site, file, backups, NOON, QUIET)
    restore_backup(made, new, NOON, QUIET)
    for path in (*backups.rglob("*"), *new.rglob("*")):
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235), path
