"""What may be set for doors, barriers and zones; good as it is."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.clock import MINUTE, SECOND, Micros


class Direction(StrEnum):
    """Which way a vehicle goes."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class BarrierSettings:
    """One barrier. `travel_time`: the longest it moves; `open_time`: the longest it stays up with
    nobody coming; `pass_time`: how long somebody let through has; `arrival_time`: a plate seen
    again so soon is the same arrival; `confidence`: the least, 0 to 1, at which a camera opens.

    A barrier that does not close itself is closed by the gateway `close_after` the last vehicle.
    `opens_itself`: an opening that nobody here asked for is nothing to ask about. `under_boom`: the
    loops that must be known to be free for it to close. `direction`: of vehicles whose camera does
    not say.
    """

    travel_time: Micros = 15 * SECOND
    open_time: Micros = 2 * MINUTE
    pass_time: Micros = MINUTE
    close_after: Micros = 5 * SECOND
    arrival_time: Micros = 15 * SECOND
    confidence: float = 0.9
    closes_itself: bool = True
    opens_itself: bool = False
    under_boom: tuple[str, ...] = ("entry-loop", "safety-loop")
    direction: Direction | None = None
