"""An authority made for a test, and what it signs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.blocking import excused
from tests.servers import require

_EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate and its key, PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; who trusts it is given `ca`. All its files are in `folder`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._own = self._made(name, "-subj", f"/CN={name}")
        self.ca = self._own.certificate

    def signed(self, name: str, *, for_names: str, password: str | None = None) -> Signed:
        """`for_names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1"."""
        return self._made(
            name,
            *("-CA", str(self._own.certificate), "-CAkey", str(self._own.key)),
            *("-subj", f"/CN={name}", "-addext", f"subjectAltName={for_names}"),
            *("-addext", "basicConstraints=CA:FALSE"),
            password=password,
        )

    def _made(self, name: str, *options: str, password: str | None = None) -> Signed:
        made = Signed(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        files = ["-out", str(made.certificate), "-keyout", str(made.key)]
        secret = ["-nodes"] if password is None else ["-passout", f"pass:{password}"]
        program = require("openssl", "openssl")
        command = [program, "req", "-x509", *_EC_KEY, "-days", "2", *secret, *files, *options]
        with excused():
            subprocess.run(command, check=True, capture_output=True)
        return made
