"""The systemd unit, checked by systemd's own tools."""

import re
import subprocess
from pathlib import Path

import pytest

from gateway.cli import MISUSED
from tests.deploy.secrets import DEPLOY
from tests.servers import require

UNIT = DEPLOY / "gatehouse.service"
MOST_EXPOSED = 15
"""In tenths, from 0 (nothing) to 100 (everything). It has 12: the network is what remains."""


@pytest.fixture
def analyze() -> str:
    return require("systemd-analyze", "systemd")


def run(*command: str) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_systemd_finds_nothing_to_complain_of(tmp_path: Path, analyze: str) -> None:
    """What is not installed here stands for what is: the program and its user."""
    unit = tmp_path / UNIT.name
    text = UNIT.read_text().replace("/opt/gatehouse/.venv/bin/gatehouse", "/bin/true")
    unit.write_text(text.replace("=gatehouse\nGroup=gatehouse", "=daemon\nGroup=daemon"))
    assert run(analyze, "verify", "--man=no", str(unit)) == (0, "")


def test_it_is_exposed_to_little(analyze: str) -> None:
    threshold = f"--threshold={MOST_EXPOSED}"
    status, told = run(analyze, "security", "--offline=true", "--no-pager", threshold, str(UNIT))
    assert status == 0, told


def test_a_site_file_that_is_wrong_is_not_tried_again() -> None:
    settings = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE))
    assert settings["Restart"] == "on-failure"
    assert settings["RestartPreventExitStatus"] == str(MISUSED)
    assert settings["User"] == "gatehouse"
    assert settings["CapabilityBoundingSet"] == ""
