"""A journal that others have gone on from meanwhile: which one it is, and where it numbers on."""

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from gateway.errors import Unreachable
from gateway.files import force
from gateway.journal import marks, rows
from gateway.journal.marks import Mark
from gateway.model.reading import Reading


def name_of(folder: Path) -> str:
    """The name of the journal in that folder, given once. Not in a backup: what is restored
    elsewhere is another journal."""
    path = folder / "journal.id"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            aside = path.with_suffix(".new")
            aside.write_text(uuid.uuid4().hex)
            force(aside)
            aside.rename(path)
            force(folder)
        return path.read_text()
    except OSError as error:
        problem = f"cannot be read or made ({error.strerror})"
        raise Unreachable(str(path), problem, "see that the disk is well") from error


def number_on_from(path: Path, place: int, *first: Reading) -> int:
    """Readings to come are numbered after `place`, or after the newest where that is later; `first`
    are put there at once. Returns after which. The file must not be in use."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        rows.create(db)
        begin = max(place, marks.read_extent(db, place).last)
        db.execute("PRAGMA synchronous=FULL")
        db.execute("BEGIN IMMEDIATE")
        marks.put(db, Mark.BEGIN, begin)
        rows.insert(db, begin + 1, [rows.pack(reading) for reading in first])
        db.execute("COMMIT")
    return begin
