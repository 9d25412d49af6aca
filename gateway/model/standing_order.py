"""What somebody has ordered that stays so: a door that is blocked, a line that is bypassed."""

from dataclasses import dataclass

from gateway.model.clock import Micros
from gateway.model.text import Text


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """A door, barrier or zone that stands otherwise than as a rule. `state` is a word of its kind,
    `line` the point of the line that is bypassed. `since`, `who` and `reason` are the order's: None
    and empty where that is not on record. `until`: when it ends by itself."""

    device: str
    place: Text
    state: str
    line: str | None = None
    until: Micros | None = None
    since: Micros | None = None
    who: str = ""
    reason: str = ""
