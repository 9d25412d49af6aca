"""The systemd unit, checked by systemd's own tools."""

import re
import subprocess
from pathlib import Path

import pytest

from gateway.cli import MISUSED
from tests.deploy.secrets import DEPLOY
from tests.servers import require

UNIT = DEPLOY / "gatehouse.service"
SERIAL = DEPLOY / "gatehouse-serial.conf"
MOST_EXPOSED = 15
"""In tenths, from 0 (nothing) to 100 (everything). It has 12: the network is what remains."""
MOST_EXPOSED_WITH_SERIAL_PORTS = 19
"""It has 16: devices, though of four kinds only, and the machine's users."""


@pytest.fixture
def analyze() -> str:
    return require("systemd-analyze", "systemd")


def run(*command: str) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def with_serial_ports(tmp_path: Path) -> Path:
    """The unit as systemd reads it beside its drop-in, which comes behind it."""
    unit = tmp_path / "with-serial.service"
    text, _, install = UNIT.read_text().partition("[Install]")
    unit.write_text(f"{text}{SERIAL.read_text()}\n[Install]{install}")
    return unit


def test_systemd_finds_nothing_to_complain_of(tmp_path: Path, analyze: str) -> None:
    assert complaints(analyze, UNIT, tmp_path) == (0, "")


def test_systemd_takes_the_serial_ports(
    tmp_path: Path, analyze: str, with_serial_ports: Path
) -> None:
    assert complaints(analyze, with_serial_ports, tmp_path) == (0, "")


def complaints(analyze: str, read: Path, folder: Path) -> tuple[int, str]:
    """What is not installed here stands for what is: the program and its user."""
    unit = folder / UNIT.name
    text = read.read_text().replace("/opt/gatehouse/.venv/bin/gatehouse", "/bin/true")
    unit.write_text(text.replace("=gatehouse\nGroup=gatehouse", "=daemon\nGroup=daemon"))
    return run(analyze, "verify", "--man=no", str(unit))


def test_it_is_exposed_to_little(analyze: str) -> None:
    exposed_to_no_more(analyze, UNIT, MOST_EXPOSED)


def test_serial_ports_expose_it_to_little_more(analyze: str, with_serial_ports: Path) -> None:
    exposed_to_no_more(analyze, with_serial_ports, MOST_EXPOSED_WITH_SERIAL_PORTS)


def exposed_to_no_more(analyze: str, unit: Path, tenths: int) -> None:
    threshold = f"--threshold={tenths}"
    status, told = run(analyze, "security", "--offline=true", "--no-pager", threshold, str(unit))
    assert status == 0, told


def test_a_site_file_that_is_wrong_is_not_tried_again() -> None:
    settings = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE))
    assert settings["Restart"] == "on-failure"
    assert settings["RestartPreventExitStatus"] == str(MISUSED)
    assert settings["User"] == "gatehouse"
    assert settings["CapabilityBoundingSet"] == ""
