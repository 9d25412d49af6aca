"""What mbpoll and libmodbus say to each other, frame by frame: no code of ours has made them.

A file holds exchanges: mbpoll's options behind `$`, the request behind `>`, the answer behind `<`,
what mbpoll printed behind `=` (values read, or nothing), `#` begins a remark.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_HERE = Path(__file__).parent


class Exchange(NamedTuple):
    """One request and its answer; `values` are those read, or written."""

    asked: str
    request: bytes
    answer: bytes
    values: tuple[int, ...]


def exchanges(framing: str) -> Sequence[Exchange]:
    """Those of `FRAMING.txt`, in the order they were recorded."""
    lines = (_HERE / f"{framing}.txt").read_text().splitlines()
    told = [(line[0], line[2:]) for line in lines if line and line[0] != "#"]
    return [
        Exchange(asked[1], bytes.fromhex(request[1]), bytes.fromhex(answer[1]), _numbers(values[1]))
        for asked, request, answer, values in zip(*[iter(told)] * 4, strict=True)
    ]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split())
