"""What is known for certain, and for how long: a word for each point.

What a point has said is known for twice its period at most, then nothing is: after a restart too,
where nobody has heard of it since. (The watch for silence tells of it after one period.)
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.clock import Micros


@dataclass(frozen=True, slots=True)
class Fact:
    """`until`: after that nothing is known; None of points that speak only when something
    happens."""

    word: str
    until: Micros | None = None


Facts = Mapping[str, Fact]
"""By point; of what is not here nothing is known."""


def learned(
    facts: Facts, point: str, word: str | None, period: Micros | None, now: Micros
) -> Facts:
    """With what that point says now, None for nothing certain; the same object where that is no
    news."""
    known = facts.get(point)
    if word is None:
        return facts if known is None else {p: fact for p, fact in facts.items() if p != point}
    if known is not None and known.word == word and not _fades(known, period, now):
        return facts
    return {**facts, point: Fact(word, None if period is None else now + 2 * period)}


def expired(facts: Facts, now: Micros) -> Facts:
    """Without what has not been heard for too long."""
    return {p: fact for p, fact in facts.items() if fact.until is None or fact.until > now}


def next_expiry(facts: Facts) -> Micros | None:
    """When something is known no more."""
    return min((fact.until for fact in facts.values() if fact.until is not None), default=None)


def word(facts: Facts, point: str | None) -> str | None:
    """What is known of it; None for nothing."""
    known = None if point is None else facts.get(point)
    return None if known is None else known.word


def _fades(fact: Fact, period: Micros | None, now: Micros) -> bool:
    """So that not every reading changes what is kept."""
    if fact.until is None or period is None:
        return period is not None
    return not now + period < fact.until <= now + 2 * period
