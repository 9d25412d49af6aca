"""Sending lines to a server that may not take all of them."""

import gzip
from collections.abc import Callable, Sequence

from gateway.errors import Malformed
from gateway.history.influx.http import BadLines, TooLarge

Send = Callable[[bytes], None]
"""Sends gzip-compressed lines; raises BadLines or TooLarge for what is not taken."""

Bad = tuple[int, Malformed]
"""The number of a line, and why it is not taken."""


class Sender:
    """Sends to one server, and learns how much it takes at once."""

    def __init__(self) -> None:
        self._most = 1_000_000

    def send(self, lines: Sequence[str], to: Send) -> list[Bad]:
        """Send all lines; those that are not taken are found by halving and given back, all others
        are stored. A line may be sent more than once, which changes nothing."""
        bad: list[Bad] = []
        parts = [(0, len(lines))] if lines else []
        while parts:
            first, end = parts.pop()
            count, half = end - first, (end - first) // 2
            if count > self._most:
                parts += [(first + half, end), (first, first + half)]
                continue
            try:
                to(packed(lines[first:end]))
            except (BadLines, TooLarge) as error:
                if count == 1 or _all_dropped(error, count):
                    bad += [(n, error) for n in range(first, end)]
                    continue
                if isinstance(error, TooLarge):
                    self._most = min(self._most, count - half)
                parts += [(first + half, end), (first, first + half)]
        return bad


def reason_code(error: Malformed) -> str:
    """Why a line was not taken: the same for all of its sort."""
    if isinstance(error, TooLarge):
        return "influx-too-large"
    told = (code for words, code in _REASONS if words in error.problem.lower())
    return next(told, "influx-refused")


def packed(lines: Sequence[str]) -> bytes:
    """The lines, gzip-compressed. Level 1 makes them a seventh; higher ones cost more than they
    save."""
    return gzip.compress("\n".join(lines).encode(), compresslevel=1)


def _all_dropped(error: Malformed, count: int) -> bool:
    return isinstance(error, BadLines) and error.dropped == count


_REASONS = (
    ("field type conflict", "influx-field-type"),
    ("retention", "influx-retention"),
    ("unable to parse", "influx-bad-line"),
)
REASON_CODES = {"influx-too-large", "influx-refused", *(code for _, code in _REASONS)}
