"""Alarm floods: when more comes than a person can take in (pure).

ISA-18.2 (clause 16) and EEMUA 191: a flood begins when more than 10 alarms are announced to one
operator within 10 minutes, and ends when fewer than 5 are. Gatehouse has one desk: one operator.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.model.clock import MINUTE, Micros
from gateway.model.rule import Priority

TEN_MINUTES: Final[Micros] = 10 * MINUTE

BEGINS_OVER: Final = 10
ENDS_BELOW: Final = 5


@dataclass(frozen=True, slots=True)
class Announcement:
    """The operator was told of an alarm."""

    at: Micros
    alarm: int
    rule: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class Flood:
    """`began_at`: with that announcement there were too many. `first_out` is the first of the ten
    minutes before it: most likely the cause. `alarms` are all from that one on, `counts` their
    announcements by priority. `ended_at` is None while it lasts."""

    began_at: Micros
    first_out: Announcement
    alarms: frozenset[int]
    counts: Mapping[Priority, int]
    ended_at: Micros | None = None


class FloodWatch:
    """Takes announcements in the order of time, and says which flood they make. It knows no clock:
    the present is an argument."""

    def __init__(self) -> None:
        self._recent: deque[Announcement] = deque()
        self._flood: list[Announcement] = []
        self._began_at: Micros | None = None

    def take(self, announcement: Announcement) -> Flood | None:
        """One more; returns the flood that was over before it came, if there was one."""
        over = self._end_by(announcement.at)
        while self._recent and self._recent[0].at <= announcement.at - TEN_MINUTES:
            self._recent.popleft()
        self._recent.append(announcement)
        if self._began_at is not None:
            self._flood.append(announcement)
        elif len(self._recent) > BEGINS_OVER:
            self._began_at = announcement.at
            self._flood = list(self._recent)
        return over

    def at(self, now: Micros) -> Flood | None:
        """The flood that lasts at `now`, no earlier than the newest announcement."""
        ends_at = self._ends_at()
        return None if ends_at is None or ends_at <= now else self._as_flood(None)

    def last(self, until: Micros) -> Flood | None:
        """The flood that lasts at `until`, or the last one that ended by then and was not told."""
        return self.at(until) or self._end_by(until)

    def _end_by(self, instant: Micros) -> Flood | None:
        ends_at = self._ends_at()
        if ends_at is None or ends_at > instant:
            return None
        flood = self._as_flood(ends_at)
        self._began_at, self._flood = None, []
        return flood

    def _ends_at(self) -> Micros | None:
        """Unless more comes: when the last but four is ten minutes old."""
        return None if self._began_at is None else self._flood[-ENDS_BELOW].at + TEN_MINUTES

    def _as_flood(self, ended_at: Micros | None) -> Flood:
        assert self._began_at is not None  # the callers have looked
        return Flood(
            began_at=self._began_at,
            first_out=self._flood[0],
            alarms=frozenset(told.alarm for told in self._flood),
            counts=Counter(told.priority for told in self._flood),
            ended_at=ended_at,
        )


def floods(announcements: Iterable[Announcement], until: Micros) -> list[Flood]:
    """Every flood, in order; `announcements` in the order of time, none after `until`."""
    return list(_floods(announcements, until))


def _floods(announcements: Iterable[Announcement], until: Micros) -> Iterator[Flood]:
    watch = FloodWatch()
    for announcement in announcements:
        over = watch.take(announcement)
        if over is not None:
            yield over
    last = watch.last(until)
    if last is not None:
        yield last
