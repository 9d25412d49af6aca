"""Killed while a damaged file is being replaced."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from gateway.journal import damage, rows
from gateway.journal.rows import pack
from tests.gateway.journal.readings import numbers

COUNT = 40_000
KILLS = 6

REPLACES = """
import sys
from pathlib import Path
from gateway.journal import damage

print("begins", flush=True)
damage.mend(Path(sys.argv[1]), 0, 0)
"""


@pytest.mark.promise("K12")
def test_killed_at_any_moment_the_next_start_has_all_that_could_be_read(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    _fill_and_damage(damaged / "j.db")
    started = time.monotonic()
    expected = _replaced(shutil.copytree(damaged, tmp_path / "whole") / "j.db")
    takes = time.monotonic() - started
    assert COUNT - 1_000 < len(expected) < COUNT
    for kill in range(KILLS):
        path = shutil.copytree(damaged, tmp_path / str(kill)) / "j.db"
        _kill_while_it_replaces(path, after_s=takes * kill / (KILLS - 1))
        _start_again(path)
        assert _rows(path) == expected


def _fill_and_damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        rows.create(db)
        rows.insert(db, 1, [pack(reading) for reading in numbers(*range(COUNT))])
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)


def _start_again(path: Path) -> None:
    replaced = any(path.parent.glob("j.db.damaged-*Z"))
    if damage.finish(path, 0) is None and not replaced:
        damage.mend(path, 0, 0)  # as soon as somebody reads it


def _replaced(path: Path) -> list[rows.Row]:
    damage.mend(path, 0, 0)
    return _rows(path)


def _rows(path: Path) -> list[rows.Row]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"{rows.SELECT} ORDER BY seq").fetchall()


def _kill_while_it_replaces(path: Path, after_s: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", REPLACES, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
