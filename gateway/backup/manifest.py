"""What a backup says of itself: `manifest.json`, beside the files it names.

Whoever restores must not trust it: a path in it never leads out of the backup.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from gateway.errors import Malformed, Unreachable
from gateway.files import force

FORMAT: Final = 1
"""Of the folder as a whole; it rises when an older Gatehouse could no longer restore it."""

MANIFEST: Final = "manifest.json"
MAX_MANIFEST_BYTES: Final = 10_000_000
CHUNK: Final = 1 << 20

JOURNAL: Final = "journal.db"
LEDGER_FILE: Final = "ledger.db"
LEDGER_DUMP: Final = "ledger.dump"
HISTORY: Final = "history.duckdb"
SITE_FOLDER: Final = "site/"
"""Files from the site file's folder lie in the backup under their path there."""
OUTSIDE_FOLDER: Final = "outside/"
"""Files from anywhere else lie under their absolute path without its first slash."""

DAMAGED: Final = "use another backup"

Heard = Callable[[int], None]
"""Called with the number of bytes dealt with since the last call."""


def _inside(path: str) -> str:
    """Refuses whatever could lead out of the folder, or is written in two ways."""
    pure = PurePosixPath(path)
    odd = any(not character.isprintable() or character == "\\" for character in path)
    if not pure.parts or odd or pure.is_absolute() or ".." in pure.parts or str(pure) != path:
        raise ValueError(f"{path!r} is no plain path inside the backup")
    return path


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SavedFile(_Part):
    """One file: where it lies in the backup, its bytes and their SHA-256 in hexadecimal."""

    path: Annotated[str, AfterValidator(_inside)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Manifest(_Part):
    """A whole backup. `data` is where the stores lie as the site file says: relative to it, or
    absolute. `audit` is the hash of the newest entry of the audit record. `left_out` and
    `environment` name what is needed beside the backup: private keys, and variables of the
    environment."""

    format: Literal[1]
    gatehouse: str
    site: str
    created_at: Annotated[AwareDatetime, Field(strict=False)]
    ledger: Literal["sqlite", "postgresql"]
    site_file: Annotated[str, AfterValidator(_inside)]
    data: str
    files: tuple[SavedFile, ...] = Field(strict=False)
    audit: str = ""
    left_out: tuple[str, ...] = Field(default=(), strict=False)
    environment: tuple[str, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _complete(self) -> "Manifest":
        paths = [file.path for file in self.files]
        ledger = LEDGER_FILE if self.ledger == "sqlite" else LEDGER_DUMP
        for needed in (JOURNAL, ledger, SITE_FOLDER + self.site_file):
            if needed not in paths:
                raise ValueError(f"{needed} is missing")
        if len({*paths, MANIFEST}) != len(paths) + 1:
            raise ValueError("a file is named twice")
        known = {JOURNAL, ledger, HISTORY}
        for path in paths:
            if path not in known and not path.startswith((SITE_FOLDER, OUTSIDE_FOLDER)):
                raise ValueError(f"{path} has no place in a backup")
        return self


def write(folder: Path, manifest: Manifest) -> None:
    """Put it into the backup's folder."""
    text = manifest.model_dump_json(indent=2) + "\n"
    path = folder / MANIFEST
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def read(folder: Path) -> Manifest:
    """The backup's own word. Malformed when it is none that this Gatehouse can restore; Unreachable
    when it cannot be read."""
    path = folder / MANIFEST
    try:
        if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > MAX_MANIFEST_BYTES:
            raise Malformed(str(path), "is no manifest", DAMAGED)
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        remedy = f"a backup is a folder with a {MANIFEST} in it"
        raise Malformed(str(folder), "is no backup", remedy) from error
    except OSError as error:
        raise _cannot_read(path, error) from error
    try:
        return Manifest.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] == ("format",) and isinstance(first["input"], int):
            problem = f"has format {first['input']}, not {FORMAT}"
            raise Malformed(str(folder), problem, "restore it with a newer Gatehouse") from error
        where = ".".join(str(step) for step in first["loc"]) or "it"
        raise Malformed(str(path), f"is damaged: {where}: {first['msg']}", DAMAGED) from error


def check_files(folder: Path, manifest: Manifest, heard: Heard = lambda _: None) -> None:
    """Malformed unless every file is a plain file of the size and content the manifest says."""
    for file in manifest.files:
        path = plain_file(folder, file)
        found = hashlib.sha256()
        for chunk in chunks(path):
            found.update(chunk)
            heard(len(chunk))
        if found.hexdigest() != file.sha256:
            raise Malformed(str(path), "is damaged: its content is not what was saved", DAMAGED)


def plain_file(folder: Path, file: SavedFile) -> Path:
    """The file in the backup, no step to it a symbolic link, of the size that was saved."""
    path = folder
    for step in PurePosixPath(file.path).parts:
        path /= step
        if path.is_symlink():
            raise Malformed(str(path), "is a symbolic link", "no backup has any: use another")
    try:
        found = path.lstat()
    except FileNotFoundError as error:
        raise Malformed(str(path), "is missing from the backup", DAMAGED) from error
    except OSError as error:
        raise _cannot_read(path, error) from error
    if not stat.S_ISREG(found.st_mode):
        raise Malformed(str(path), "is no plain file", DAMAGED)
    if found.st_size != file.size:
        problem = f"is damaged: {found.st_size} bytes, {file.size} were saved"
        raise Malformed(str(path), problem, DAMAGED)
    return path


def saved(folder: Path, path: str, heard: Heard = lambda _: None) -> SavedFile:
    """The manifest's entry for a file that lies in the backup now; forced to the disk."""
    found, size = hashlib.sha256(), 0
    force(folder / path)
    for chunk in chunks(folder / path):
        found.update(chunk)
        size += len(chunk)
        heard(len(chunk))
    return SavedFile(path=path, size=size, sha256=found.hexdigest())


def chunks(path: Path) -> Iterator[bytes]:
    """The file's content, piece by piece. Unreachable when it cannot be read."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise _cannot_read(path, error) from error


def _cannot_read(path: Path, error: OSError) -> Unreachable:
    return Unreachable(
        str(path), f"cannot be read ({error.strerror})", "mend the disk or its rights"
    )
