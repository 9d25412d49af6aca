"""What is wrong with a site file: where, what, and what was expected instead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from gateway.errors import BadConfig


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A spot in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Place("", 0, 0)
"""Where a stand-in for something wrong stands: what is wrong there has been told already."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a person must change. `expected` is a clause of its own ("expected a number",
    "did you mean 'period'?")."""

    at: Place
    what: str
    expected: str

    def __str__(self) -> str:
        return _one_line(f"{self.at}: {self.what}; {self.expected}")

    @property
    def file(self) -> str:
        """The file as it was named by whoever asked for it to be loaded."""
        return self.at.file

    @property
    def line(self) -> int:
        """From 1."""
        return self.at.line

    @property
    def column(self) -> int:
        """From 1."""
        return self.at.column


class BadSite(BadConfig):
    """A site file that cannot be used, with every problem found in it, in the file's order."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.problems = distinct(problems)
        count = len(self.problems)
        told = "1 problem" if count == 1 else f"{count} problems"
        super().__init__(file, told, "\n".join(str(problem) for problem in self.problems))

    def __str__(self) -> str:
        return self.remedy


def distinct(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sorted by place; what 300 devices of one template share is told once."""
    first: dict[tuple[Place, str], Problem] = {}
    for problem in problems:
        if problem.at != NOWHERE:
            first.setdefault((problem.at, problem.expected), problem)
    return tuple(sorted(first.values(), key=lambda problem: problem.at))


def suggestion(word: str, known: Iterable[str]) -> str:
    """The clause that helps with a word that is not among `known`."""
    candidates: Sequence[str] = sorted(known)
    if meant := _meant(word, candidates):
        return meant
    shown = ", ".join(candidates[:_LISTED])
    return f"expected one of: {shown}" + (", …" if len(candidates) > _LISTED else "")


def nearest(word: str, known: Iterable[str]) -> str:
    """The same for few known words: all of them are named, the nearest first."""
    candidates = sorted(known)
    if meant := _meant(word, candidates):
        return meant
    candidates.sort(key=lambda each: -SequenceMatcher(None, word, each).ratio())
    return f"expected one of: {', '.join(candidates)}"


def _meant(word: str, candidates: Sequence[str]) -> str:
    """Empty where they must be listed."""
    near = get_close_matches(word, candidates, n=1, cutoff=0.6)
    if near and sum(each.startswith(word) for each in candidates) < _SEVERAL:
        return f"did you mean '{near[0]}'?"
    return "" if candidates else "there are none here"


_LISTED = 20
_SEVERAL = 2


def _one_line(text: str) -> str:
    """What the file says may hold line breaks, and codes a terminal would obey."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
