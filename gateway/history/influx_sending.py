"""Sending lines to a server that may not take all of them."""

import gzip
from collections.abc import Callable, Sequence

from gateway.errors import Malformed
from gateway.history.influx_http import BadLines, TooLarge

Send = Callable[[bytes], None]
"""Sends gzip-compressed lines; raises BadLines or TooLarge for what is not taken."""

Bad = tuple[int, Malformed]
"""The number of a line, and why it is not taken."""


def send(lines: Sequence[str], to: Send) -> list[Bad]:
    """Send all lines; those that are not taken are found by halving and given back, all others are
    stored. A line may be sent more than once, which changes nothing."""
    return _send(lines, to, 0)


def reason_code(error: Malformed) -> str:
    """Why a line was not taken, in a few words that are the same for all of its sort."""
    if isinstance(error, TooLarge):
        return "influx-too-large"
    told = (code for words, code in _REASONS if words in error.problem.lower())
    return next(told, "influx-refused")


def _send(lines: Sequence[str], to: Send, first: int) -> list[Bad]:
    if not lines:
        return []
    try:
        to(packed(lines))
    except (BadLines, TooLarge) as error:
        if len(lines) == 1 or (isinstance(error, BadLines) and error.dropped == len(lines)):
            return [(first + n, error) for n in range(len(lines))]
        half = len(lines) // 2
        return _send(lines[:half], to, first) + _send(lines[half:], to, first + half)
    return []


def packed(lines: Sequence[str]) -> bytes:
    """The lines, gzip-compressed. Level 1 makes them a seventh; higher ones cost more than they
    save."""
    return gzip.compress("\n".join(lines).encode(), compresslevel=1)


_REASONS = (
    ("field type conflict", "influx-field-type"),
    ("retention", "influx-retention"),
    ("unable to parse", "influx-bad-line"),
)
