"""Modbus TCP devices by libmodbus, compiled by the test."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import accepts, free_port
from tests.servers.programs import require
from tests.servers.server import Server


@contextmanager
def libmodbus(source: Path, folder: Path) -> Iterator[int]:
    """The port of the server that `source` (C, takes its port as argument) makes."""
    program, port = folder / source.stem, free_port()
    command = [require("gcc", "gcc"), "-O2", "-Wall", "-o", str(program), str(source), "-lmodbus"]
    subprocess.run(command, check=True)
    server = Server([str(program), str(port)], folder / f"{source.stem}.log", accepts(port))
    server.start()
    try:
        yield port
    finally:
        server.stop()
