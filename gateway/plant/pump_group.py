"""A group of pumps by level or pressure: who leads, how many run, who takes over.

Pure. It asks only upon a fresh reading of its level, in mode auto: while the level is not known it
stands still and says so. A pump that is not known to stand counts as one that runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from gateway.access.held import ORDER_POINT
from gateway.access.instants import instant
from gateway.access.machine import Shown, Step, Wish
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality, Reading, Value
from gateway.model.wall_clock import instant_of, shown_at
from gateway.plant.facts import expired, learned, next_expiry, word
from gateway.plant.group_state import GroupState, GroupWord, Mode, demand, reached
from gateway.plant.pump import CLEAR
from gateway.plant.pump_state import RUNNING, STOPPED, PumpRefusal
from gateway.plant.senses import certain
from gateway.site.model import Device, Site
from gateway.site.plant_model import Rotation

BETWEEN_STARTS: Final[Micros] = 5 * SECOND
"""So that two motors never draw their starting current at once."""
STOPPED_AGAIN: Final[Micros] = MINUTE
"""A pump that still runs is told to stop again so long after it was last."""

NEVER_STARTED: Final = -STOPPED_AGAIN
MODES: Final = {Action.AUTOMATIC: Mode.AUTO, Action.MANUAL: Mode.MANUAL}
LEVEL: Final = "level"
_HEARD: Final = ("run", "interlock", "response")


class Reason(StrEnum):
    """Why the group starts or stops a pump (Wish.reason)."""

    CALLED = "level-calls"
    REACHED = "level-reached"


class PumpGroup:
    """One group; see gateway.access.machine.Machine."""

    def __init__(self, device: Device, site: Site) -> None:
        assert device.group is not None
        self.id = device.id
        self._settings = device.group
        self._zone = site.time_zone
        self._order = f"{self.id}/{ORDER_POINT}"
        points = {point.id: point for each in site.devices for point in each.points}
        self._period = points[self._settings.by].period
        self._heard = {
            f"{pump}/{name}": (pump, name) for pump in self._settings.pumps for name in _HEARD
        }
        self._hours = {f"{pump}/run-hours": pump for pump in self._settings.pumps}
        self._periods = {point: points[point].period for point in self._heard if point in points}

    @property
    def points(self) -> frozenset[str]:
        """Its level, what its pumps do and may, and what is ordered of it."""
        return frozenset({self._settings.by, *self._heard, *self._hours, self._order})

    def begin(self) -> GroupState:
        """See Machine."""
        return GroupState(order=self._settings.pumps)

    def take(self, state: GroupState, reading: Reading, now: Micros) -> Step[GroupState]:
        """See Machine."""
        value = certain(reading)
        if reading.point == self._order:
            return Step(_ordered(state, value))
        if instant(reading, now).is_history:
            return Step(state)
        state = self._known(state, now)
        if reading.point in self._hours:
            pump = self._hours[reading.point]
            known = isinstance(value, float) and state.hours.get(pump) != value
            hours = {**state.hours, pump: value}
            return Step(replace(state, hours=hours) if known else state)  # type: ignore[arg-type]
        if reading.point == self._settings.by:
            return self._levelled(state, value, now)
        said = value if isinstance(value, str) else None
        period = self._periods.get(reading.point)
        facts = learned(state.facts, reading.point, said, period, now)
        return Step(self._seen(state if facts is state.facts else replace(state, facts=facts), now))

    def elapse(self, state: GroupState, now: Micros) -> Step[GroupState]:
        """See Machine."""
        return Step(self._seen(self._known(state, now), now))

    def deadline(self, state: GroupState) -> Micros | None:
        """See Machine."""
        within = self._settings.starts_within
        due = (at + within for at in state.started.values())
        instants = (next_expiry(state.facts), state.rotate_at, *due)
        return min((at for at in instants if at is not None), default=None)

    def shown(self, state: GroupState) -> Mapping[str, Shown]:
        """See Machine."""
        known = Quality.GOOD if state.level_known else Quality.STALE
        said = {
            "mode": Shown(state.mode.value),
            "state": Shown(self._word(state).value),
            "lead": Shown(state.order[0]),
            "demand": Shown(float(state.demand), known),
            "takeover": Shown("failed" if state.failed else "ok"),
        }
        return {f"{self.id}/{name}": shown for name, shown in said.items()}

    def refusal(self, _state: GroupState, _device: str, _action: Action) -> None:
        """What its pumps must not be asked is theirs to say."""

    # --- what it hears -------------------------------------------------------------------------

    def _known(self, state: GroupState, now: Micros) -> GroupState:
        """Without what was heard too long ago, with the pumps that the site file has now."""
        facts = expired(state.facts, now)
        if len(facts) < len(state.facts):
            state = replace(state, facts=facts, level_known=LEVEL in facts)
        if {*state.order} != {*self._settings.pumps}:
            kept = [pump for pump in state.order if pump in self._settings.pumps]
            new = [pump for pump in self._settings.pumps if pump not in kept]
            state = replace(state, order=(*kept, *new))
        return self._rotated(state, now)

    def _levelled(self, state: GroupState, value: Value, now: Micros) -> Step[GroupState]:
        known = isinstance(value, float)
        facts = learned(state.facts, LEVEL, "known" if known else None, self._period, now)
        state = replace(state, facts=facts, level_known=known)
        if not isinstance(value, float):
            return Step(state)
        wanted = demand(state.demand, value, self._settings)
        if wanted == 0 != state.demand:
            state = self._rested(replace(state, demand=0, failed=frozenset()))
        state = self._seen(replace(state, demand=wanted), now)
        if state.mode is Mode.MANUAL:
            return Step(state)
        done = reached(value, self._settings)
        return self._stopping(state, now) if done else self._starting(state, now)

    def _seen(self, state: GroupState, now: Micros) -> GroupState:
        """What has been done of what was asked; a pump whose time is up has failed."""
        running = {pump for pump in state.order if self._run(state, pump) == RUNNING}
        waits = {
            pump: at
            for pump, at in state.started.items()
            if pump not in running and now < at + self._settings.starts_within
        }
        late = state.started.keys() - waits.keys() - running
        stops = {pump: at for pump, at in state.stopped.items() if pump in running}
        return replace(
            state,
            started=waits,
            stopped=stops,
            failed=(state.failed | late) - running,
            has_run=state.has_run or bool(running),
        )

    # --- who leads -----------------------------------------------------------------------------

    def _rested(self, state: GroupState) -> GroupState:
        """The level is reached: who led may follow now."""
        rotation = self._settings.rotation
        due = rotation is Rotation.DAILY and state.rotates
        if due or (rotation is Rotation.EACH_START and state.has_run):
            return state.rotated()
        if rotation is Rotation.HOURS:
            order = sorted(state.order, key=lambda pump: state.hours.get(pump, 0.0))
            return replace(state, order=tuple(order))
        return state

    def _rotated(self, state: GroupState, now: Micros) -> GroupState:
        """At the time of day, or as soon as it rests after that."""
        if self._settings.rotation is not Rotation.DAILY:
            return state if state.rotate_at is None else replace(state, rotate_at=None)
        if state.rotate_at is not None and now < state.rotate_at:
            return state
        day = shown_at(now, self._zone).date()
        at = instant_of(day, self._settings.rotate_at, self._zone)
        if at <= now:
            at = instant_of(day + timedelta(days=1), self._settings.rotate_at, self._zone)
        is_new = state.rotate_at is None
        state = replace(state, rotate_at=at, rotates=not is_new)
        return state.rotated() if state.rotates and not state.demand else state

    # --- what it asks, its level having just been heard -----------------------------------------

    def _starting(self, state: GroupState, now: Micros) -> Step[GroupState]:
        standing = [pump for pump in state.order if self._run(state, pump) == STOPPED]
        busy = [p for p in state.order if p not in standing or p in state.started]
        last = max(state.started.values(), default=NEVER_STARTED)
        if len(busy) >= min(state.demand, self._settings.most) or now < last + BETWEEN_STARTS:
            return Step(state)
        free = self._available(state, [pump for pump in standing if pump not in state.started])
        if not free:
            return Step(state)
        state = replace(state, started={**state.started, free[0]: now})
        return Step(state, wishes=(Wish(free[0], Action.START, Reason.CALLED),))

    def _stopping(self, state: GroupState, now: Micros) -> Step[GroupState]:
        """All that run, but for those that somebody works by hand."""
        runs = [
            pump
            for pump in state.order
            if self._run(state, pump) == RUNNING
            and word(state.facts, f"{pump}/interlock") != PumpRefusal.NOT_AUTO
            and now >= state.stopped.get(pump, NEVER_STARTED) + STOPPED_AGAIN
        ]
        state = replace(state, stopped={**state.stopped, **dict.fromkeys(runs, now)})
        return Step(state, wishes=tuple(Wish(p, Action.STOP, Reason.REACHED) for p in runs))

    def _available(self, state: GroupState, pumps: Sequence[str]) -> Sequence[str]:
        """Those that may be started, in their order."""
        return [
            pump
            for pump in pumps
            if pump not in state.failed
            and word(state.facts, f"{pump}/interlock") == CLEAR
            and word(state.facts, f"{pump}/response") != "failed-to-start"
        ]

    def _run(self, state: GroupState, pump: str) -> str | None:
        return word(state.facts, f"{pump}/run")

    def _word(self, state: GroupState) -> GroupWord:
        if state.mode is Mode.MANUAL:
            return GroupWord.BY_HAND
        if not state.level_known:
            return GroupWord.LEVEL_UNKNOWN
        if state.demand == 0:
            return GroupWord.RESTING
        at_work = any(self._run(state, p) == RUNNING or p in state.started for p in state.order)
        return GroupWord.PUMPING if at_work or self._may_start(state) else GroupWord.NO_PUMP

    def _may_start(self, state: GroupState) -> bool:
        standing = [pump for pump in state.order if self._run(state, pump) == STOPPED]
        return bool(self._available(state, standing))


def _ordered(state: GroupState, order: Value) -> GroupState:
    action = order.get("action") if isinstance(order, Mapping) else None
    modes = {wanted.value: mode for wanted, mode in MODES.items()}
    if not isinstance(action, str) or action not in modes:
        return state
    return replace(state, mode=modes[action], failed=frozenset())
