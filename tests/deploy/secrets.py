"""What `deploy/make-secrets` makes, in a folder of the test's own."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Server, require

DEPLOY = Path(__file__).parents[2] / "deploy"


@dataclass(frozen=True, slots=True)
class Secrets:
    """`folder` stands for deploy/; `devices` are their passwords by name."""

    folder: Path
    environment: dict[str, str]
    devices: dict[str, str]


@dataclass(frozen=True, slots=True)
class ShippedBroker:
    """mosquitto with the shipped configuration and secrets of its own."""

    port: int
    secrets: Secrets
    server: Server


def make_secrets(folder: Path, *devices: str) -> Secrets:
    """For a broker reached as 127.0.0.1."""
    require("openssl", "openssl")
    require("mosquitto_passwd", "mosquitto")
    told = run(folder, "127.0.0.1", *devices).stdout
    lines = (folder / ".env").read_text().splitlines()
    return Secrets(
        folder,
        dict(line.split("=", 1) for line in lines),
        dict(re.findall(r"user (\S+), password (\w+)", told)),
    )


def run(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DEPLOY / "make-secrets", *arguments],
        env={**os.environ, "FOLDER": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=check,
    )
