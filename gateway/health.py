"""How the gateway itself is doing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.dead_letters import DeadLetter
from gateway.journal.gauges import CommitTimes
from gateway.model.clock import Micros
from gateway.model.line_figures import LineFigures

ALARMS: Final = "alarms"
"""The alarm service's name among the followers."""
ACCESS: Final = "access"
"""The access service's."""


@dataclass(frozen=True, slots=True)
class DriverHealth:
    """One connection. `fault` says why it is down, None while it runs; `since` that state;
    `passed_over` counts the messages that were understood and told nothing of any point."""

    name: str
    fault: str | None
    since: Micros
    restarts: int
    passed_over: int = 0


@dataclass(frozen=True, slots=True)
class FollowerHealth:
    """One follower of the journal: how many readings it is behind, and why it waits, if it does."""

    name: str
    behind: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class JournalHealth:
    """The journal. `seq` is the place of the newest durable reading; `bytes_used` what of the file
    holds something, as of the last upkeep; `unshipped_age_s` how long ago the oldest reading was
    received that not every follower has read, None where that is not known."""

    seq: int
    rows: int
    bytes_used: int
    unshipped_age_s: float | None
    commits: CommitTimes
    fault: str | None


@dataclass(frozen=True, slots=True)
class ReceiverHealth:
    """One that is told outside: a channel, a webhook, the heartbeat, or notices as a whole.
    `waiting` counts what is still to be sent; `fault` says why the newest attempt failed."""

    name: str
    waiting: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """`faults` are sentences for the engineer; empty means all is well. `role` is `unsure` where
    another gateway may have become the active one, else `active`."""

    started_at: Micros
    journal: JournalHealth
    faults: tuple[str, ...]
    drivers: tuple[DriverHealth, ...]
    followers: tuple[FollowerHealth, ...]
    dead_letter_counts: Mapping[str, int]
    dead_letters: tuple[DeadLetter, ...]
    receivers: tuple[ReceiverHealth, ...] = ()
    lines: tuple[LineFigures, ...] = ()
    role: str = "active"

    @property
    def alarms_at_risk(self) -> bool:
        """Whether alarms may be missing: the journal, the alarm service or a connection does not
        work. What keeps a history or a backup waiting takes no alarm away."""
        return (
            self.journal.fault is not None
            or any(driver.fault is not None for driver in self.drivers)
            or any(each.fault is not None for each in self.followers if each.name == ALARMS)
        )
