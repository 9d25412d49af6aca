"""What may be set for doors, barriers and zones; good as it is."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.clock import MINUTE, SECOND, Micros


class Direction(StrEnum):
    """Which way somebody goes."""

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


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """While these last, by the calendar of that name, the door is unlocked; with `first_person`
    from the first credential on."""

    hours: str
    first_person: bool = False


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """A door's times (ONVIF Door Control, 4: Timings), and what it goes by.

    Granted, it may be opened for `release_time`; open, it may stand so for `open_time`, the last
    `pre_alarm_time` of which it sounds. `extended_time` is added to both for credentials that ask
    for it. Shut, it has locked within `relock_time`. The exit button is stuck when held down for
    `button_time`. `settle_time`: what a door buffered while it was not heard is all there by then.
    `forced`: whether every opening must be authorised; None where its points decide. `sounder` is
    the device that sounds at the door. `interlock`: doors of which none may be open with it.
    """

    release_time: Micros = 5 * SECOND
    open_time: Micros = 30 * SECOND
    pre_alarm_time: Micros = 10 * SECOND
    extended_time: Micros = 30 * SECOND
    relock_time: Micros = 3 * SECOND
    button_time: Micros = MINUTE
    settle_time: Micros = 5 * SECOND
    forced: bool | None = None
    sounder: str | None = None
    office: OfficeHours | None = None
    interlock: tuple[str, ...] = ()
