"""When a zone is disarmed and part-armed by itself."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.access.door_hours import mark_of
from gateway.access.zone_state import Mode
from gateway.desk.calendars import WorkingTime
from gateway.model.clock import Micros
from gateway.site.held_model import ZoneSettings
from gateway.site.timing_model import Calendar


@dataclass(frozen=True, slots=True)
class Schedule:
    """Armed at all other times; where both calendars hold, disarmed. `mark` tells it from
    others, in every process; zeros are that of none."""

    disarmed: WorkingTime | None = None
    part_armed: WorkingTime | None = None
    mark: tuple[int, int] = (0, 0)

    @property
    def acts(self) -> bool:
        """Whether there is one at all."""
        return self.disarmed is not None or self.part_armed is not None

    def mode_at(self, at: Micros) -> Mode:
        """What the calendars say of that instant."""
        if self.disarmed is not None and self.disarmed.holds(at):
            return Mode.DISARMED
        if self.part_armed is not None and self.part_armed.holds(at):
            return Mode.PART_ARMED
        return Mode.ARMED

    def next_change(self, after: Micros) -> Micros | None:
        """When they may say something else; None where there are none."""
        both = (each for each in (self.disarmed, self.part_armed) if each is not None)
        return min((each.next_change(after) for each in both), default=None)


def schedule_of(zone: ZoneSettings, calendars: dict[str, Calendar], where: ZoneInfo) -> Schedule:
    """That of a zone, by the names of its calendars."""

    def named(name: str | None) -> WorkingTime | None:
        return None if name is None else WorkingTime(calendars[name], where)

    def mark(name: str | None) -> int:
        return 0 if name is None else mark_of(calendars[name])

    disarmed, part = zone.disarmed_during, zone.part_armed_during
    return Schedule(named(disarmed), named(part), (mark(disarmed), mark(part)))
