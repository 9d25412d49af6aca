"""Whether a door that is shut is locked as it should be.

Ajar: it fell shut, and its bolt has not caught since. Lock failed: it had caught, and is open
although nothing has it so.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.access.machine import Shown
from gateway.model.clock import Micros
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality


class Verdict(StrEnum):
    """What the derived point says."""

    OK = "ok"
    AJAR = "ajar"
    LOCK_FAILED = "lock-failed"


@dataclass(frozen=True, slots=True)
class Bolt:
    """`word` is the lock's last good one, `heard` whether it still stands. `caught`: it was locked
    since the door was last opened. `due`: until then it may still lock."""

    word: str = UNKNOWN_STATE
    heard: bool = False
    caught: bool = True
    verdict: Verdict = Verdict.OK
    due: Micros | None = None

    @property
    def shown(self) -> Shown:
        """What is known of it; nothing, where the lock has never been heard."""
        if self.word == UNKNOWN_STATE:
            return Shown(UNKNOWN_STATE, Quality.STALE)
        return Shown(self.verdict.value, Quality.GOOD if self.heard else Quality.STALE)


def heard(bolt: Bolt, word: str) -> Bolt:
    """A good word of the lock."""
    if word == UNKNOWN_STATE:
        return doubted(bolt)
    return replace(bolt, word=word, heard=True, caught=bolt.caught or word == "locked")


def doubted(bolt: Bolt) -> Bolt:
    """Doubt finds no fault, and clears none."""
    return replace(bolt, heard=False, due=None)


def door_opened(bolt: Bolt) -> Bolt:
    """What it had caught it holds no more."""
    return replace(bolt, caught=False)


def looked_at(bolt: Bolt, now: Micros, relock_time: Micros, *, is_shut: bool, free: bool) -> Bolt:
    """After anything has changed. `free`: somebody, or everybody, may open the door now."""
    if not bolt.heard:
        return bolt
    if bolt.word == "locked" or free or not is_shut:
        return replace(bolt, verdict=Verdict.OK, due=None)
    if bolt.due is not None or bolt.verdict is not Verdict.OK:
        return bolt
    return replace(bolt, due=now + relock_time)


def elapsed(bolt: Bolt, now: Micros) -> Bolt:
    """It has not locked in time."""
    if bolt.due is None or bolt.due > now:
        return bolt
    return replace(bolt, due=None, verdict=Verdict.LOCK_FAILED if bolt.caught else Verdict.AJAR)
