"""What retention counts, and what it never touches."""

import json
import shutil
from pathlib import Path

import pytest

from gateway.backup import kept
from gateway.backup.make import make_backup
from gateway.backup.progress import Progress
from gateway.model.clock import DAY
from tests.gateway.backup.estate import estate
from tests.gateway.samples import NOON


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    """Five of the site elm, a day apart."""
    site, file = estate(tmp_path / "estate")
    folder = tmp_path / "backups"
    for day in range(5):
        make_backup(site, file, folder, NOON + day * DAY, Progress())
    return folder


def whole(folder: Path) -> list[Path]:
    return [path for _, path in kept.newest_first(folder, "elm")]


def test_the_newest_stay_and_the_oldest_go(backups: Path) -> None:
    before = whole(backups)
    assert kept.drop_oldest(backups, "elm", 2) == before[2:]
    assert whole(backups) == before[:2]
    assert {path.name for path in backups.iterdir()} == {".elm.lock", *(p.name for p in before[:2])}


def test_the_last_good_one_stays_whatever_is_asked(backups: Path) -> None:
    before = whole(backups)
    kept.drop_oldest(backups, "elm", 0)
    assert whole(backups) == before[:1]


def test_a_damaged_one_neither_counts_nor_goes(backups: Path) -> None:
    newest, second, third, fourth, oldest = whole(backups)
    (newest / "journal.db").unlink()
    with (third / "ledger.db").open("ab") as file:
        file.write(b"more")
    assert kept.drop_oldest(backups, "elm", 1) == [fourth, oldest]
    assert whole(backups) == [second]
    assert newest.exists()
    assert third.exists()


def test_what_is_no_backup_of_this_site_is_never_touched(backups: Path, tmp_path: Path) -> None:
    oldest = whole(backups)[-1]
    other = backups / "elm-court-20200101T000000Z"
    shutil.copytree(oldest, other)
    foreign = backups / "elm-20200101T000000Z"
    shutil.copytree(oldest, foreign)
    said = json.loads((foreign / "manifest.json").read_text())
    (foreign / "manifest.json").write_text(json.dumps(said | {"site": "oak"}))
    mine = backups / "elm-20200102T000000Z"
    shutil.copytree(oldest, mine)
    (mine / "why-this-one-matters.txt").write_text("kept for the insurer")
    named = backups / "elm-20200103T000000Z"
    named.mkdir()
    (named / "photo.jpg").write_text("")
    linked = backups / "elm-20200104T000000Z"
    linked.symlink_to(shutil.copytree(oldest, tmp_path / "far"))
    renamed = oldest.rename(backups / "elm-keep")
    kept.drop_oldest(backups, "elm", 1)
    assert len(whole(backups)) == 1
    for spared in (other, foreign, mine, named, linked, renamed, linked.resolve()):
        assert any(spared.iterdir())


def test_only_leftovers_of_this_site_are_swept(backups: Path) -> None:
    name = whole(backups)[0].name
    mine, others = kept.unfinished(backups, name), kept.unfinished(backups, f"x-{name}")
    also = backups / ".elm-holiday.unfinished-0"
    for folder in (mine, others, also):
        folder.mkdir()
    kept.sweep(backups, "elm")
    assert (mine.exists(), others.exists(), also.exists()) == (False, True, True)
