"""Ports and addresses of the servers, and whether anybody answers there."""

import os
import random
import socket
from collections.abc import Callable
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

HOST: Final = "127.0.0.1"
_PORTS: Final = range(20_000, 32_000)
"""Below the range from which the kernel hands out ports to connections (32768 on), so that none
takes one before the server does."""
_WORKERS: Final = 16


def free_port() -> int:
    """A TCP port nobody listens on. Each of pytest-xdist's workers has ports of its own (worker n
    every 16th from the nth): none takes that of another's server while this one is stopped."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = random.SystemRandom().choice(_PORTS[worker % _WORKERS :: _WORKERS])
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port


def accepts(port: int) -> Callable[[], bool]:
    """Whether somebody listens on that port now."""

    def accepts() -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((HOST, port)) == 0

    return accepts


def pings(url: str) -> bool:
    """Whether a GET is answered with success."""
    try:
        with urlopen(url, timeout=1):
            return True
    except (URLError, TimeoutError, ConnectionError):
        return False
