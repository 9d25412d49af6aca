"""Messages of real devices, each file with its source: lines `TOPIC PAYLOAD`, as mosquitto_sub -v
prints them, in the order they came; `#` begins a remark."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_HERE = Path(__file__).parent


class Captured(NamedTuple):
    """One message."""

    topic: str
    payload: bytes


def captured(name: str) -> Sequence[Captured]:
    """The messages of `FAMILY/FILE`, without its suffix."""
    lines = (_HERE / f"{name}.txt").read_text().splitlines()
    said = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [Captured(topic, payload.encode()) for topic, _, payload in said]
