"""A group of pumps by level or pressure: who leads, how many run, who takes over.

Pure. It asks only upon a fresh reading of its level, in mode auto: while the level is not known it
starts nothing and says so, and stops what then runs for too long. A pump of which nothing is known
may run, so it leaves room for fewer; it does not do what is wanted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from gateway.access.held import ORDER_POINT
from gateway.access.instants import instant
from gateway.access.machine import Shown, Step, Wish
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality, Reading, Value
from gateway.plant.facts import expired, learned, next_expiry, word
from gateway.plant.group_state import GroupState, GroupWord, Mode, demand, reached
from gateway.plant.pump import CLEAR
from gateway.plant.pump_state import RUNNING, STOPPED, PumpRefusal
from gateway.plant.rotation import rested, rotated
from gateway.plant.senses import certain
from gateway.site.model import Device, Site
from gateway.site.plant_model import GroupSettings

BETWEEN_STARTS: Final[Micros] = 5 * SECOND
"""So that two motors never draw their starting current at once."""
STOPPED_AGAIN: Final[Micros] = MINUTE
"""A pump that still runs is told to stop again so long after it was last."""

TRIED_AGAIN: Final[Micros] = 5 * MINUTE
"""With no other pump left one that did not start is told to again so long after: what kept it may
have been the mains."""

NEVER_STARTED: Final = -TRIED_AGAIN
MODES: Final = {Action.AUTOMATIC: Mode.AUTO, Action.MANUAL: Mode.MANUAL}
LEVEL: Final = "level"
DRY: Final = "dry"
_HEARD: Final = ("run", "interlock", "response", "dry-run")


class Reason(StrEnum):
    """Why the group starts or stops a pump (Wish.reason)."""

    CALLED = "level-calls"
    REACHED = "level-reached"
    BLIND = "level-unknown"
    DRY = "runs-dry"


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
        self._switch, self._tripped = limit_switch(self._settings)
        self._heard = {
            f"{pump}/{name}": (pump, name) for pump in self._settings.pumps for name in _HEARD
        }
        self._hours = {f"{pump}/run-hours": pump for pump in self._settings.pumps}
        told = (*self._heard, self._switch)
        self._periods = {point: points[point].period for point in told if point in points}

    @property
    def points(self) -> frozenset[str]:
        """Its level, what its pumps do and may, and what is ordered of it."""
        return frozenset({self._settings.by, *self._heard, self._switch, *self._hours, self._order})

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
        return self._told(state, reading.point, value, now)

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
        return rotated(state, self._settings, self._zone, now)

    def _levelled(self, state: GroupState, value: Value, now: Micros) -> Step[GroupState]:
        known = isinstance(value, float)
        facts = learned(state.facts, LEVEL, "known" if known else None, self._period, now)
        state = replace(state, facts=facts, level_known=known)
        if not isinstance(value, float):
            return Step(state)
        done = reached(value, self._settings) or self._is_tripped(state)
        wanted = 0 if done else demand(state.demand, value, self._settings)
        if wanted == 0 != state.demand:
            state = rested(replace(state, demand=0, failed=frozenset()), self._settings)
        state = self._seen(replace(state, demand=wanted), now)
        if state.mode is Mode.MANUAL:
            return Step(state)
        return self._stopping(state, now) if done else self._starting(state, now)

    def _told(self, state: GroupState, point: str, value: Value, now: Micros) -> Step[GroupState]:
        """What a pump does and may, or what the float says."""
        said = value if isinstance(value, str) else None
        facts = learned(state.facts, point, said, self._periods.get(point), now)
        state = self._seen(state if facts is state.facts else replace(state, facts=facts), now)
        if state.mode is Mode.MANUAL or said is None:
            return Step(state)
        if point == self._switch:
            return self._stopping(state, now) if said == self._tripped else Step(state)
        pump, name = self._heard[point]
        if name == "dry-run" and said == DRY:
            state = replace(state, failed=state.failed | {pump})
            return self._stop(state, (pump,), Reason.DRY, now)
        return self._blind(state, pump, now) if name == "run" else Step(state)

    def _seen(self, state: GroupState, now: Micros) -> GroupState:
        """What has been done of what was asked; a pump whose time is up has failed."""
        running = {pump for pump in state.order if self._run(state, pump) == RUNNING}
        waits = {
            pump: at
            for pump, at in _until_now(state.started, now).items()
            if pump not in running and now < at + self._settings.starts_within
        }
        late = state.started.keys() - waits.keys() - running
        stops = {pump: at for pump, at in state.stopped.items() if pump in running}
        blind = set() if state.level_known else running
        works = {p for p in running if word(state.facts, f"{p}/dry-run") != DRY}
        return replace(
            state,
            started=waits,
            stopped=_until_now(stops, now),
            tried=_until_now(state.tried, now),
            blind={pump: min(state.blind.get(pump, now), now) for pump in blind},
            failed=(state.failed | late) - works,
            has_run=state.has_run or bool(running),
        )

    # --- what it asks, its level having just been heard -----------------------------------------

    def _starting(self, state: GroupState, now: Micros) -> Step[GroupState]:
        last = max(state.started.values(), default=NEVER_STARTED)
        enough = len(self._at_work(state)) >= state.demand or not self._has_room(state)
        if enough or now < last + BETWEEN_STARTS:
            return Step(state)
        free = self._available(state) or self._due_again(state, now)
        if not free:
            return Step(state)
        pump = free[0]
        started, tried = {**state.started, pump: now}, {**state.tried, pump: now}
        state = replace(state, started=started, tried=tried)
        return Step(state, wishes=(Wish(pump, Action.START, Reason.CALLED),))

    def _stopping(self, state: GroupState, now: Micros) -> Step[GroupState]:
        """All that run."""
        return self._stop(state, state.order, Reason.REACHED, now)

    def _blind(self, state: GroupState, pump: str, now: Micros) -> Step[GroupState]:
        """It has just been heard; nobody may know of the level."""
        since = state.blind.get(pump)
        due = since is not None and now >= since + self._settings.runs_blind
        return self._stop(state, (pump,) if due else (), Reason.BLIND, now)

    def _stop(
        self, state: GroupState, pumps: Sequence[str], reason: Reason, now: Micros
    ) -> Step[GroupState]:
        """Those of them that run, but for what somebody works by hand."""
        runs = [
            pump
            for pump in pumps
            if self._run(state, pump) == RUNNING
            and word(state.facts, f"{pump}/interlock") != PumpRefusal.NOT_AUTO
            and now >= state.stopped.get(pump, NEVER_STARTED) + STOPPED_AGAIN
        ]
        if not runs:
            return Step(state)
        state = replace(state, stopped={**state.stopped, **dict.fromkeys(runs, now)})
        return Step(state, wishes=tuple(Wish(p, Action.STOP, reason) for p in runs))

    def _is_tripped(self, state: GroupState) -> bool:
        return word(state.facts, self._switch) == self._tripped

    def _at_work(self, state: GroupState) -> Sequence[str]:
        """Those that run or are about to."""
        return [p for p in state.order if self._run(state, p) == RUNNING or p in state.started]

    def _has_room(self, state: GroupState) -> bool:
        """Whether one more may run, with all that perhaps do."""
        perhaps = [p for p in state.order if self._run(state, p) != STOPPED or p in state.started]
        return len(perhaps) < self._settings.most

    def _unlocked(self, state: GroupState) -> Sequence[str]:
        """Those that stand and against which nothing speaks, in their order."""
        return [
            pump
            for pump in state.order
            if self._run(state, pump) == STOPPED
            and pump not in state.started
            and word(state.facts, f"{pump}/interlock") == CLEAR
        ]

    def _available(self, state: GroupState) -> Sequence[str]:
        """Those of them that have not failed to start."""
        return [
            pump
            for pump in self._unlocked(state)
            if pump not in state.failed
            and word(state.facts, f"{pump}/response") != "failed-to-start"
        ]

    def _due_again(self, state: GroupState, now: Micros) -> Sequence[str]:
        """The others, the one that was tried longest ago first."""
        tried = {p: state.tried.get(p, NEVER_STARTED) for p in self._unlocked(state)}
        return sorted(
            (p for p, at in tried.items() if now >= at + TRIED_AGAIN), key=tried.__getitem__
        )

    def _run(self, state: GroupState, pump: str) -> str | None:
        return word(state.facts, f"{pump}/run")

    def _word(self, state: GroupState) -> GroupWord:
        if state.mode is Mode.MANUAL:
            return GroupWord.BY_HAND
        if not state.level_known:
            return GroupWord.LEVEL_UNKNOWN
        if state.demand == 0:
            return GroupWord.RESTING
        may_start = self._has_room(state) and self._available(state)
        return GroupWord.PUMPING if self._at_work(state) or may_start else GroupWord.NO_PUMP


def _ordered(state: GroupState, order: Value) -> GroupState:
    action = order.get("action") if isinstance(order, Mapping) else None
    modes = {wanted.value: mode for wanted, mode in MODES.items()}
    if not isinstance(action, str) or action not in modes:
        return state
    return replace(state, mode=modes[action], failed=frozenset())


def _until_now(instants: Mapping[str, Micros], now: Micros) -> Mapping[str, Micros]:
    """None that has not come yet: see gateway.plant.lasting."""
    return {pump: min(at, now) for pump, at in instants.items()}


def limit_switch(settings: GroupSettings) -> tuple[str, str]:
    """The point of the float that speaks before its level does, where the tank has one, and its
    word: nothing is left to pump, or no room."""
    tank = settings.by.partition("/")[0]
    empties = settings.start > settings.stop
    return (f"{tank}/low-switch", "dry") if empties else (f"{tank}/high-switch", "wet")
