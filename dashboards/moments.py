"""Instants and spans as people read them: in the site's time zone."""

from zoneinfo import ZoneInfo

from dashboards.texts import Texts
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros, to_datetime


def clock_time(instant: Micros, zone: ZoneInfo) -> str:
    """As 14:05:09."""
    return to_datetime(instant).astimezone(zone).strftime("%H:%M:%S")


def date_and_time(instant: Micros, zone: ZoneInfo) -> str:
    """As 2026-11-22 14:05:09, the one order read the same in both languages (ISO 8601)."""
    return to_datetime(instant).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def moment(instant: Micros, now: Micros, zone: ZoneInfo) -> str:
    """The time; with the date when that is not today's."""
    then, today = to_datetime(instant).astimezone(zone), to_datetime(now).astimezone(zone)
    if then.date() == today.date():
        return clock_time(instant, zone)
    return date_and_time(instant, zone)


def age(since: Micros, now: Micros, texts: Texts) -> str:
    """How long ago, in the unit that matters."""
    span = max(0, now - since)
    if span < MINUTE:
        return texts("age.now")
    if span < HOUR:
        return texts("age.minutes", minutes=span // MINUTE)
    if span < 24 * HOUR:
        return texts("age.hours", hours=span // HOUR, minutes=span % HOUR // MINUTE)
    return texts("age.days", days=span // (24 * HOUR))


def to_next_second(now: Micros) -> float:
    """Seconds until the clock shows the next one."""
    return (SECOND - now % SECOND) / SECOND
