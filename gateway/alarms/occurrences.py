"""Occurrences: what an alarm's changes say of each time its condition came (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from gateway.alarms.lifecycle import Move
from gateway.model.clock import Micros

ANNOUNCING: Final = (Move.RAISE, Move.UNSUPPRESS, Move.REALARM)
"""With these the operator may be told: a raise unless it is suppressed, the end of a suppression if
the alarm is still active."""

COUNTING: Final = (*ANNOUNCING, Move.RETURN, Move.ACKNOWLEDGE)
"""The moves that say anything of an occurrence."""


class Moved(NamedTuple):
    """One change of an alarm, as far as figures go by it. `told`: the operator was, with it."""

    alarm: int
    at: Micros
    move: Move
    told: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an alarm's condition came.

    `told` are the instants at which the operator was told of it: none where it was suppressed all
    along. `over_at` is when it was gone, or came again without having gone (an event that repeats);
    `returned` tells the two apart. `acknowledged_at` is the first acknowledgement after it was
    told, which may come after it was gone, or after the alarm had come again.
    """

    alarm: int
    raised_at: Micros
    told: tuple[Micros, ...] = ()
    over_at: Micros | None = None
    returned: bool = False
    acknowledged_at: Micros | None = None


def occurrences(changes: Iterable[Moved]) -> list[Occurrence]:
    """Every occurrence, in the order they came; `changes` in the order of their commits."""
    tracks: dict[int, _Track] = {}
    found: list[Occurrence] = []
    for change in changes:
        track = tracks.setdefault(change.alarm, _Track())
        if change.move is Move.RAISE:
            _end(found, track, change.at, returned=False)
            track.newest = len(found)
            found.append(Occurrence(change.alarm, change.at))
        elif change.move is Move.RETURN:
            _end(found, track, change.at, returned=True)
        elif change.move is Move.ACKNOWLEDGE:
            _acknowledge(found, track, change.at)
        if change.told:
            _tell(found, track, change.at)
    return found


@dataclass(slots=True)
class _Track:
    """Where in the list an alarm's newest occurrence stands, and those not acknowledged yet."""

    newest: int | None = None
    waiting: set[int] = field(default_factory=set)


def _end(found: list[Occurrence], track: _Track, at: Micros, *, returned: bool) -> None:
    if track.newest is not None and found[track.newest].over_at is None:
        found[track.newest] = replace(found[track.newest], over_at=at, returned=returned)


def _tell(found: list[Occurrence], track: _Track, at: Micros) -> None:
    if track.newest is None:
        return
    newest = found[track.newest]
    found[track.newest] = replace(newest, told=(*newest.told, at))
    if newest.acknowledged_at is None:
        track.waiting.add(track.newest)


def _acknowledge(found: list[Occurrence], track: _Track, at: Micros) -> None:
    for place in track.waiting:
        found[place] = replace(found[place], acknowledged_at=at)
    track.waiting.clear()
