"""What a perimeter zone tells of its bypass (旁路): bypassed, it watches nothing (estate-rules.md,
S6)."""

from dataclasses import dataclass, replace
from typing import Final

from gateway.model.clock import Micros
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading

BYPASSED: Final = "bypassed"
"""A state of the point that tells it, in every kind that has one."""


@dataclass(frozen=True, slots=True)
class Bypass:
    """What one such point has told. `state` is the last it told for certain, `since` when; None
    where it never has. `unknown_since`: since when nothing is known of it; None while it is."""

    point: str
    state: str | None = None
    since: Micros | None = None
    unknown_since: Micros | None = None

    def told(self, reading: Reading) -> "Bypass":
        """With one more reading. A gap in what is known, and the same state after it, leave `since`
        as it was: a zone is bypassed rather too long than too short."""
        if reading.quality is not Quality.GOOD or reading.value == UNKNOWN_STATE:
            doubted = self.unknown_since is not None
            return self if doubted else replace(self, unknown_since=reading.taken_at)
        if reading.value == self.state:
            return self if self.unknown_since is None else replace(self, unknown_since=None)
        return Bypass(self.point, str(reading.value), reading.taken_at)
