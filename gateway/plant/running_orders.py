"""What has been ordered of a motor, until when, and what its hours want of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.access.door_hours import mark_of
from gateway.desk.calendars import WorkingTime
from gateway.model.actor import GATEWAY
from gateway.model.clock import MINUTE, Micros
from gateway.model.command import Action
from gateway.site.plant_model import PumpSettings

AGAIN_AFTER: Final[Micros] = MINUTE
"""One that still runs is told to stop again so long after it was last."""

RUNS: Final = frozenset({Action.START, Action.STOP})


class Reason(StrEnum):
    """Why the gateway starts or stops it (Wish.reason)."""

    TIME_UP = "time-up"
    HOURS_BEGIN = "hours-begin"
    HOURS_END = "hours-end"


@dataclass(frozen=True, slots=True)
class Orders:
    """`ordered`: what it was last told, None once it has done so or its controller decides.
    `stop_at`: when a timed run ends. `awaited`: what its hours want and it has not been seen to do;
    `in_hours` and `look_at`: what the calendar of that `mark` said last, and when it says something
    else.
    `…_before`: what counts again when an order comes to nothing."""

    ordered: Action | None = None
    stop_at: Micros | None = None
    ordered_before: Action | None = None
    stop_before: Micros | None = None
    awaited: Action | None = None
    asked_at: Micros = 0
    in_hours: bool | None = None
    look_at: Micros | None = None
    mark: int = 0

    def taken(self, order: Mapping[str, object]) -> "Orders":
        """Somebody has ordered that, or it came to nothing. What a person decides goes before the
        hours; what the gateway asks for itself ends no timed run."""
        if order.get("action") not in RUNS:
            return self
        if order.get("withdrawn"):
            return replace(self, ordered=self.ordered_before, stop_at=self.stop_before)
        action, until = Action(str(order["action"])), order.get("until")
        state = replace(self, ordered=action, ordered_before=self.ordered, stop_before=self.stop_at)
        if order.get("who") == GATEWAY.user:
            return state
        ends = until if action is Action.START and isinstance(until, int) else None
        return replace(state, stop_at=ends, awaited=None)

    def done(self, running: bool) -> "Orders":
        """It is seen to do what was ordered; from here on it may do otherwise by itself."""
        is_done = self.ordered is (Action.START if running else Action.STOP)
        state = replace(self, ordered=None) if is_done else self
        met = state.awaited is (Action.START if running else Action.STOP)
        return replace(state, awaited=None) if met else state

    def is_past(self, settings: PumpSettings, now: Micros) -> bool:
        """Whether a timed run has ended, even of a pump that took its time to start."""
        return self.stop_at is not None and now >= self.stop_at + settings.starts_within

    def stopped(self) -> "Orders":
        """It stands, and ran or should have: a timed run is over."""
        return self if self.stop_at is None else replace(self, stop_at=None, stop_before=None)

    def at(self, hours: WorkingTime | None, now: Micros) -> "Orders":
        """What the calendar says by now. Where it was not asked before, it orders nothing."""
        if hours is None:
            none = Orders()
            return replace(self, in_hours=None, look_at=None, mark=none.mark, awaited=None)
        mark = mark_of(hours.calendar)
        same = mark == self.mark
        if same and self.look_at is not None and now < self.look_at:
            return self
        holds = hours.holds(now)
        state = replace(self, in_hours=holds, look_at=hours.next_change(now), mark=mark)
        if not same or self.in_hours in (None, holds):
            return state
        return replace(state, awaited=Action.START if holds else Action.STOP, asked_at=0)

    def wanted(self, running: bool, now: Micros) -> tuple[Action, Reason] | None:
        """What to ask for, upon a fresh reading."""
        time_up = self.stop_at is not None and now >= self.stop_at
        if running and (time_up or self.awaited is Action.STOP):
            if now < self.asked_at + AGAIN_AFTER:
                return None
            return Action.STOP, Reason.TIME_UP if time_up else Reason.HOURS_END
        if not running and self.awaited is Action.START:
            return Action.START, Reason.HOURS_BEGIN
        return None

    def asked(self, action: Action, now: Micros) -> "Orders":
        """A start is asked for once; who looks at it then is told that it failed."""
        starts = action is Action.START
        return replace(self, asked_at=now, awaited=None if starts else self.awaited)
