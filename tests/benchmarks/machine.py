"""Where a figure was measured: without it the figure says nothing."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import duckdb


def machine() -> str:
    """Processor, system and the versions of what is measured, on a few lines."""
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {cores} cores, load {load:.2f} before the run\n"
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"mosquitto {_mosquitto()}, SQLite {sqlite3.sqlite_version}, DuckDB {duckdb.__version__}"
    )


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _mosquitto() -> str:
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin")
    if program is None:
        return "not installed"
    said = subprocess.run([program, "-h"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\S+)", said)
    return found[1] if found else "of unknown version"
