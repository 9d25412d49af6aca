"""What may be set for doors, barriers and zones, as it is written."""

from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.site import fields as f
from gateway.site.access_model import BarrierSettings, Direction
from gateway.site.entry import Entry, some

_BARRIER = BarrierSettings()


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
