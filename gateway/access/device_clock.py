"""By how much the own clock of a device is slow: what comes at the same lag all the time. Pure.

Lag is what its clock is slow by and what the message was under way. What a device kept until it
was heard again comes in a rush, each message with a smaller lag than the one before; a clock that
is wrong gives all of them the same. Nothing comes before it was sent: a smaller lag ends what was
believed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.access.instants import CLOCKS_DIFFER
from gateway.access.machine import Shown, Step
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality, Reading
from gateway.site.model import Device, Site

CLOCK_POINT: Final = "clock"
"""The derived point that says by how many seconds; 0 while it is within what clocks may differ."""

SAME: Final[Micros] = 2 * SECOND
"""Lags that differ by no more are one: many devices tell whole seconds."""

STEADY_FOR: Final[Micros] = MINUTE
"""So long, by the gateway's clock, the lag must have been the same."""

STEADY_TIMES: Final = 3
"""So often at least it must have been heard in that time."""


@dataclass(frozen=True, slots=True)
class ClockState:
    """`least`: the smallest lag since it is known to be the clock's; 0: the clock is as good as
    right, or nobody knows. `believed`: what that was before it fell silent or seemed to be set
    right, until it is known again. `lag` has been the same `since` then, `heard` so often, last at
    `heard_at`."""

    least: Micros = 0
    believed: Micros = 0
    lag: Micros = 0
    since: Micros = 0
    heard: int = 0
    heard_at: Micros = 0

    @property
    def slow_by(self) -> Micros:
        """At least; what is told now is still told a little after it happened."""
        return max(0, self.least - SAME)


def in_its_own_time(reading: Reading, slow_by: Micros) -> Reading:
    """As if it were received by the clock it was taken by."""
    return replace(reading, received_at=reading.received_at - slow_by) if slow_by else reading


class DeviceClock:
    """That of one device; see gateway.access.machine.Machine."""

    def __init__(self, device: Device) -> None:
        self._point = f"{device.id}/{CLOCK_POINT}"
        self.id = self._point
        self.points = frozenset(point.id for point in device.told)

    def begin(self) -> ClockState:
        """Nothing is known yet."""
        return ClockState()

    def take(self, state: ClockState, reading: Reading, _now: Micros) -> Step[ClockState]:
        """See Machine. After a silence it may be another clock, or a buffer that is emptied."""
        if reading.quality is Quality.OFFLINE:
            return Step(ClockState(believed=state.least or state.believed))
        if reading.quality is not Quality.GOOD or reading.taken_at == reading.received_at:
            return Step(state)
        lag = reading.received_at - reading.taken_at
        if lag <= CLOCKS_DIFFER:
            return Step(ClockState())
        if lag < state.least - SAME:  # set right meanwhile: a buffer is emptied, for all one knows
            state = ClockState(believed=state.least)
        return Step(_heard(replace(state, least=min(state.least, lag)), lag, reading.received_at))

    def elapse(self, state: ClockState, _now: Micros) -> Step[ClockState]:
        """It waits for readings alone."""
        return Step(state)

    def deadline(self, _state: ClockState) -> Micros | None:
        """None: see elapse."""
        return None

    def shown(self, state: ClockState) -> Mapping[str, Shown]:
        """By whole seconds; what was believed is in doubt."""
        told, doubtful = state.least or state.believed, bool(state.believed)
        quality = Quality.STALE if doubtful else Quality.GOOD
        return {self._point: Shown(float(told // SECOND), quality)}

    def refusal(self, _state: ClockState, _device: str, _action: Action) -> None:
        """It is against nothing."""


def device_clocks(site: Site) -> Iterator[DeviceClock]:
    """One for each device whose kind has the point."""
    for device in site.devices:
        derived = {point.id for point in device.points if point.derived}
        if f"{device.id}/{CLOCK_POINT}" in derived:
            yield DeviceClock(device)


def _heard(state: ClockState, lag: Micros, at: Micros) -> ClockState:
    """With a lag that no clock should have."""
    if abs(lag - state.lag) > SAME:
        return replace(state, lag=lag, since=at, heard=1, heard_at=at)
    if state.least and abs(lag - state.least) <= SAME:
        return state
    if at < state.heard_at + SECOND:  # of the same message, or of one rush
        return state
    heard = min(state.heard + 1, STEADY_TIMES)
    steady = heard == STEADY_TIMES and at >= state.since + STEADY_FOR
    state = replace(state, heard=heard, heard_at=at)
    return replace(state, least=min(lag, state.lag), believed=0) if steady else state
