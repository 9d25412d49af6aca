"""A fire linkage: what a fire signal releases, and whether it has been (estate-rules.md, S9).

Pure. The wire from the panel to the doors releases them; the gateway commands as the second line
and looks whether they are. What is not, it commands again when a panel says anew that it burns,
once the last try is over. Only the panel ends it: silence and doubt never do.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from gateway.access.instants import instant
from gateway.access.machine import FIRE, NOT_COMMANDED, Event, Refusal, Shown, Step, Wish
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading
from gateway.site.model import Device, Site

NORMAL: Final = "normal"
"""The one word of an input that says that there is no fire."""

HOLDS_SHUT: Final = frozenset(
    {
        Action.LOCK,
        Action.LOCK_DOWN,
        Action.BLOCK,
        Action.CLOSE,
        Action.STOP,
        Action.END_LOCK_OPEN,
    }
)
"""What is refused on the linkage's devices while the fire lasts: escape goes before all else."""

OPENS: Final = {"contact": "open", "position": "open"}
"""Points of which one word alone shows that people get through."""
LOCKS: Final = {"lock": "unlocked", "double-lock": "unlocked"}
"""Points that must all say so, where the door is not open."""


class FireRefusal(Refusal):
    """See Machine.refusal."""

    FIRE = "fire"


class Release(StrEnum):
    """The words of the point `release`."""

    IDLE = "idle"
    RELEASING = "releasing"
    RELEASED = "released"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class FireState:
    """`burning`: the inputs that have told of fire, and not of none since; one that the site file
    no longer names ends with the last that it does. `doubtful`: those that
    nothing is known of. `words`: what the devices' points say for sure. `verify_at`: when those
    that are not released are named; `named`: those that have been. `uncommanded`: the gateway
    stopped as it commanded last."""

    burning: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)
    verify_at: Micros | None = None
    named: frozenset[str] | None = None
    uncommanded: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A door or barrier, what lets people through there, and the points that show it."""

    device: str
    action: Action
    opens: Mapping[str, str]
    locks: Mapping[str, str]

    def is_free(self, words: Mapping[str, str]) -> bool:
        """Whether that is sure."""
        is_open = any(words.get(point) == word for point, word in self.opens.items())
        unlocked = all(words.get(point) == word for point, word in self.locks.items())
        return is_open or (bool(self.locks) and unlocked)


def fire_linkage(device: Device, site: Site) -> "FireLinkage | None":
    """That device's machine."""
    fire = device.fire
    if fire is None:
        return None
    doors = dict.fromkeys(fire.doors, Action.LOCK_OPEN)
    wanted = {**doors, **dict.fromkeys(fire.barriers, Action.OPEN)}
    ways = tuple(_way(each, wanted[each.id]) for each in site.devices if each.id in wanted)
    return FireLinkage(device.id, frozenset(fire.inputs), ways, fire.within)


