"""What tests that were killed have left on the machine, found by the process id in its name."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil


def sweep(found: Iterable[Path]) -> None:
    """Removes those of them whose process has ended: the first number in a name, between hyphens or
    underscores, is its id (`prefix-4711-x7k2`, `prefix_4711`)."""
    for path in found:
        pid = next((int(part) for part in _parts(path) if part.isdigit()), None)
        if pid is not None and not psutil.pid_exists(pid):
            with suppress(OSError):  # somebody else's, or swept by another just now
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _parts(path: Path) -> list[str]:
    return path.name.replace("_", "-").split("-")
