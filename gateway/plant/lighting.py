"""A lighting circuit by photocell and clock. Pure.

It asks only upon a fresh reading of the circuit itself: nothing is switched by a restart. What a
person has switched stays so until the end they said, or until dusk or dawn would have switched it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from gateway.access.held import ORDER_POINT
from gateway.access.instants import instant
from gateway.access.machine import Shown, Step, Wish
from gateway.desk.calendars import WorkingTime
from gateway.model.actor import GATEWAY
from gateway.model.clock import MINUTE, Micros
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading, Value
from gateway.plant.facts import Facts, expired, learned, next_expiry, word
from gateway.plant.lasting import Lasting
from gateway.plant.senses import certain
from gateway.site.model import Device, Site
from gateway.site.plant_model import Control, LightingSettings

ASKED_AGAIN: Final[Micros] = MINUTE
DARK, LIGHT = "dark", "light"
SWITCHES: Final = {Action.SWITCH_ON: True, Action.SWITCH_OFF: False}


class Reason(StrEnum):
    """Why the gateway switches it (Wish.reason)."""

    DUE_ON = "light-due"
    DUE_OFF = "light-over"


@dataclass(frozen=True, slots=True)
class LightingState:
    """`dark` as it has been for long enough, None before that was known; `turning`: for how long it
    has been otherwise. `wanted` by photocell and clock; `held`: what a person wants instead, until
    `held_until` or until `wanted` changes. `wrong`: for how long it is not so."""

    facts: Facts = field(default_factory=dict)
    dark: bool | None = None
    turning: Lasting = field(default_factory=Lasting)
    wanted: bool | None = None
    held: bool | None = None
    held_until: Micros | None = None
    look_at: Micros | None = None
    wrong: Lasting = field(default_factory=Lasting)
    asked_at: Micros | None = None


class Lighting:
    """One circuit; see gateway.access.machine.Machine."""

    def __init__(self, device: Device, site: Site) -> None:
        assert device.lighting is not None
        self.id = device.id
        self._settings: LightingSettings = device.lighting
        self._order = f"{self.id}/{ORDER_POINT}"
        self._commands = frozenset(device.commands)
        self._derived = {point.id for point in device.points if point.derived}
        there = {point.id: point for each in site.devices for point in each.points}
        names = {f"{self.id}/state": "state", f"{self.id}/mode": "mode"}
        if self._settings.photocell is not None:
            names[self._settings.photocell] = "photocell"
        self._names = {point: name for point, name in names.items() if point in there}
        self._periods = {point: there[point].period for point in self._names}
        name = self._settings.lit_during
        calendar = None if name is None else site.desk.timing.calendars[name]
        self._hours = None if calendar is None else WorkingTime(calendar, site.time_zone)

    @property
    def points(self) -> frozenset[str]:
        """Its own, its photocell's, and what is ordered of it."""
        return frozenset({*self._names, self._order})

    def begin(self) -> LightingState:
        """See Machine."""
        return LightingState()

    def take(self, state: LightingState, reading: Reading, now: Micros) -> Step[LightingState]:
        """See Machine."""
        value = certain(reading)
        if reading.point == self._order:
            return Step(self._judged(_ordered(state, value), now))
        if instant(reading, now).is_history:
            return Step(state)
        name, period = self._names[reading.point], self._periods[reading.point]
        said = self._word(name, value, word(state.facts, name))
        facts = learned(state.facts, name, said, period, now)
        state = state if facts is state.facts else replace(state, facts=facts)
        state = self._judged(state, now)
        return self._wished(state, now) if name == "state" and said is not None else Step(state)

    def elapse(self, state: LightingState, now: Micros) -> Step[LightingState]:
        """See Machine."""
        return Step(self._judged(state, now))

    def deadline(self, state: LightingState) -> Micros | None:
        """See Machine. What turns on something that is not known waits for a reading."""
        turns = self._turns(state)
        instants = (
            next_expiry(state.facts),
            state.look_at,
            state.held_until,
            state.turning.deadline(self._settings.delay) if turns else None,
            state.wrong.deadline(self._settings.within) if self._is_wrong(state) else None,
        )
        return min((at for at in instants if at is not None), default=None)

    def shown(self, state: LightingState) -> Mapping[str, Shown]:
        """See Machine."""
        target, wrong = _target(state), self._is_wrong(state)
        unknown = Shown(UNKNOWN_STATE, Quality.BAD)
        lit = Shown("as-wanted") if wrong is not None else unknown
        if state.wrong.raised:
            lit = Shown("not-as-wanted", Quality.GOOD if wrong else Quality.STALE)
        said = {
            "wanted": unknown if target is None else Shown("on" if target else "off"),
            "lit": lit,
            "override": Shown("none" if state.held is None else "on" if state.held else "off"),
        }
        points = {f"{self.id}/{name}": shown for name, shown in said.items()}
        return {point: shown for point, shown in points.items() if point in self._derived}

    def refusal(self, _state: LightingState, _device: str, _action: Action) -> None:
        """People may switch it whenever they like."""

    # --- how it goes ---------------------------------------------------------------------------

    def _word(self, name: str, value: Value, before: str | None) -> str | None:
        if name != "photocell":
            return value if isinstance(value, str) and value != UNKNOWN_STATE else None
        if not isinstance(value, float):
            return None
        limit = self._settings.off_above if before == DARK else self._settings.on_below
        return DARK if value < limit else LIGHT

    def _judged(self, state: LightingState, now: Micros) -> LightingState:
        state = replace(state, facts=expired(state.facts, now))
        turning = state.turning.judged(self._turns(state), self._settings.delay, now)
        state = replace(state, turning=turning)
        if turning.raised or (state.dark is None and word(state.facts, "photocell")):
            dark = word(state.facts, "photocell") == DARK
            state = replace(state, dark=dark, turning=Lasting())
        if self._hours is not None:
            state = replace(state, look_at=self._hours.next_change(now))
        state = _wanting(state, self._wanted(state, now), now)
        wrong = state.wrong.judged(self._is_wrong(state), self._settings.within, now)
        return replace(state, wrong=wrong)

    def _turns(self, state: LightingState) -> bool | None:
        """Whether the photocell says otherwise than before; None where it says nothing."""
        now = word(state.facts, "photocell")
        return None if now is None or state.dark is None else (now == DARK) is not state.dark

    def _wanted(self, state: LightingState, now: Micros) -> bool | None:
        """With the photocell gone the clock alone counts; without a clock it stays as it was."""
        in_hours = True if self._hours is None else self._hours.holds(now)
        if self._settings.photocell is None:
            return in_hours
        if word(state.facts, "photocell") is None and self._hours is not None:
            return in_hours
        return None if state.dark is None else state.dark and in_hours

    def _is_wrong(self, state: LightingState) -> bool | None:
        """Not while its switch is turned by hand."""
        if word(state.facts, "mode") in ("on", "off"):
            return False
        target, says = _target(state), word(state.facts, "state")
        return None if target is None or says is None else (says == "on") is not target

    def _wished(self, state: LightingState, now: Micros) -> Step[LightingState]:
        """It has just been heard."""
        target = _target(state)
        action = Action.SWITCH_ON if target else Action.SWITCH_OFF
        waits = state.asked_at is not None and 0 <= now - state.asked_at < ASKED_AGAIN
        if self._settings.control is Control.OWN or not self._is_wrong(state) or waits:
            return Step(state)
        if action not in self._commands:
            return Step(state)
        wish = Wish(self.id, action, Reason.DUE_ON if target else Reason.DUE_OFF)
        return Step(replace(state, asked_at=now), wishes=(wish,))


def _target(state: LightingState) -> bool | None:
    return state.wanted if state.held is None else state.held


def _wanting(state: LightingState, wanted: bool | None, now: Micros) -> LightingState:
    """What a person has switched is over at its end, or once this changes."""
    ends = state.held_until is not None and now >= state.held_until
    changes = state.wanted is not None and wanted is not None and wanted is not state.wanted
    if ends or (changes and state.held_until is None):
        state = replace(state, held=None, held_until=None)
    return replace(state, wanted=state.wanted if wanted is None else wanted)


def _ordered(state: LightingState, order: Value) -> LightingState:
    if not isinstance(order, Mapping) or order.get("who") == GATEWAY.user:
        return state
    wanted = {action.value: on for action, on in SWITCHES.items()}.get(str(order.get("action")))
    if wanted is None:
        return state
    if order.get("withdrawn"):
        return replace(state, held=None, held_until=None)
    until = order.get("until")
    return replace(state, held=wanted, held_until=until if isinstance(until, int) else None)


def lighting(device: Device, site: Site) -> Lighting | None:
    """That circuit's machine; None where the site file does not say when it is to be on."""
    return None if device.lighting is None else Lighting(device, site)
