"""Whose a backup is, when root makes it by hand."""

import os
from pathlib import Path


def hand_over(path: Path, like: Path) -> None:
    """Give `path`, and all that is in it, to the owner of `like`: the gateway's user must be able
    to read, and one day to delete, what root has put there. Where we are not root: nothing."""
    if os.geteuid() != 0:
        return
    owner = like.stat()
    below = sorted(path.rglob("*"), reverse=True) if path.is_dir() else []
    for each in (*below, path):  # the folder last: nobody can exchange anything in it before
        os.chown(each, owner.st_uid, owner.st_gid, follow_symlinks=False)
