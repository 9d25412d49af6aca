"""What a function over time remembers of its signal, in a bounded space. Pure.

A value holds until the next one is told. Time in which nothing is known is no part of anything: it
is neither filled nor bridged, and neither is time in which nobody looked, or that has not come yet:
it was told by a clock that has been put right since.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.expressions.spans import Span
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros

LATE: Final[Micros] = 10 * SECOND
"""Looked at so long after its deadline, it was not looked at: the gateway stood still."""


class Part(NamedTuple):
    """What happened in one cell. `known`: for how long the signal was; `area`: the integral of its
    values over hours; `opened`: its value when the cell began. Kept as a list, without names."""

    start: Micros
    known: Micros = 0
    area: float = 0.0
    low: float | None = None
    high: float | None = None
    rises: int = 0
    opened: float | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """Up to `at`. The signal has been `value` (None: unknown) since `since`."""

    at: Micros = 0
    value: float | None = None
    since: Micros = 0
    parts: tuple[Part, ...] = ()


def deadline(memory: Memory, span: Span) -> Micros | None:
    """When it is to be looked at again though nothing is told: a cell ends, or a minute. None while
    nothing is known."""
    if memory.value is None:
        return None
    return min(span.cell(memory.at).end, memory.at // MINUTE * MINUTE + MINUTE)


def told(memory: Memory, value: float | None, now: Micros, span: Span) -> Memory:
    """The signal is that from `now` on."""
    due = deadline(memory, span)
    before = memory.value if due is not None and memory.at <= now <= due + LATE else None
    oldest = span.reach(now)
    parts = {part.start: part for part in memory.parts if oldest <= part.start <= now}
    if before is not None:
        _hold(parts, before, (max(memory.at, oldest), now), span)
    cell = span.cell(now)
    if before is not None and value is not None and before < value and cell.counts:
        part = parts.get(cell.start, Part(cell.start))
        parts[cell.start] = part._replace(rises=part.rises + 1)
    since = memory.since if before is not None and before == value else now
    return Memory(now, value, since, tuple(parts.values()))


def _hold(
    parts: dict[Micros, Part], value: float, between: tuple[Micros, Micros], span: Span
) -> None:
    """The signal was `value` between these instants."""
    at, until = between
    while at < until:
        cell = span.cell(at)
        end = min(cell.end, until)
        if cell.counts:
            part = parts.get(cell.start, Part(cell.start))
            parts[cell.start] = part._replace(
                known=part.known + end - at,
                area=part.area + value * (end - at) / HOUR,
                low=value if part.low is None else min(part.low, value),
                high=value if part.high is None else max(part.high, value),
                opened=value if at == cell.start else part.opened,
            )
        at = end
