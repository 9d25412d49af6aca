"""Who is known to be where: a tree by the digest of the credential, never altered.

A change makes the few nodes anew that lead to it and shares all others, so that it costs the same
however many are known, and what two rolls differ in is found without looking at the rest. Every
node knows who of its people is forgotten first and who moved longest ago. The same people make the
same tree, in whatever order they came.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import ClassVar, Final, NamedTuple

from gateway.model.clock import Micros

BRANCHES: Final = 16
"""One for each letter of a digest."""

DIGEST: Final = re.compile("[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Known:
    """Where somebody went last, and by which door. `who` is the digest of their credential, of
    which `credential` and `holder` keep what people read. `heard` is the journal's time of it,
    `told` the device's; forgotten at `until`. `leaving`: has been let out, and may have gone."""

    who: str
    inside: bool
    heard: Micros
    told: Micros
    until: Micros
    leaving: bool = False
    credential: str = ""
    holder: str = ""
    door: str = ""

    size: ClassVar = 1

    @property
    def present(self) -> bool:
        """Inside, for sure."""
        return self.inside and not self.leaving


class _Node(NamedTuple):
    """`present` counts; `until` and `heard` are the earliest of its people."""

    branches: tuple["_Node | Known | None", ...]
    size: int
    present: int
    until: Micros
    heard: Micros


_Branch = _Node | Known | None


class Changes(NamedTuple):
    """What is written to make one roll of another."""

    known: list[Known]
    gone: list[str]


class Roll:
    """Everybody of whom something is known."""

    __slots__ = ("_root",)

    def __init__(self, people: Iterable[Known] = ()) -> None:
        self._root: _Branch = None
        for known in people:
            self._root = _put(self._root, known.who, known)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Roll) and self._root == other._root

    def __hash__(self) -> int:
        return hash(self._root)

    def __len__(self) -> int:
        return 0 if self._root is None else self._root.size

    def __iter__(self) -> Iterator[Known]:
        return _people(self._root)

    @property
    def present(self) -> int:
        """How many are inside for sure."""
        return 0 if self._root is None else int(self._root.present)

    @property
    def until(self) -> Micros | None:
        """When the first of them is forgotten."""
        return None if self._root is None else self._root.until

    @property
    def stalest(self) -> Known | None:
        """Who moved longest ago."""
        branch = self._root
        while isinstance(branch, _Node):
            heard = branch.heard
            branch = next(each for each in branch.branches if each and each.heard == heard)
        return branch

    def get(self, who: str) -> Known | None:
        """What is known of the credential with that digest."""
        if not DIGEST.fullmatch(who):
            return None
        branch, depth = self._root, 0
        while isinstance(branch, _Node):
            branch, depth = branch.branches[int(who[depth], BRANCHES)], depth + 1
        return branch if branch is not None and branch.who == who else None

    def knowing(self, known: Known) -> "Roll":
        """With that instead of what was known of them."""
        return _roll(_put(self._root, known.who, known))

    def without(self, who: str) -> "Roll":
        """Nothing is known of them any more."""
        return self if self.get(who) is None else _roll(_put(self._root, who, None))

    def forgotten(self, now: Micros) -> "Roll":
        """Without those who are forgotten by then."""
        return _roll(_left(self._root, now))

    def changes(self, before: "Roll") -> Changes:
        """What makes this one of that one before."""
        old: dict[str, Known] = {}
        new: dict[str, Known] = {}
        _differ(before._root, self._root, old, new)
        known = [each for who, each in new.items() if old.get(who) != each]
        return Changes(known, [who for who in old if who not in new])


def digest(credential: str) -> str:
    """24 letters; nobody can read the credential from them."""
    return blake2b(credential.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _roll(root: _Branch) -> Roll:
    roll = Roll()
    roll._root = root
    return roll


def _put(branch: _Branch, who: str, known: Known | None, depth: int = 0) -> _Branch:
    if branch is None or (isinstance(branch, Known) and branch.who == who):
        return known
    if isinstance(branch, _Node):
        branches = list(branch.branches)
    else:
        branches = [None] * BRANCHES
        branches[int(branch.who[depth], BRANCHES)] = branch
    place = int(who[depth], BRANCHES)
    branches[place] = _put(branches[place], who, known, depth + 1)
    return _node(branches)


def _node(branches: list[_Branch]) -> _Branch:
    """One person alone needs no node."""
    there = [each for each in branches if each is not None]
    if not there or (len(there) == 1 and isinstance(there[0], Known)):
        return there[0] if there else None
    size = present = 0
    until, heard = there[0].until, there[0].heard
    for each in there:  # one pass: this is most of what a move costs
        size += each.size
        present += each.present
        until = min(until, each.until)
        heard = min(heard, each.heard)
    return _Node(tuple(branches), size, present, until, heard)


def _left(branch: _Branch, now: Micros) -> _Branch:
    if branch is None or branch.until > now:
        return branch
    if isinstance(branch, Known):
        return None
    return _node([_left(each, now) for each in branch.branches])


def _people(branch: _Branch) -> Iterator[Known]:
    if isinstance(branch, _Node):
        for each in branch.branches:
            yield from _people(each)
    elif branch is not None:
        yield branch


def _differ(before: _Branch, after: _Branch, old: dict[str, Known], new: dict[str, Known]) -> None:
    if before is after:
        return
    if isinstance(before, _Node) and isinstance(after, _Node):
        for earlier, later in zip(before.branches, after.branches, strict=True):
            _differ(earlier, later, old, new)
    else:
        old |= {known.who: known for known in _people(before)}
        new |= {known.who: known for known in _people(after)}
