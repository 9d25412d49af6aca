"""Number plates: which pass lets one in, and which it may have been misread from. Pure.

The register only grows: a pass is added and ended, never altered, each at an instant of the
gateway's clock. What it says of a plate is as of the journal's instant of the reading, so the same
reading gives the same answer whenever it is read again, and a change counts from that instant on.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.model.clock import Micros

LONGEST_PLATE: Final = 16

_CONFUSED: Final = str.maketrans("OQDIL8SZ6", "00011B526")
"""Characters that cameras take for one another, each group by one of them."""


def normalised(plate: str) -> str:
    """Letters and digits alone, in upper case and plain forms: 京A·12345 → 京A12345."""
    whole = unicodedata.normalize("NFKC", plate).upper()
    return "".join(letter for letter in whole if letter.isalnum())


class PassKind(StrEnum):
    """What a plate is on the register as."""

    ALLOWED = "allowed"
    """On the allow-list, with no end foreseen."""
    MONTHLY = "monthly"
    TEMPORARY = "temporary"
    BLOCKED = "blocked"
    """Not let in; whoever is at the desk is called."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One plate and its holder. It counts from `valid_from` until just before `valid_until` (None:
    no end), at these barriers; at all where none is named. `added_at` and `ended_at`: by the
    gateway's clock, when it came onto the register and left it."""

    id: int
    plate: str
    kind: PassKind
    holder: str
    valid_from: Micros
    valid_until: Micros | None
    barriers: tuple[str, ...]
    added_at: Micros
    ended_at: Micros | None = None

    def stands(self, at: Micros) -> bool:
        """Whether it is on the register then."""
        return self.added_at <= at and (self.ended_at is None or at < self.ended_at)


class Verdict(StrEnum):
    """What the register says of a plate."""

    BLOCKED = "blocked"
    ALLOWED = "allowed"
    UNSURE = "unsure"
    """It has a pass, but the camera was not sure enough."""
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    ELSEWHERE = "elsewhere"
    """Its pass is for other barriers."""
    NEAR = "near"
    """One character away from a plate that has a pass."""
    UNKNOWN = "unknown"


DOUBTFUL: Final = frozenset(
    {Verdict.UNSURE, Verdict.EXPIRED, Verdict.NOT_YET, Verdict.ELSEWHERE, Verdict.NEAR}
)
"""What only the desk can decide."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`number` and `holder` are of the pass it comes from; `like` is the plate on it, where that is
    not the one seen."""

    verdict: Verdict
    number: int | None = None
    holder: str = ""
    like: str = ""


class Register:
    """Every pass that may still matter, to be asked at any instant of the journal's."""

    def __init__(self, passes: Iterable[Pass] = ()) -> None:
        self._by_plate: dict[str, dict[int, Pass]] = defaultdict(dict)
        self._near: dict[str, set[str]] = defaultdict(set)
        for one in passes:
            self.put(one)

    def put(self, one: Pass) -> None:
        """Take one in, or one that has been ended."""
        self._by_plate[one.plate][one.id] = one
        for form in _near_forms(one.plate):
            self._near[form].add(one.plate)

    def decide(self, plate: str, barrier: str, at: Micros, *, sure: bool) -> Decision:
        """What to make of a normalised plate. `sure`: the camera was sure enough to go by."""
        exact = self._weighed((plate,), barrier, at)
        if exact is not None:
            verdict, one = exact
            if verdict is Verdict.ALLOWED and not sure:
                verdict = Verdict.UNSURE
            return Decision(verdict, one.id, one.holder)
        like = {near for form in _near_forms(plate) for near in self._near.get(form, ())}
        near = self._weighed(sorted(like), barrier, at)
        if near is None or near[0] is Verdict.EXPIRED:
            return Decision(Verdict.UNKNOWN)
        return Decision(Verdict.NEAR, near[1].id, near[1].holder, near[1].plate)

    def _weighed(
        self, plates: Collection[str], barrier: str, at: Micros
    ) -> tuple[Verdict, Pass] | None:
        found = [
            (_verdict(one, barrier, at), one)
            for plate in plates
            for one in self._by_plate.get(plate, {}).values()
            if one.stands(at)
        ]
        return min(found, key=lambda said: _ORDER.index(said[0]), default=None)


_ORDER: Final = tuple(Verdict)
"""Of several passes for one plate the first of these counts."""


def _verdict(one: Pass, barrier: str, at: Micros) -> Verdict:
    if one.valid_until is not None and at >= one.valid_until:
        return Verdict.EXPIRED
    if at < one.valid_from:
        return Verdict.NOT_YET
    if one.barriers and barrier not in one.barriers:
        return Verdict.ELSEWHERE
    return Verdict.BLOCKED if one.kind is PassKind.BLOCKED else Verdict.ALLOWED


def _near_forms(plate: str) -> Iterator[str]:
    """Two plates share a form when one character was changed, added, left out or put in its
    neighbour's place (the deletions of SymSpell), or when cameras confuse all that differs."""
    yield plate
    yield plate.translate(_CONFUSED)
    for place in range(len(plate)):
        yield plate[:place] + plate[place + 1 :]
