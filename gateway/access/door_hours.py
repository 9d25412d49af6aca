"""A door's office hours: when everybody may open it."""

from dataclasses import dataclass
from typing import Self
from zlib import crc32

from gateway.access.door_mode import Office
from gateway.desk.calendars import WorkingTime
from gateway.model.clock import Micros
from gateway.site.timing_model import Calendar


@dataclass(frozen=True, slots=True)
class Hours:
    """`working` is None for a door without any. `mark` tells them from others, in every process; 0
    is that of none."""

    working: WorkingTime | None = None
    first_person: bool = False
    mark: int = 0

    @classmethod
    def of(cls, working: WorkingTime | None, *, first_person: bool) -> Self:
        """Those of that calendar, if any."""
        return cls(working, first_person, 0 if working is None else mark_of(working.calendar))

    def office(self, now: Micros) -> Office:
        """What they say then. Of who comes first nothing is known here."""
        if self.working is None or not self.working.holds(now):
            return Office.SHUT
        return Office.WAITING if self.first_person else Office.OPEN

    def next_change(self, now: Micros) -> Micros | None:
        """When they say something else next."""
        return None if self.working is None else self.working.next_change(now)


def mark_of(calendar: Calendar) -> int:
    """What tells a calendar from others, in every process; never 0."""
    days = (sorted(calendar.closed), sorted(calendar.open))
    hours = sorted(calendar.hours.items())
    return crc32(repr((hours, calendar.holidays, days)).encode()) or 1
