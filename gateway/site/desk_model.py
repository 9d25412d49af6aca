"""How the duty desk of a site works."""

from dataclasses import dataclass, field

from gateway.model.clock import DAY, Micros
from gateway.model.shift import ShiftPlan
from gateway.site.timing_model import Timing


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """`reopen_within`: an alarm that comes back so soon after its ticket was closed reopens it;
    later it opens a new one. `shifts`: who mans the desk when.
    `timing`: what must be done in time, and who is told when it is not."""

    reopen_within: Micros = DAY
    shifts: ShiftPlan = field(default_factory=ShiftPlan)
    timing: Timing = field(default_factory=Timing)
