"""Modbus devices and lines that are not ours: libmodbus compiled here, socat between."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.blocking import excused
from tests.servers import HOST, Server, free_port, require

_SOURCE = Path(__file__).with_name("libmodbus_server.c")


class SerialPair(NamedTuple):
    """Two serial ports with a cable between: what goes in at one comes out at the other. `cable`'s
    output shows every byte, as `socat -x` prints them."""

    near: str
    far: str
    cable: Server


def compiled(folder: Path) -> Path:
    """The libmodbus server as a program."""
    program = folder / "libmodbus_server"
    compiler = require("gcc", "gcc")
    if not Path("/usr/include/modbus/modbus.h").exists():
        require("libmodbus headers", "libmodbus-dev")
    with excused():
        subprocess.run([compiler, "-Wall", "-o", program, _SOURCE, "-lmodbus"], check=True)
    return program


@contextmanager
def libmodbus_on_tcp(program: Path, folder: Path) -> Iterator[tuple[Server, int]]:
    """The device, and its port."""
    port = free_port()
    server = Server([str(program), str(port)], folder / "tcp.log", lambda: takes_clients(port))
    with _running(server):
        yield server, port


@contextmanager
def libmodbus_on_line(program: Path, port: str, folder: Path) -> Iterator[Server]:
    """The device as unit 1 of the line that ends at that port."""
    server = Server([str(program), port], folder / "rtu.log", lambda: server.output != "")
    with _running(server):
        yield server


@contextmanager
def serial_pair(folder: Path) -> Iterator[SerialPair]:
    """Made by socat of two pseudo-terminals, which have no baud rate."""
    ends = [folder / "near", folder / "far"]
    ports = [f"PTY,raw,echo=0,link={end}" for end in ends]
    cable = Server(
        [require("socat", "socat"), "-x", *ports],
        folder / "cable.log",
        lambda: all(end.exists() for end in ends),
    )
    with _running(cable):
        yield SerialPair(str(ends[0]), str(ends[1]), cable)


@contextmanager
def converter(serial_port: str, folder: Path) -> Iterator[int]:
    """A TCP port that passes everything on to that serial port, and back. One client at a time: a
    second one, and be it one who only looks whether it is up, would take of the bytes."""
    port = free_port()
    command = [
        *(require("socat", "socat"), "-t", "0", f"TCP-LISTEN:{port},bind={HOST},reuseaddr,fork"),
        f"OPEN:{serial_port},raw,echo=0",
    ]
    with _running(Server(command, folder / "converter.log", lambda: is_taken(port))):
        yield port


@contextmanager
def tap(port: int, folder: Path) -> Iterator[tuple[Server, int]]:
    """A port that leads to that one, and socat there, whose output shows every byte."""
    listening = free_port()
    socat = [require("socat", "socat"), "-x", "-t", "0"]
    ends = [f"TCP-LISTEN:{listening},bind={HOST},reuseaddr,fork", f"TCP:{HOST}:{port}"]
    tapped = Server([*socat, *ends], folder / "tap.log", lambda: is_taken(listening))
    with _running(tapped):
        yield tapped, listening


@contextmanager
def _running(server: Server) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.kill()


def takes_clients(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0


def is_taken(port: int) -> bool:
    with socket.socket() as other:
        try:
            other.bind((HOST, port))
        except OSError:
            return True
    return False
