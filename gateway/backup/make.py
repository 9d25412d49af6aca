"""One backup: written aside, checked, and given its name when it is whole."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gateway.backup import history, kept, manifest, postgresql, sqlite
from gateway.backup.manifest import (
    FORMAT,
    HISTORY,
    JOURNAL,
    LEDGER_DUMP,
    LEDGER_FILE,
    Manifest,
    SavedFile,
)
from gateway.backup.ownership import hand_over
from gateway.backup.progress import Progress
from gateway.backup.site_files import SiteFiles, data_folder, site_files
from gateway.errors import Refused, Unreachable
from gateway.files import force
from gateway.ledger.ledger import sqlite_url
from gateway.model.clock import Micros, to_datetime
from gateway.security.audit_trail import newest_hash
from gateway.site.model import Site

ROOM_LEFT_BYTES: Final = 1_000_000_000
"""What must stay free where the stores lie on the same disk: a full one would stop the gateway."""


def make_backup(
    site: Site,
    site_file: Path,
    folder: Path,
    now: Micros,
    progress: Progress,
    *,
    with_history: bool = False,
) -> Path:
    """A backup of everything the gateway needs to go on, in `folder`; gives its own folder there.

    The gateway may run meanwhile, except with `with_history`. Whatever goes wrong leaves nothing
    that looks like a backup: Unreachable (disk, database), Malformed (a store is damaged), Refused
    or BadConfig with what to do.
    """
    files = site_files(site, site_file)
    with _written(folder), _alone(folder, site.id), _as_it_stands(site, with_history):
        kept.sweep(folder, site.id)
        _check_room(site, folder, with_history)
        name = kept.name(site.id, now)
        whole, aside = folder / name, kept.unfinished(folder, name)
        if whole.exists():
            raise Refused(str(whole), "is there already", "try again in a second")
        aside.mkdir(mode=0o700)
        try:
            audit = _newest_audit_hash(site)
            stores = _save_stores(site, aside, progress, with_history)
            saved = (*stores, *_save_files(files, aside))
            manifest.write(aside, _manifest(site, site_file, now, files, saved, audit))
            hand_over(aside, folder)
            _force_to_disk(aside)
            aside.rename(whole)
            force(folder)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    return whole


def _newest_audit_hash(site: Site) -> str:
    """Of the audit record as it is now; empty where there is none yet."""
    url = sa.make_url(site.ledger_url or sqlite_url(_there(site.data / LEDGER_FILE)))
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return newest_hash(connection)
    except DBAPIError:  # what is wrong with it, copying it tells
        return ""
    finally:
        engine.dispose()


def _save_stores(
    site: Site, aside: Path, progress: Progress, with_history: bool
) -> Sequence[SavedFile]:
    """The ledger first: its cursor is then never ahead of the journal's copy."""
    if site.ledger_url is None:
        names = [LEDGER_FILE, JOURNAL]
        sqlite.copy(_there(site.data / LEDGER_FILE), aside / LEDGER_FILE, progress)
    else:
        names = [LEDGER_DUMP, JOURNAL]
        postgresql.dump(site.ledger_url, aside / LEDGER_DUMP, progress)
    sqlite.copy(_there(site.data / JOURNAL), aside / JOURNAL, progress)
    if with_history:
        history.copy(_there(site.data / HISTORY), aside / HISTORY, progress)
        names.append(HISTORY)
    return [_saved(aside, name, progress) for name in names]


def _saved(aside: Path, name: str, progress: Progress) -> SavedFile:
    progress.begin(f"reading {name} back", (aside / name).stat().st_size)
    return manifest.saved(aside, name, progress.heard)


def _save_files(files: SiteFiles, aside: Path) -> Iterator[SavedFile]:
    for place, content in files.saved:
        path = aside / place
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        yield manifest.saved(aside, place)


def _manifest(
    site: Site,
    site_file: Path,
    now: Micros,
    files: SiteFiles,
    saved: tuple[SavedFile, ...],
    audit: str,
) -> Manifest:
    return Manifest(
        format=FORMAT,
        gatehouse=version("gatehouse"),
        site=site.id,
        created_at=to_datetime(now),
        ledger="sqlite" if site.ledger_url is None else "postgresql",
        site_file=site_file.name,
        data=data_folder(site, site_file),
        files=saved,
        audit=audit,
        left_out=tuple(files.left_out),
        environment=tuple(files.environment),
    )


def _there(store: Path) -> Path:
    if not store.is_file():
        remedy = "the gateway makes it at its first start: there is nothing to back up yet"
        raise Refused(str(store), "is not there", remedy)
    return store


def _check_room(site: Site, folder: Path, with_history: bool) -> None:
    stores = [site.data / name for name in (LEDGER_FILE, JOURNAL)]
    if with_history:
        stores.append(site.data / HISTORY)
    logs = [store.with_name(store.name + "-wal") for store in stores]
    needed = sum(path.stat().st_size for path in (*stores, *logs) if path.is_file())
    if site.data.is_dir() and site.data.stat().st_dev == folder.stat().st_dev:
        needed += ROOM_LEFT_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        problem = f"has {free / 1e6:,.0f} MB free; {needed / 1e6:,.0f} MB are needed"
        raise Unreachable(str(folder), problem, "make room, or take another disk")


def _force_to_disk(aside: Path) -> None:
    """Contents have been forced already; now the manifest, and that the files are there at all."""
    force(aside / manifest.MANIFEST)
    for path in (*aside.rglob("*"), aside):
        if path.is_dir():
            force(path)


def _as_it_stands(site: Site, with_history: bool) -> AbstractContextManager[None]:
    return history.gateway_stopped(site.data) if with_history else nullcontext()


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """What the disk refuses, as our error."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield
    except OSError as error:
        problem = f"cannot be written to ({error.strerror})"
        raise Unreachable(str(folder), problem, "see that it is there and has room") from error


@contextmanager
def _alone(folder: Path, site: str) -> Iterator[None]:
    """One backup of a site at a time in a folder."""
    path = folder / f".{site}.lock"
    lock = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        hand_over(path, folder)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            problem = f"a backup of {site} is being made there"
            raise Refused(str(folder), problem, "wait for its end") from error
        yield
    finally:
        os.close(lock)
