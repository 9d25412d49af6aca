"""What may be set for doors, barriers and zones, as it is written."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gateway.model.clock import SECOND
from gateway.site import fields as f
from gateway.site.access_model import BarrierSettings, Direction, DoorSettings, OfficeHours
from gateway.site.entry import Entry, some

_BARRIER = BarrierSettings()
_DOOR = DoorSettings()


class BarrierEntry(Entry):
    """How a barrier is meant to go."""

    travel_time: f.Lasting = _BARRIER.travel_time
    """Opening or closing for longer, it is stuck."""
    open_time: f.Lasting = _BARRIER.open_time
    """Up for longer with nobody passing, it has been left open."""
    pass_time: f.Lasting = _BARRIER.pass_time
    """Somebody let through has not passed by then: not taken."""
    close_after: f.Lasting = _BARRIER.close_after
    """Where the gateway closes it: so long after the last vehicle."""
    arrival_time: f.Lasting = _BARRIER.arrival_time
    """A plate that is seen again so soon is the same arrival."""
    confidence: Annotated[f.Number, Field(ge=0, le=1)] = _BARRIER.confidence
    """The least at which a camera's word opens; one that says none counts as 0."""
    closes_itself: bool = _BARRIER.closes_itself
    """false: the gateway closes it, never over a loop that is not known to be free."""
    opens_itself: bool = _BARRIER.opens_itself
    """true: something else opens it too, such as its own reader, and nobody is asked why."""
    under_boom: Annotated[tuple[f.Id, ...], AfterValidator(some)] = _BARRIER.under_boom
    """The loops that must be known to be free for it to be closed; of these, those it has."""
    direction: Direction | None = _BARRIER.direction
    """in or out, where the camera does not say."""

    def settings(self) -> BarrierSettings:
        """The same, for the gateway."""
        return BarrierSettings(**dict(self))


class OfficeEntry(Entry):
    """When a door is unlocked for everybody."""

    hours: str
    """One of the calendars under `site: desk: calendars`."""
    first_person: bool = False
    """true: not before somebody has come in with a credential."""


class DoorEntry(Entry):
    """A door's times, and what it goes by."""

    release_time: f.Lasting = _DOOR.release_time
    """How long it may be opened after a grant."""
    open_time: f.Lasting = _DOOR.open_time
    """How long it may stand open; then it is propped."""
    pre_alarm_time: f.Duration | None = None
    """How long before that it sounds; without it a third of open_time, at most 10s."""
    extended_time: f.Duration = _DOOR.extended_time
    """Added to both for credentials that ask for it."""
    relock_time: f.Lasting = _DOOR.relock_time
    """How soon it is locked again once it is shut."""
    button_time: f.Lasting = _DOOR.button_time
    """How long the exit button may be held down; then it is stuck."""
    settle_time: f.Lasting = _DOOR.settle_time
    """How long the rest of what it buffered may take once it is back."""
    forced: bool | None = None
    """Whether an opening that nothing authorised is forced; without it where the door tells of
    credentials or of its exit button."""
    sounder: f.Id | None = None
    """The device that sounds at the door before it counts as propped."""
    office: OfficeEntry | None = None
    """When everybody may open it."""
    interlock: tuple[f.Id, ...] = ()
    """The other doors of its air lock: only one of them may be open at a time."""

    @model_validator(mode="after")
    def _sounds_while_open(self) -> "DoorEntry":
        if self.pre_alarm_time is not None and self.pre_alarm_time >= self.open_time:
            raise ValueError("expected pre_alarm_time below open_time")
        return self

    def settings(self) -> DoorSettings:
        """The same, for the gateway."""
        brought = min(self.open_time // 3, 10 * SECOND)
        said = dict(self)
        said["pre_alarm_time"] = brought if self.pre_alarm_time is None else self.pre_alarm_time
        said["office"] = None if self.office is None else OfficeHours(**dict(self.office))
        return DoorSettings(**said)
