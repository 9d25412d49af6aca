"""The steps of the Dockerfile that need no container engine: what it copies installs, and runs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.deploy.secrets import DEPLOY

ROOT = DEPLOY.parent
PACKAGES = ("gateway", "drivers", "simulators", "dashboards")


def test_what_the_image_copies_installs_whole_and_runs(tmp_path: Path) -> None:
    source, installed = tmp_path / "src", tmp_path / "site"
    for copied in re.findall(r"^COPY (?!--from)(.+)$", (DEPLOY / "Dockerfile").read_text(), re.M):
        for name in copied.split()[:-1]:
            _copy(ROOT / name, source / name)
    flags = ["--disable-pip-version-check", "--no-build-isolation", "--no-deps", "--no-compile"]
    _run(sys.executable, "-m", "pip", "install", *flags, "--target", str(installed), str(source))
    for package in PACKAGES:
        assert _files(installed / package) == _files(ROOT / package)
    estate = str(installed / "simulators/estates/demo.site.yaml")
    told = _run(sys.executable, "-m", "gateway.cli", "check", estate, PYTHONPATH=str(installed))
    assert told.endswith("rules\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _files(folder: Path) -> set[str]:
    there = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in there if path.parent.name != "__pycache__"}


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd="/",
        env={**os.environ, "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
