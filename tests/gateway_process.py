"""The whole gateway as a process of its own, as `gatehouse run` starts it."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Server, free_port

SITE = """\
site:
  id: test
  name: {{en: Test estate, zh: 测试小区}}
  time_zone: Asia/Shanghai
  listen: 127.0.0.1:{port}
  data: data
"""


@dataclass(frozen=True, slots=True)
class GatewayProcess:
    """`server.kill()` is its power cut, `server.start()` its return; `command` is what it runs."""

    url: str
    data: Path
    command: tuple[str, ...]
    server: Server

    @property
    def sign_in_link(self) -> str:
        """The link its newest start printed; good once."""
        links: list[str] = re.findall(r"^Sign-in: (\S+)$", self.server.output, re.MULTILINE)
        return links[-1]


def gateway_process(folder: Path, site: str, prefix: Sequence[str] = ()) -> GatewayProcess:
    """A gateway in `folder` that is not started yet; `site`: the site file after its `site:`;
    `prefix`: a command that becomes the one that follows it (env, unshare)."""
    port = free_port()
    (folder / "site.yaml").write_text(SITE.format(port=port) + site)
    return gateway_in(folder, f"http://127.0.0.1:{port}", prefix)


def gateway_in(folder: Path, url: str, prefix: Sequence[str] = ()) -> GatewayProcess:
    """A gateway on the `site.yaml` that is in `folder` already; `url` is where it listens."""
    site_file = str(folder / "site.yaml")
    command = [*prefix, sys.executable, "-m", "gateway.cli", "run", site_file, "--sign-in-link"]
    log = folder / "gateway.log"
    starts = 0

    def ready() -> bool:
        nonlocal starts
        told = log.read_text().count("\nSign-in: ")
        if told > starts:
            starts = told
            return True
        return False

    server = Server(command, log, ready)
    return GatewayProcess(url, folder / "data", tuple(command), server)


@contextmanager
def running_gateway(folder: Path, site: str) -> Iterator[GatewayProcess]:
    """A gateway that is up while entered."""
    process = gateway_process(folder, site)
    process.server.start()
    try:
        yield process
    finally:
        process.server.stop()
