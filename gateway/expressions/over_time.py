"""What functions over time make of what is remembered; None where too little is known. Pure.

Time counts in hours: the rate of metres is metres an hour, the integral of kilowatts is kilowatt
hours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.expressions.memory import Memory, Part
from gateway.expressions.spans import CELLS, Daily, Span
from gateway.model.clock import HOUR, Micros

KNOWN_SHARE: Final = 0.9
"""Of a window for a mean, a least, a most or a rate; of what adds up all must be known."""


@dataclass(frozen=True, slots=True)
class LookedBack:
    """The parts of the stretch of time that is asked for, and how long that is. `value`: what the
    signal is, where that belongs to it; `lasts`: for how long it has been that."""

    parts: tuple[Part, ...]
    length: Micros
    value: float | None = None
    lasts: Micros = 0

    @property
    def values(self) -> list[float]:
        """The least and most of all there were."""
        ends = [end for part in self.parts for end in (part.low, part.high)] + [self.value]
        return [end for end in ends if end is not None]

    @property
    def known(self) -> Micros:
        """For how long of it the signal was known."""
        return sum(part.known for part in self.parts)

    @property
    def is_whole(self) -> bool:
        """Whether it was known all the time."""
        return 0 < self.known == self.length

    @property
    def is_known(self) -> bool:
        """Whether it was nearly all the time."""
        return 0 < self.known >= KNOWN_SHARE * self.length


def looked_back(memory: Memory, span: Span) -> LookedBack:
    """A sliding window up to now; of daily hours those that are over."""
    if isinstance(span, Daily):
        last = span.last(memory.at)
        parts = tuple(part for part in memory.parts if part.start == last.start)
        return LookedBack(parts, last.end - last.start)
    length = memory.at - span.reach(memory.at)
    return LookedBack(memory.parts, length, memory.value, memory.at - memory.since)


def read(function: str, memory: Memory, span: Span, within: float = 0.0) -> float | None:
    """What that function of READ makes of it; `within` is for `unchanged` alone."""
    back = looked_back(memory, span)
    return unchanged(back, within) if within else READ[function](back)


def mean(back: LookedBack) -> float | None:
    """Weighed by time."""
    area = sum(part.area for part in back.parts)
    return area / (back.known / HOUR) if back.is_known else None


def least(back: LookedBack) -> float | None:
    """The lowest value there was."""
    return min(back.values) if back.is_known else None


def most(back: LookedBack) -> float | None:
    """The highest value there was."""
    return max(back.values) if back.is_known else None


def integral(back: LookedBack) -> float | None:
    """Over hours."""
    return sum(part.area for part in back.parts) if back.is_whole else None


def count(back: LookedBack) -> float | None:
    """How often a condition came to hold."""
    return float(sum(part.rises for part in back.parts)) if back.is_whole else None


def unchanged(back: LookedBack, within: float = 0.0) -> float | None:
    """1.0 while all values lie `within` of each other, 0.0 once it is certain that not."""
    values = back.values
    if values and max(values) - min(values) > within:
        return 0.0
    return 1.0 if back.is_whole else None


def rate(back: LookedBack) -> float | None:
    """Change in an hour: the slope of the straight line, by least squares, through the values that
    the cells of the window began with."""
    known = [(part.start, part.opened) for part in back.parts if part.opened is not None]
    if len(known) < KNOWN_SHARE * CELLS:
        return None
    first = known[0][0]
    hours = [(at - first) / HOUR for at, _ in known]
    middle = sum(hours) / len(known)
    height = sum(value for _, value in known) / len(known)
    away = [hour - middle for hour in hours]
    rise = sum(far * (value - height) for far, (_, value) in zip(away, known, strict=True))
    return rise / sum(far * far for far in away)


def since(back: LookedBack) -> float | None:
    """Hours for which a condition has held; 0 while it does not."""
    if back.value is None:
        return None
    return back.lasts / HOUR if back.value else 0.0


READ: Final[Mapping[str, Callable[[LookedBack], float | None]]] = {
    "count": count,
    "integral": integral,
    "max": most,
    "mean": mean,
    "min": least,
    "rate": rate,
    "since": since,
    "unchanged": unchanged,
}