@dataclass(frozen=True, slots=True)
class FireLinkage:
    """The machine of one linkage; see gateway.access.machine.Machine."""

    id: str
    inputs: frozenset[str]
    ways: tuple[Way, ...]
    within: Micros

    @property
    def points(self) -> frozenset[str]:
        """Its inputs, what its devices show, and whether a release came to nothing."""
        shown = ((*way.opens, *way.locks) for way in self.ways)
        return self.inputs.union(*shown, (self._not_commanded,))

    def begin(self) -> FireState:
        """No fire, and nothing heard of."""
        return FireState(doubtful=self.inputs)

    def shown(self, state: FireState) -> Mapping[str, Shown]:
        """Fire, release, and whether the signal can be trusted."""
        words = {
            "fire": "alarm" if state.burning else NORMAL,
            "release": self._release(state).value,
            "input": "doubtful" if state.doubtful & self.inputs else "ok",
        }
        return {f"{self.id}/{name}": Shown(word) for name, word in words.items()}

    def refusal(self, state: FireState, device: str, action: Action) -> "FireRefusal | None":
        """While the fire lasts nothing is locked or shut."""
        concerned = any(way.device == device for way in self.ways)
        against = state.burning and concerned and action in HOLDS_SHUT
        return FireRefusal.FIRE if against else None

    def take(self, state: FireState, reading: Reading, now: Micros) -> Step[FireState]:
        """See Machine.take."""
        if reading.point in self.inputs:
            return self._signalled(state, reading, now)
        if reading.point == self._not_commanded:
            return Step(replace(state, uncommanded=bool(state.burning)))
        sure = reading.quality is Quality.GOOD
        word = str(reading.value) if sure else UNKNOWN_STATE
        return self._verified(replace(state, words={**state.words, reading.point: word}))

    def deadline(self, state: FireState) -> Micros | None:
        """See Machine.deadline."""
        return state.verify_at

    def elapse(self, state: FireState, _now: Micros) -> Step[FireState]:
        """What has not been released by now is named."""
        return self._verified(replace(state, verify_at=None))

    # --- how it goes ---------------------------------------------------------------------------

    def _signalled(self, state: FireState, reading: Reading, now: Micros) -> Step[FireState]:
        """Any sure word that is not normal is fire; doubt changes nothing."""
        point = frozenset({reading.point})
        sure = reading.quality is Quality.GOOD and reading.value != UNKNOWN_STATE
        if not sure and not _tells_late(reading, now):
            return Step(replace(state, doubtful=state.doubtful | point))
        doubtful = state.doubtful - point if sure else state.doubtful | point
        state = replace(state, doubtful=doubtful)
        if reading.value == NORMAL:
            left = replace(state, burning=state.burning - point)
            if left.burning & self.inputs:
                return Step(left)
            return Step(FireState(doubtful=left.doubtful, words=left.words))
        burns = replace(state, burning=state.burning | point)
        if not state.burning & self.inputs:
            return self._released(
                replace(burns, named=None), now, {way.device for way in self.ways}
            )
        fails = state.verify_at is None or state.uncommanded
        return self._released(burns, now, self._shut(state)) if fails and sure else Step(burns)

    def _released(self, state: FireState, now: Micros, devices: Collection[str]) -> Step[FireState]:
        """Those are asked for; with none there is nothing to try."""
        if not devices:
            return Step(state)
        wishes = tuple(Wish(w.device, w.action, FIRE) for w in self.ways if w.device in devices)
        state = replace(state, verify_at=now + self.within, uncommanded=False)
        return Step(state, wishes=wishes)

    @property
    def _not_commanded(self) -> str:
        return f"{self.id}/{NOT_COMMANDED}"

    def _verified(self, state: FireState) -> Step[FireState]:
        """Names what is not free, once the time is up and whenever that changes."""
        shut = self._shut(state)
        if not state.burning or state.verify_at is not None or shut == state.named:
            return Step(state)
        free = sorted(way.device for way in self.ways if way.device not in shut)
        told = {"not-released": sorted(shut), "released": free}
        return Step(replace(state, named=shut), (Event(f"{self.id}/verified", told),))

    def _shut(self, state: FireState) -> frozenset[str]:
        return frozenset(way.device for way in self.ways if not way.is_free(state.words))

    def _release(self, state: FireState) -> Release:
        if not state.burning:
            return Release.IDLE
        if not self._shut(state):
            return Release.RELEASED
        return Release.INCOMPLETE if state.verify_at is None else Release.RELEASING


def _tells_late(reading: Reading, now: Micros) -> bool:
    """Whether it is of a fire just now, doubted only because the panel's clock was ahead before."""
    at = instant(reading, now)
    overtaken = reading.quality is Quality.STALE and at.own is not None and not at.is_history
    return overtaken and reading.value not in (NORMAL, UNKNOWN_STATE)


def _way(device: Device, action: Action) -> Way:
    ids = {point.id.rpartition("/")[2]: point.id for point in device.told}
    return Way(
        device.id,
        action,
        opens={ids[name]: word for name, word in OPENS.items() if name in ids},
        locks={ids[name]: word for name, word in LOCKS.items() if name in ids},
    )
