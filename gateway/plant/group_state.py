"""What is kept of a group of pumps, and how many of them are wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from gateway.model.clock import Micros
from gateway.plant.facts import Facts
from gateway.site.plant_model import GroupSettings


class Mode(StrEnum):
    """The words of the point `mode`."""

    AUTO = "auto"
    MANUAL = "manual"


class GroupWord(StrEnum):
    """The words of the point `state`."""

    RESTING = "resting"
    PUMPING = "pumping"
    LEVEL_UNKNOWN = "level-unknown"
    NO_PUMP = "no-pump"
    BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True)
class GroupState:
    """`order`: its pumps, the lead first. `demand`: how many are wanted. `asked`: those that were
    told to start or stop and have not been seen to, and when. `failed`: those that did not start
    when they were told to, or ran dry, since the last rest; `tried`: when each was told to last.
    `hours`: run by each. `blind`: since when each has run without anybody knowing of the level.
    `rotate_at`: when the lead changes next, where that is a time of day."""

    mode: Mode = Mode.AUTO
    order: tuple[str, ...] = ()
    demand: int = 0
    level_known: bool = False
    facts: Facts = field(default_factory=dict)
    started: Mapping[str, Micros] = field(default_factory=dict)
    stopped: Mapping[str, Micros] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    tried: Mapping[str, Micros] = field(default_factory=dict)
    hours: Mapping[str, float] = field(default_factory=dict)
    blind: Mapping[str, Micros] = field(default_factory=dict)
    has_run: bool = False
    rotate_at: Micros | None = None
    rotates: bool = False

    def rotated(self) -> "GroupState":
        """The next one leads."""
        return replace(self, order=(*self.order[1:], *self.order[:1]), rotates=False, has_run=False)


def reached(level: float, settings: GroupSettings) -> bool:
    """Whether it is where all pumps are stopped."""
    return level <= settings.stop if settings.start > settings.stop else level >= settings.stop


def demand(before: int, level: float, settings: GroupSettings) -> int:
    """How many pumps that level asks for: once called, they are until the stop level."""
    sign = 1 if settings.start > settings.stop else -1
    lag = None if settings.lag is None else sign * settings.lag
    here = sign * level
    if reached(level, settings):
        return 0
    if lag is not None and here >= lag:
        return max(before, 2)
    return max(before, 1) if here >= sign * settings.start else before
