import os
import subprocess
from pathlib import Path

from tests.leftovers import sweep


def test_only_what_a_dead_process_left_goes(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    dead = tmp_path / f"gatehouse-crash-{ended.pid}-k2x7"
    dead.mkdir()
    (dead / "log").touch()
    shared = tmp_path / f"sem.faketime_sem_{ended.pid}"
    shared.touch()
    ours, nobodys = tmp_path / f"gatehouse-crash-{os.getpid()}-x", tmp_path / "gatehouse-crash-x7k2"
    ours.mkdir()
    nobodys.mkdir()
    sweep(tmp_path.iterdir())
    assert sorted(tmp_path.iterdir()) == sorted([ours, nobodys])
