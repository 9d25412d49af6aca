"""What could not be understood: counted by reason, the newest kept readable."""

import logging
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.clock import Clock, Micros

logger = logging.getLogger(__name__)

KEPT = 500
"""Newest letters kept."""

HEAD = 256
"""Bytes of each payload kept."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message nobody could read. `source`: topic or address; `head`: how it begins."""

    at: Micros
    source: str
    reason: str
    head: str


class DeadLetterBox:
    """Implements gateway.model.driver.DeadLetters. Used in the event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._letters: deque[DeadLetter] = deque(maxlen=KEPT)
        self._counts: Counter[str] = Counter()

    def __call__(self, source: str, reason: str, payload: bytes) -> None:
        """Keep one letter; the first of its reason is logged."""
        head = payload[:HEAD].decode("utf-8", "backslashreplace")
        if reason not in self._counts:
            logger.warning("dead letter from %s: %s: %.80r", source, reason, head)
        self._counts[reason] += 1
        self._letters.append(DeadLetter(self._clock(), source, reason, head))

    @property
    def newest_first(self) -> tuple[DeadLetter, ...]:
        """What is kept."""
        return tuple(reversed(self._letters))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many there were since the start, by reason."""
        return dict(self._counts)
