"""Whether the journal's file still stands where it was opened; else it is made anew from what is
open.

Somebody's hand may rename, delete or replace a file in use. What is open can be read and written
as before, so nothing would be noticed; but the file has lost its name, and at the next start all
that was acknowledged since would be gone.
"""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gateway.journal import damage
from gateway.journal.damage import SetAside
from gateway.model.clock import Micros

logger = logging.getLogger(__name__)


def put_back(
    path: Path, open_file: sqlite3.Connection, now: Micros, close: Callable[[], None]
) -> SetAside:
    """All that `open_file` holds, in a new file at `path`; what stands there is set aside. `close`
    is called once all is copied: it closes `open_file`. sqlite3.Error or OSError where the new file
    cannot be made: then nothing has changed."""
    logger.critical("%s was taken away or replaced: written anew from what is still open", path)
    half = damage.beside(path, ".mending")
    half.unlink(missing_ok=True)
    with closing(sqlite3.connect(half)) as new:
        open_file.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # all in the one file
        (held,) = new.execute("SELECT count(*) FROM reading").fetchone()
    close()
    return SetAside(damage.take_place(path, now), int(held))
