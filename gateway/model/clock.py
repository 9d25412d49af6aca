"""Time: UTC microseconds inside, the site's zone only at the edges."""

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


def gateway_clock() -> Clock:
    """A clock that starts at the wall's time and never runs backwards while the process lives.

    Steps of the wall clock (NTP, an operator's hand) are seen at the next start only.
    """
    wall_minus_monotonic = time.time_ns() - time.monotonic_ns()
    return lambda: (time.monotonic_ns() + wall_minus_monotonic) // 1_000


def to_datetime(instant: Micros) -> datetime:
    """The instant as an aware UTC datetime, exact to the microsecond."""
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=instant)


def from_datetime(moment: datetime) -> Micros:
    """Microseconds since 1970 of an aware datetime; a naive one raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
