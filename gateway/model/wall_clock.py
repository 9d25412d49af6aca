"""The estate's wall clock, which is put forward and back where there is summer time."""

from bisect import bisect_left
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from gateway.model.clock import Micros, from_datetime, to_datetime


def shown_at(at: Micros, zone: ZoneInfo) -> datetime:
    """What the wall clock there shows at that instant; naive."""
    return to_datetime(at).astimezone(zone).replace(tzinfo=None, fold=0)


def instant_of(day: date, at: time, zone: ZoneInfo) -> Micros:
    """The first instant of that day at which the wall clock there shows `at`; where it is put
    forward over that, the instant at which it is."""
    wall = datetime.combine(day, at)
    instant = from_datetime(wall.replace(tzinfo=zone))
    if shown_at(instant, zone) == wall:
        return instant
    # The clock jumps over it: at some instant between the two that Python makes of it (PEP 495).
    earliest = from_datetime(wall.replace(tzinfo=zone, fold=1))
    jump = range(earliest, instant)
    return earliest + bisect_left(jump, wall, key=lambda at: shown_at(at, zone))
