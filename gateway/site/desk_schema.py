"""How the duty desk of a site works, as the site file says it."""

from gateway.model.clock import DAY
from gateway.site import fields as f
from gateway.site.desk_model import DeskSettings
from gateway.site.entry import Entry
from gateway.site.shift_schema import ShiftsEntry


class DeskEntry(Entry):
    """How the duty desk works."""

    reopen_within: f.Duration = DAY
    """An alarm that comes back so soon after its ticket was closed reopens it."""
    shifts: ShiftsEntry = ShiftsEntry()
    """Who mans the desk when."""

    def settings(self) -> DeskSettings:
        """The same, for the gateway."""
        return DeskSettings(reopen_within=self.reopen_within, shifts=self.shifts.plan())
