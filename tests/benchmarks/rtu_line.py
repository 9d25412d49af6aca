"""A serial line of Modbus RTU units in a process of its own, as slow as its baud rate: a
pseudo-terminal alone would take any. Prints the path to open; arguments are the baud rate and the
units that are dead.

python -m tests.benchmarks.rtu_line 9600 [UNIT…]
"""

import os
import struct
import sys
import time
import tty

from pymodbus.framer.rtu import FramerRTU

UNITS = 16
REGISTERS = 10

_REQUEST_BYTES = 8
_CHARACTER_BITS = 11
_TURN_S = 0.005
"""What a unit takes to think."""


def main(baud: int, dead: frozenset[int]) -> None:
    """Until killed, or nobody holds the other end."""
    line, other_end = os.openpty()
    tty.setraw(line)
    tty.setraw(other_end)
    print(os.ttyname(other_end), flush=True)
    heard = b""
    while came := os.read(line, 256):
        heard += came
        while len(heard) >= _REQUEST_BYTES:
            request, heard = heard[:_REQUEST_BYTES], heard[_REQUEST_BYTES:]
            unit, function, start, count = struct.unpack(">BBHH", request[:6])
            if unit in dead or not 1 <= unit <= UNITS:
                continue
            said = _answer(unit, function, start, count)
            characters = _REQUEST_BYTES + len(said)
            time.sleep(characters * _CHARACTER_BITS / baud + _TURN_S)
            os.write(line, said)


def _answer(unit: int, function: int, start: int, count: int) -> bytes:
    words = [1000 + address for address in range(start, start + count)]
    said = struct.pack(f">BBB{count}H", unit, function, 2 * count, *words)
    return said + FramerRTU.compute_CRC(said).to_bytes(2)


if __name__ == "__main__":
    main(int(sys.argv[1]), frozenset(map(int, sys.argv[2:])))
