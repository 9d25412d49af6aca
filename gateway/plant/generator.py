"""A generator, held to what the mains ask of it. Pure.

Where a controller of its own starts it, as is usual, the gateway looks whether it did. Where the
site file leaves it to the gateway, it asks upon a fresh reading of the mains: never by a restart,
and it stops only what it has started itself or has seen run for lost mains.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from gateway.access.machine import Refusal, Shown, Step, Wish
from gateway.model.clock import MINUTE, Micros
from gateway.model.command import Action
from gateway.plant.doubt import all_of, says
from gateway.plant.facts import Facts, word
from gateway.plant.supply import Fault, Supply, SupplyState
from gateway.site.model import Device, Site
from gateway.site.plant_model import Control, GeneratorSettings

ASKED_AGAIN: Final[Micros] = MINUTE
"""So long after it was asked for something a fresh reading asks for the same again."""


class Reason(StrEnum):
    """Why the gateway starts or stops it (Wish.reason)."""

    LOST = "mains-lost"
    BACK = "mains-back"


class GeneratorRefusal(Refusal):
    """See Machine.refusal."""

    OFF = "generator-off"
    UNKNOWN = "generator-unknown"


CLEAR: Final = "none"
NOT_AUTO: Final = "generator-not-auto"
FAULT: Final = "generator-fault"
"""Beside these the words of the point `interlock`: what keeps it from being started by itself."""


class Generator(Supply):
    """One generator; see gateway.access.machine.Machine."""

    shows = "response"

    def __init__(self, device: Device, site: Site) -> None:
        self._settings = settings = device.generator or GeneratorSettings()
        points = {
            f"{device.id}/state": "state",
            f"{device.id}/mode": "mode",
            f"{device.id}/alarm": "alarm",
            settings.mains or f"{device.id}/mains": "mains",
        }
        if settings.transfer is not None:
            points[f"{settings.transfer}/position"] = "position"
        super().__init__(device, points, site)
        self._commands = frozenset(device.commands)
        self._has_mode = "mode" in self._names.values()

    def refusal(self, state: SupplyState, device: str, action: Action) -> GeneratorRefusal | None:
        """See Machine. People may start and stop it, for it is tested every week; but nobody starts
        what is switched off or may be, for somebody may have a hand in it."""
        if device != self.id or action is not Action.START or not self._has_mode:
            return None
        mode = word(state.facts, "mode")
        if mode is None:
            return GeneratorRefusal.UNKNOWN
        return GeneratorRefusal.OFF if mode == "off" else None

    def shown(self, state: SupplyState) -> Mapping[str, Shown]:
        """See Machine."""
        point = f"{self.id}/interlock"
        said = {point: Shown(self._interlock(state))} if point in self._derived else {}
        return {**super().shown(state), **said}

    def _interlock(self, state: SupplyState) -> str:
        """Why it is not started by itself, and but for a fault not stopped either."""
        refusal = self.refusal(state, self.id, Action.START)
        if refusal is not None:
            return refusal.value
        by_hand = self._has_mode and word(state.facts, "mode") != "auto"
        if by_hand:
            return NOT_AUTO
        return FAULT if _gave_up(state.facts) else CLEAR

    def _faults(self, state: SupplyState) -> tuple[Fault, ...]:
        settings, facts = self._settings, state.facts
        lost = says(word(facts, "mains"), "lost")
        back = says(word(facts, "mains"), "present")
        running = says(word(facts, "state"), "running")
        position = "position" in self._names.values()
        carries = says(word(facts, "position"), "generator") if position else True
        not_running = None if running is None else not running
        unloaded = None if carries is None else not carries
        stays = all_of((back, running, state.for_mains))
        stands, ran = all_of((lost, not_running)), state.has_run
        patience = settings.start_after if _gave_up(facts) else settings.starts_within
        return (
            Fault("failed-to-start", patience, all_of((stands, not ran))),
            Fault("failed-while-running", settings.starts_within, all_of((stands, ran))),
            Fault("no-load", settings.loaded_within, all_of((lost, running, unloaded))),
            Fault("failed-to-stop", settings.stop_after + settings.stops_within, stays),
        )

    def _for_them(self, state: SupplyState, now: Micros) -> bool:
        """One that was still starting as they came back too."""
        soon = self._settings.starts_within
        late = state.lost_until is not None and 0 <= now - state.lost_until <= soon
        return super()._for_them(state, now) or late

    def _wished(self, state: SupplyState, now: Micros) -> Step[SupplyState]:
        """The mains have just been heard."""
        if self._settings.control is Control.OWN or self._interlock(state) not in (CLEAR, FAULT):
            return Step(state)
        wish = self._wanted(state, now)
        if wish is None or wish.action not in self._commands:
            return Step(state)
        if wish.action is state.asked and 0 <= now - state.asked_at < ASKED_AGAIN:
            return Step(state)
        return Step(replace(state, asked=wish.action, asked_at=now), wishes=(wish,))

    def _wanted(self, state: SupplyState, now: Micros) -> Wish | None:
        doing, ready = word(state.facts, "state"), not _gave_up(state.facts)
        lost, back, settings = state.lost_since, state.back_since, self._settings
        is_lost = lost is not None and now >= lost + settings.start_after
        if is_lost and ready and doing == "stopped":
            return Wish(self.id, Action.START, Reason.LOST)
        is_due = back is not None and now >= back + settings.stop_after
        carries = "position" in self._names.values() and word(state.facts, "position") != "mains"
        if is_due and not carries and doing == "running" and state.for_mains:
            return Wish(self.id, Action.STOP, Reason.BACK)
        return None


def _gave_up(facts: Facts) -> bool:
    """Whether its controller keeps it from running for a fault."""
    return "fault" in (word(facts, "state"), word(facts, "alarm"))
