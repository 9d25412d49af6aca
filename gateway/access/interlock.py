"""An air lock: of its doors one may be open at a time.

What the gateway is asked to open it refuses while another is open, released, or not known to be
shut. What a reader opens by itself it can only tell. Escape goes first: a door released for good
breaks no rule, and is never refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.access.machine import Refusal, Shown, Step
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading
from gateway.site.model import Site

OPENS: Final = frozenset({Action.OPEN, Action.UNLOCK})
RELEASED: Final = frozenset({"accessed", "unlocked", "locked-open"})


class LockRefusal(Refusal):
    """See Machine.refusal."""

    OTHER_OPEN = "other-door-open"
    OTHER_UNKNOWN = "other-door-unknown"


@dataclass(frozen=True, slots=True)
class Doors:
    """The last certain word of each contact and mode, by point; what is not here is not known."""

    words: Mapping[str, str] = field(default_factory=dict)


class Interlock:
    """One air lock; `doors` are its doors' ids."""

    def __init__(self, doors: Iterable[str]) -> None:
        self._doors = tuple(sorted(doors))
        self.id = f"interlock {'+'.join(self._doors)}"

    @property
    def points(self) -> frozenset[str]:
        """See Machine."""
        return frozenset(f"{door}/{name}" for door in self._doors for name in ("contact", "mode"))

    @property
    def doors(self) -> Sequence[str]:
        """Their ids."""
        return self._doors

    def others(self, door: str) -> Sequence[str]:
        """Those that are to be shut while it is open."""
        return [other for other in self._doors if other != door]

    def begin(self) -> Doors:
        """See Machine."""
        return Doors()

    def take(self, state: Doors, reading: Reading, _now: Micros) -> Step[Doors]:
        """See Machine."""
        words = {point: word for point, word in state.words.items() if point != reading.point}
        certain = reading.quality is Quality.GOOD and reading.value != UNKNOWN_STATE
        if certain and isinstance(reading.value, str):
            words[reading.point] = reading.value
        return Step(replace(state, words=words))

    def elapse(self, state: Doors, _now: Micros) -> Step[Doors]:
        """Nothing here waits."""
        return Step(state)

    def deadline(self, _state: Doors) -> Micros | None:
        """See elapse."""
        return None

    def shown(self, state: Doors) -> Mapping[str, Shown]:
        """The same of each of its doors. In doubt it may be broken: that is no good news."""
        contacts = {door: state.words.get(f"{door}/contact") for door in self._doors}
        escape = any(state.words.get(f"{door}/mode") == "locked-open" for door in self._doors)
        broken = not escape and list(contacts.values()).count("open") > 1
        quality = Quality.STALE if None in contacts.values() else Quality.GOOD
        shown = Shown("violated" if broken else "ok", quality)
        return {f"{door}/interlock": shown for door in self._doors}

    def refusal(self, state: Doors, device: str, action: Action) -> LockRefusal | None:
        """See Machine."""
        if device not in self._doors or action not in OPENS:
            return None
        others = self.others(device)
        contacts = {state.words.get(f"{door}/contact") for door in others}
        modes = {state.words.get(f"{door}/mode") for door in others}
        if "open" in contacts or modes & RELEASED:
            return LockRefusal.OTHER_OPEN
        return LockRefusal.OTHER_UNKNOWN if None in contacts | modes else None


def interlocks(site: Site) -> Iterator[Interlock]:
    """Doors that name each other, directly or through others, are one air lock."""
    groups: list[set[str]] = []
    for device in site.devices:
        if device.door is not None and device.door.interlock:
            group = {device.id, *device.door.interlock}
            apart = [other for other in groups if not other & group]
            groups = [*apart, group.union(*(other for other in groups if other & group))]
    return (Interlock(group) for group in groups)


def other_doors(site: Site) -> Mapping[str, Sequence[str]]:
    """By each door of an air lock, the others of it."""
    return {door: lock.others(door) for lock in interlocks(site) for door in lock.doors}
