"""How the duty desk of a site works."""

from dataclasses import dataclass, field

from gateway.model.clock import DAY, Micros
from gateway.model.shift import ShiftPlan


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """`reopen_within`: an alarm that comes back so soon after its ticket was closed reopens it;
    later it opens a new one. `shifts`: who mans the desk when."""

    reopen_within: Micros = DAY
    shifts: ShiftPlan = field(default_factory=ShiftPlan)
