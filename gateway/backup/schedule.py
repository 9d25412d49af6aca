"""When the daily backup is due. Pure: the wall clock of a time zone, across its changes."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.model.clock import HOUR, Micros, from_datetime, to_datetime

RETRY: Final[Micros] = HOUR
"""After a failure: what a night's maintenance takes away is back by then."""


def next_due(after: Micros, at: time, zone: ZoneInfo) -> Micros:
    """The first instant after `after` at which a day's backup is due: when the zone's wall clock
    shows `at`. Where that is shown twice, the first time; where it is skipped, as long after the
    change as it would have been without (PEP 495's fold 0)."""
    yesterday = to_datetime(after).astimezone(zone).date() - timedelta(days=1)
    # A zone may skip a whole day, and two days' instants are then one: so look three days ahead.
    days = (yesterday + timedelta(days=n) for n in range(5))
    moments = (datetime.combine(day, at, tzinfo=zone).astimezone(UTC) for day in days)
    return min(due for due in map(from_datetime, moments) if due > after)


def first_due(newest: Micros | None, now: Micros, at: time, zone: ZoneInfo) -> Micros:
    """At a start: at once where there is none yet or one was missed meanwhile. `newest` is when the
    newest one was made."""
    return now if newest is None else max(now, next_due(min(newest, now), at, zone))


def due_after_failure(now: Micros, at: time, zone: ZoneInfo) -> Micros:
    """Soon again, and at the latest with the next day's."""
    return min(now + RETRY, next_due(now, at, zone))
