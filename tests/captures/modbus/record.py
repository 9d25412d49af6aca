"""Records the captures anew: `python -m tests.captures.modbus.record`.

Debian's mbpoll asks a libmodbus server; socat stands between and prints every byte (`socat -x`).
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.drivers.modbus.real_peers import (
    compiled,
    libmodbus_on_line,
    libmodbus_on_tcp,
    serial_pair,
    tap,
)
from tests.servers import HOST, Server, require

ASKED = [
    "-t 0 -r 0 -c 10",
    "-t 1 -r 3 -c 9",
    "-t 4 -r 10 -c 3",
    "-t 3 -r 100 -c 4",
    "-t 4 -r 0 -c 100",
    "-t 0 -r 1 WRITE 1",
    "-t 0 -r 1 WRITE 0",
    "-t 0 -r 1 WRITE 1 0 1 1 0 0 0 1 1",
    "-t 4 -r 50 WRITE 4711",
    "-t 4 -r 50 WRITE 1 2 65535",
    "-t 4 -r 104 -c 1",
    "-t 3 -r 100 -c 5",
    "-t 4 -r 104 WRITE 1",
]


class Tapped(NamedTuple):
    """Where mbpoll is to ask, and the tap on the way."""

    options: tuple[str, ...]
    target: str
    tap: Server


def main() -> None:
    """Writes rtu.txt and tcp.txt beside this file."""
    with TemporaryDirectory() as folder:
        program = compiled(Path(folder))
        for framing, tapped in (("rtu", _on_line), ("tcp", _on_tcp)):
            with tapped(program, Path(folder)) as way:
                text = "".join(_exchange(way, asked) for asked in ASKED)
            head = f"# mbpoll {way.options[1]} and a libmodbus 3.1 server, by record.py.\n"
            Path(__file__).with_name(f"{framing}.txt").write_text(head + text)


@contextmanager
def _on_line(program: Path, folder: Path) -> Iterator[Tapped]:
    with serial_pair(folder) as pair, libmodbus_on_line(program, pair.far, folder):
        yield Tapped(("-m", "rtu", "-P", "none"), pair.near, pair.cable)


@contextmanager
def _on_tcp(program: Path, folder: Path) -> Iterator[Tapped]:
    with libmodbus_on_tcp(program, folder) as (_, port), tap(port, folder) as (tapped, listening):
        yield Tapped(("-m", "tcp", "-p", str(listening)), HOST, tapped)


def _exchange(way: Tapped, asked: str) -> str:
    options, _, written = asked.partition(" WRITE ")
    before = len(way.tap.output)
    command = [require("mbpoll", "mbpoll"), "-0", "-1", "-a", "1", *way.options, *options.split()]
    done = subprocess.run(
        [*command, way.target, *written.split()], check=False, capture_output=True, text=True
    )
    values = written.split() or re.findall(r"^\[\d+\]:\s+(\d+)", done.stdout, re.MULTILINE)
    dump = way.tap.output[before:]
    request, answer = _said(dump, ">"), _said(dump, "<")
    return f"\n$ {asked}\n> {request.hex(' ')}\n< {answer.hex(' ')}\n{' '.join(['=', *values])}\n"


def _said(dump: str, way: str) -> bytes:
    """All bytes that went that way."""
    parts = re.findall(r"^([<>]) .*\n((?: [0-9a-f]{2}.*\n?)*)", dump, re.MULTILINE)
    return bytes.fromhex("".join(digits for direction, digits in parts if direction == way))


if __name__ == "__main__":
    main()
