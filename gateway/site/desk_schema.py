"""How the duty desk of a site works, as the site file says it."""

from pydantic import Field

from gateway.model.clock import DAY
from gateway.site import fields as f
from gateway.site.desk_model import DeskSettings
from gateway.site.entry import Entry
from gateway.site.shift_schema import ShiftsEntry
from gateway.site.timing_schema import CalendarEntry, ChainEntry, ClockEntry, timing


class DeskEntry(Entry):
    """How the duty desk works."""

    reopen_within: f.Duration = DAY
    """An alarm that comes back so soon after its ticket was closed reopens it."""
    shifts: ShiftsEntry = ShiftsEntry()
    """Who mans the desk when."""
    calendars: dict[f.Id, CalendarEntry] = Field(default_factory=dict)
    """Working hours that clocks may count by; `daytime` takes the place of the brought one."""
    clocks: tuple[ClockEntry, ...] = ()
    """How long things may take, before the rule book's own; the first that fits counts."""
    escalation: tuple[ChainEntry, ...] = ()
    """Who is told when nobody acts, before the brought chain; the first that fits counts."""

    def settings(self) -> DeskSettings:
        """The same, for the gateway."""
        return DeskSettings(
            reopen_within=self.reopen_within,
            shifts=self.shifts.plan(),
            timing=timing(self.calendars, self.clocks, self.escalation),
        )
