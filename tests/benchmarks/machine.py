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
        f"mosquitto {_mosquitto()}, InfluxDB {_influxdb()}, SQLite {sqlite3.sqlite_version}, "
        f"DuckDB {duckdb.__version__}"
    )


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _mosquitto() -> str:
    return _said("mosquitto", "-h", r"version (\S+)")


def _influxdb() -> str:
    return _said("influxd", "version", r"InfluxDB v(\S+)")


def _said(name: str, option: str, version: str) -> str:
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin")
    if program is None:
        return "not installed"
    said = subprocess.run([program, option], capture_output=True, text=True, check=False).stdout
    found = re.search(version, said)
    return found[1] if found else "of unknown version"
