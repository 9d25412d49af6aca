"""Time: UTC microseconds inside, the site's zone only at the edges."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Micros = int
"""An instant (microseconds since 1970-01-01 UTC) or a span (microseconds)."""

Clock = Callable[[], Micros]
"""Gives the present instant. Logic takes one as an argument and never reads the time itself."""

MILLISECOND: Micros = 1_000
SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE
DAY: Micros = 24 * HOUR

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)

BELIEVED: Micros = DAY

SLEW = 0.05
"""Share of the passing time by which a gateway's clock goes after the wall's."""


class GatewayClock:
    """A Clock that never runs backwards and never jumps while the process lives.

    It starts at the wall's time, or goes on from that of the process before. When the wall clock
    is stepped (NTP, an operator's hand) it goes after it by at most SLEW of the time that passes,
    so that no delay is cut short or drawn out by more than that; an hour is made up within a day.
    Any thread.
    """

    def __init__(
        self,
        wall_ns: Callable[[], int],
        monotonic_ns: Callable[[], int],
    ) -> None:
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        self._lock = threading.Lock()
        self._looked = monotonic_ns()
        self._now = wall_ns()

    def __call__(self) -> Micros:
        """The present instant."""
        with self._lock:
            passed = self._monotonic_ns() - self._looked
            self._looked += passed
            self._now += passed
            slew = int(passed * SLEW)
            self._now += max(-slew, min(slew, self._wall_ns() - self._now))
            return self._now // 1_000

    def go_on_from(self, instant: Micros) -> None:
        """Be no earlier than `instant`, where an earlier process has left off; unless that is more
        than BELIEVED ahead of the wall's time: then it was that clock which was wrong."""
        with self._lock:
            if instant * 1_000 - self._wall_ns() <= BELIEVED * 1_000:
                self._now = max(self._now, instant * 1_000)

    @property
    def astray(self) -> Micros:
        """How far the wall clock is ahead of this one; negative where it is behind."""
        return self._wall_ns() // 1_000 - self()


def gateway_clock() -> GatewayClock:
    """The clock of this machine."""
    return GatewayClock(time.time_ns, time.monotonic_ns)


def to_datetime(instant: Micros) -> datetime:
    """The instant as an aware UTC datetime, exact to the microsecond."""
    return _EPOCH + timedelta(microseconds=instant)


def from_datetime(moment: datetime) -> Micros:
    """Microseconds since 1970 of an aware datetime; a naive one raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - _EPOCH) // _MICROSECOND
