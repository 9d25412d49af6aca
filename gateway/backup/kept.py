"""Which backups of a site lie in a folder, and which of them may go."""

import logging
import re
import secrets
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.backup import manifest
from gateway.backup.manifest import MANIFEST, Manifest
from gateway.errors import GatehouseError
from gateway.model.clock import Micros, from_datetime, to_datetime

logger = logging.getLogger(__name__)

_INSTANT: Final = "%Y%m%dT%H%M%SZ"
_UNFINISHED: Final = ".unfinished-"


def name(site: str, created_at: Micros) -> str:
    """A backup's folder: the site and the instant in UTC, such as elm-court-20261122T031000Z."""
    return f"{site}-{to_datetime(created_at).strftime(_INSTANT)}"


def unfinished(folder: Path, name: str) -> Path:
    """Where a backup of that name lies until it is whole: no name that a backup has."""
    return folder / f".{name}{_UNFINISHED}{secrets.token_hex(4)}"


def newest_first(folder: Path, site: str) -> Sequence[tuple[Micros, Path]]:
    """The whole backups of that site and when each was made. A folder that is none, one of another
    site, one with a file too few, too short or too many is not among them."""
    pattern = re.compile(re.escape(site) + r"-(\d{8}T\d{6}Z)")
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = pattern.fullmatch(path.name)
        if match and not path.is_symlink() and _is_whole(path, site):
            moment = datetime.strptime(match[1], _INSTANT).replace(tzinfo=UTC)
            found.append((from_datetime(moment), path))
    return sorted(found, reverse=True)


def drop_oldest(folder: Path, site: str, keep: int) -> Sequence[Path]:
    """Delete the whole backups of that site beyond the newest `keep` (at least one); gives them."""
    old = [path for _, path in newest_first(folder, site)[max(1, keep) :]]
    for path in old:
        # Under another name first: a deletion that is cut short leaves nothing that looks whole.
        going = path.rename(unfinished(folder, path.name))
        shutil.rmtree(going)
        logger.info("backup %s deleted: %d newer ones are there", path.name, keep)
    return old


def sweep(folder: Path, site: str) -> None:
    """Delete what was left half done. Only while no backup of that site is being made there."""
    pattern = re.compile(rf"\.{re.escape(site)}-\d{{8}}T\d{{6}}Z{re.escape(_UNFINISHED)}[0-9a-f]+")
    for path in folder.iterdir():
        if pattern.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
            logger.warning("backup left half done is deleted: %s", path)


def _is_whole(path: Path, site: str) -> bool:
    try:
        said = manifest.read(path)
        for file in said.files:
            manifest.plain_file(path, file)
    except GatehouseError as error:
        logger.warning("not counted as a backup: %s", error)
        return False
    return said.site == site and _holds_nothing_else(path, said)


def _holds_nothing_else(path: Path, said: Manifest) -> bool:
    named = {MANIFEST, *(file.path for file in said.files)}
    return all(
        there.relative_to(path).as_posix() in named
        for there in path.rglob("*")
        if there.is_symlink() or not there.is_dir()
    )
