"""A store that says itself how long it wants to be left alone."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from gateway.errors import Unreachable
from gateway.model.clock import HOUR, SECOND, Micros, from_datetime

LONGEST: Micros = HOUR
"""No server is believed that it needs longer."""


class Overloaded(Unreachable):
    """Try again after `wait`, as it has asked."""

    def __init__(self, subject: str, problem: str, wait: Micros) -> None:
        super().__init__(subject, problem)
        self.wait = wait


def retry_after(header: str | None, now: Micros) -> Micros | None:
    """How long the header Retry-After asks to wait: seconds or a date (RFC 9110, 10.2.3). None for
    none, and for what is neither."""
    if header is None:
        return None
    told = header.strip()
    if told.isascii() and told.isdigit():
        return min(int(told) * SECOND, LONGEST)
    try:
        date = parsedate_to_datetime(told)
        at = from_datetime(date if date.tzinfo else date.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return min(max(at - now, 0), LONGEST)
