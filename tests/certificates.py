"""An authority made for a test, and what it signs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.blocking import excused
from tests.servers import require

_REGISTER = """\
[ca]
default_ca = register
[register]
database = register.txt
new_certs_dir = .
default_md = sha256
rand_serial = yes
policy = names
[names]
commonName = supplied
[for]
subjectAltName = {for_names}
"""
"""What `openssl ca` wants: it alone signs for a time that is over."""
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

    def expired(self, name: str, *, for_names: str) -> Signed:
        """One that was good in January 2020."""
        made = Signed(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        (self._folder / "register.txt").touch()
        (self._folder / "register.cnf").write_text(_REGISTER.format(for_names=for_names))
        asks = ["req", *_EC_KEY, "-nodes", "-subj", f"/CN={name}", "-out", "asked.csr"]
        signs = ["ca", "-batch", "-notext", "-config", "register.cnf", "-extensions", "for"]
        dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"]
        own = ["-cert", str(self._own.certificate), "-keyfile", str(self._own.key)]
        for command in (
            [*asks, "-keyout", str(made.key)],
            [*signs, *dates, *own, "-in", "asked.csr", "-out", str(made.certificate)],
        ):
            self._run(command)
        return made

    def _run(self, command: list[str]) -> None:
        program = require("openssl", "openssl")
        with excused():
            subprocess.run([program, *command], check=True, capture_output=True, cwd=self._folder)

    def _made(self, name: str, *options: str, password: str | None = None) -> Signed:
        made = Signed(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        files = ["-out", str(made.certificate), "-keyout", str(made.key)]
        secret = ["-nodes"] if password is None else ["-passout", f"pass:{password}"]
        self._run(["req", "-x509", *_EC_KEY, "-days", "2", *secret, *files, *options])
        return made
