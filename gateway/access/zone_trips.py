"""Where the trip of a line leads: to a breach, to a delay, or to waiting for another line. Pure."""

from collections.abc import Set
from dataclasses import replace

from gateway.access.zone_lines import Line
from gateway.access.zone_state import TRIPPED, Phase, ZoneState
from gateway.model.clock import Micros
from gateway.site.held_model import Swinger, ZoneSettings


def counted(state: ZoneState, point: str, now: Micros, swinger: Swinger | None) -> ZoneState:
    """With that trip, after which the line may be one that trips too often."""
    most = 1 if swinger is None else swinger.trips
    trips = (*state.trips.get(point, ()), now)[-most:]
    state = replace(state, trips={**state.trips, point: trips})
    if swinger is None or len(trips) < most or trips[0] < now - swinger.within:
        return state
    return replace(state, limited={**state.limited, point: now + swinger.within})


def led_to(
    state: ZoneState, line: Line, now: Micros, settings: ZoneSettings, counting: Set[str]
) -> Phase:
    """The phase; `counting` are the lines whose alarm counts now, the trip being in the state."""
    phase, confirm = TRIPPED[state.phase, line.setting.delayed], settings.confirm
    if phase is Phase.ENTRY and settings.entry_delay == 0:
        phase = Phase.BREACH
    if phase is not Phase.BREACH or state.phase is Phase.BREACH or confirm is None:
        return phase
    lately = {p for p, at in state.trips.items() if at and at[-1] >= now - confirm.within}
    if len(lately | counting) >= confirm.lines:
        return Phase.BREACH
    return Phase.ENTRY if state.phase is Phase.ENTRY else Phase.UNCONFIRMED
