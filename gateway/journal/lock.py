"""One journal, one gateway."""

import fcntl
from pathlib import Path
from typing import IO, Final

from gateway.errors import BadConfig

MAKE_WRITABLE: Final = (
    "see that the disk has room and that the gateway may write in the data folder"
)


def lock(path: Path) -> IO[str]:
    """Held until closed, or until the process ends in any way. BadConfig where another process
    holds it, or where nobody can."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = path.with_name(path.name + ".lock").open("a")
    except OSError as error:
        problem = f"cannot be written to ({error.strerror})"
        raise BadConfig(str(path.parent), problem, MAKE_WRITABLE) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        raise BadConfig(
            str(path),
            "is in use by another gateway",
            "stop that one, or give this one another data folder",
        ) from error
    return held


def is_held(path: Path) -> bool:
    """Whether a gateway runs with that journal now."""
    file = path.with_name(path.name + ".lock")
    if not file.exists():
        return False
    try:
        lock(path).close()
    except BadConfig:
        return True
    return False
