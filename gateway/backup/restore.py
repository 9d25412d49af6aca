"""A backup, checked from end to end, then put where a gateway can start from it."""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway import diagnostics
from gateway.backup import history, manifest, postgresql, sqlite
from gateway.backup.manifest import (
    HISTORY,
    JOURNAL,
    LEDGER_DUMP,
    LEDGER_FILE,
    OUTSIDE_FOLDER,
    SITE_FOLDER,
    Manifest,
    SavedFile,
)
from gateway.backup.ownership import hand_over
from gateway.backup.progress import Progress
from gateway.errors import BadConfig, Malformed, Refused, Unreachable
from gateway.files import force
from gateway.journal.handed_on import number_on_from
from gateway.model.clock import Micros

_ASIDE: Final = ".unfinished"


@dataclass(frozen=True, slots=True)
class Restored:
    """Where everything lies now, and what is still to be done, as sentences."""

    site_file: Path
    data: Path
    still_to_do: tuple[str, ...]


def check_backup(backup: Path, progress: Progress) -> Manifest:
    """Malformed, with what is wrong, unless all of it can be restored. Nothing is written."""
    said = manifest.read(backup)
    progress.begin("reading the backup", sum(file.size for file in said.files))
    manifest.check_files(backup, said, progress.heard)
    for file in said.files:
        path = backup / file.path
        if file.path in {JOURNAL, LEDGER_FILE}:
            sqlite.check(path, progress)
        elif file.path == LEDGER_DUMP:
            postgresql.check(path, progress)
        elif file.path == HISTORY:
            history.check(path)
    return said


def restore_backup(
    backup: Path,
    folder: Path,
    now: Micros,
    progress: Progress,
    *,
    data: Path | None = None,
    ledger_url: str | None = None,
) -> Restored:
    """Put it into `folder`, the stores into `data`: both new or empty. A PostgreSQL ledger goes
    into the empty database `ledger_url`. All is checked before anything is written."""
    said = check_backup(backup, progress)
    stores = data or _data_folder(folder, said.data)
    _check_targets(folder, stores, said, ledger_url)
    with _written(folder):
        for target in (folder, stores):
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = [
            _copy(backup, file, _target(file.path, folder, stores), progress)
            for file in said.files
            if file.path != LEDGER_DUMP
        ]
        _go_on_from_here(stores / (JOURNAL + _ASIDE), backup.absolute().name, now)
        if ledger_url is not None:
            postgresql.load(backup / LEDGER_DUMP, ledger_url, progress)
        # The site file comes last: without it nothing starts on half of a backup.
        for path in sorted(aside, key=lambda path: path.name == said.site_file + _ASIDE):
            _ready(path)
        hand_over(stores, stores)
        hand_over(folder, folder)
    site_file = folder / said.site_file
    return Restored(site_file, stores, tuple(_still_to_do(said, folder, stores, data)))


def _data_folder(folder: Path, said: str) -> Path:
    path = Path(said)
    return folder / "data" if path.is_absolute() or ".." in path.parts else folder / path


def _check_targets(folder: Path, stores: Path, said: Manifest, ledger_url: str | None) -> None:
    for target in (folder, stores):
        _check_new_or_empty(target)
    if said.ledger == "postgresql":
        if ledger_url is None:
            problem = "holds a PostgreSQL ledger"
            raise BadConfig("this backup", problem, "name an empty database with --ledger")
        postgresql.check_empty(ledger_url)
    elif ledger_url is not None:
        raise BadConfig("this backup", "holds no PostgreSQL ledger", "leave --ledger out")


def _check_new_or_empty(folder: Path) -> None:
    try:
        if next(folder.iterdir(), None) is not None:
            raise Refused(str(folder), "is not empty", "restore into a new folder, then move it")
    except FileNotFoundError:
        return
    except OSError as error:
        problem = f"cannot be used ({error.strerror})"
        raise Unreachable(str(folder), problem, "name a new folder") from error


def _copy(backup: Path, file: SavedFile, target: Path, progress: Progress) -> Path:
    """Copied under a name of its own for now, which is given back, and looked at once more."""
    progress.begin(f"restoring {file.path}", file.size)
    source = manifest.plain_file(backup, file)
    aside = target.with_name(target.name + _ASIDE)
    aside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = hashlib.sha256()
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
        for chunk in manifest.chunks(source):
            made.write(chunk)
            found.update(chunk)
            progress.heard(len(chunk))
        made.flush()
        os.fsync(made.fileno())
    if found.hexdigest() != file.sha256:
        raise Malformed(str(source), "has changed since it was checked", "try again")
    return aside


def _target(path: str, folder: Path, stores: Path) -> Path:
    if path.startswith(SITE_FOLDER):
        return folder / path.removeprefix(SITE_FOLDER)
    return folder / path if path.startswith(OUTSIDE_FOLDER) else stores / path


def _go_on_from_here(journal: Path, backup: str, now: Micros) -> None:
    """Readings to come are numbered from the present instant on, as in a new journal: a cursor kept
    outside this backup (an older PostgreSQL ledger, another history) may stand after its last
    reading, and its follower would be deaf until the journal has got there again."""
    restored = diagnostics.event(diagnostics.RESTORED, now, backup=backup)
    number_on_from(journal, now, restored)


def _ready(path: Path) -> None:
    path.rename(path.with_name(path.name.removesuffix(_ASIDE)))
    force(path.parent)


def _still_to_do(said: Manifest, folder: Path, stores: Path, chosen: Path | None) -> Iterator[str]:
    written = Path(said.data)
    if (chosen is not None or written.is_absolute()) and stores.absolute() != written:
        yield f"site.data is {said.data}: write {stores.absolute()} there, or move the folder"
    if said.ledger == "postgresql":
        yield "site.ledger must name the database restored into"
    for file in said.files:
        if file.path.startswith(OUTSIDE_FOLDER):
            place = "/" + file.path.removeprefix(OUTSIDE_FOLDER)
            yield f"{folder / file.path} belongs to {place}"
    for key in said.left_out:
        yield f"{key} is not in the backup: a private key"
    if said.environment:
        yield f"set in the environment: {', '.join(said.environment)}"


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        said = error.strerror if isinstance(error, OSError) else error
        problem = f"cannot be restored into ({said})"
        remedy = "clear what is there now, make room, try again"
        raise Unreachable(str(folder), problem, remedy) from error
