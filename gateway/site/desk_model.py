"""How the duty desk of a site works."""

from dataclasses import dataclass

from gateway.model.clock import DAY, Micros


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """`reopen_within`: an alarm that comes back so soon after its ticket was closed reopens it;
    later it opens a new one."""

    reopen_within: Micros = DAY
