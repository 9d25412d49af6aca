"""Emergency power: a generator and its transfer switch, held to what the mains ask of them.

Pure. Where a controller of its own starts the generator, as is usual, the gateway looks whether it
did. Where the site file leaves it to the gateway, it asks upon a fresh reading of the mains: never
by a restart, and it stops only what it has started itself or has seen run for lost mains.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from gateway.access.instants import instant
from gateway.access.machine import Shown, Step, Wish
from gateway.model.clock import MINUTE, Micros
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading
from gateway.plant.doubt import all_of, says
from gateway.plant.facts import Facts, expired, learned, next_expiry, word
from gateway.plant.lasting import Lasting
from gateway.plant.senses import certain
from gateway.site.model import Device, Site
from gateway.site.plant_model import Control, GeneratorSettings, TransferSettings

ASKED_AGAIN: Final[Micros] = MINUTE
"""So long after it was last asked a fresh reading asks again."""


class Reason(StrEnum):
    """Why the gateway starts or stops it (Wish.reason)."""

    LOST = "mains-lost"
    BACK = "mains-back"


@dataclass(frozen=True, slots=True)
class SupplyState:
    """`wrong`: for how long each thing has been, by its word. `lost_since` and `back_since`: when
    the mains went and came; `lost_until`: when they were last known to be lost. `for_mains`: it has
    run for lost mains and not stood since."""

    facts: Facts = field(default_factory=dict)
    wrong: Mapping[str, Lasting] = field(default_factory=dict)
    lost_since: Micros | None = None
    back_since: Micros | None = None
    lost_until: Micros | None = None
    for_mains: bool = False
    asked_at: Micros = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """A word that is shown once it `holds` for `after`."""

    word: str
    after: Micros
    holds: bool | None


class _Supply(ABC):
    """What both have in common: facts by name, and words that last."""

    shows: str
    """The name of its derived point."""

    def __init__(self, device: Device, points: Mapping[str, str], site: Site) -> None:
        """`points`: the names of its facts by point."""
        self.id = device.id
        there = {point.id: point for each in site.devices for point in each.points}
        self._names = {point: name for point, name in points.items() if point in there}
        self._periods = {point: there[point].period for point in self._names}
        self._derived = {point.id for point in device.points if point.derived}

    @property
    def points(self) -> frozenset[str]:
        """See Machine."""
        return frozenset(self._names)

    def begin(self) -> SupplyState:
        """See Machine."""
        return SupplyState()

    def take(self, state: SupplyState, reading: Reading, now: Micros) -> Step[SupplyState]:
        """See Machine. What was buffered says nothing of now."""
        if instant(reading, now).is_history:
            return Step(state)
        value = certain(reading)
        said = value if isinstance(value, str) and value != UNKNOWN_STATE else None
        name, period = self._names[reading.point], self._periods[reading.point]
        facts = learned(state.facts, name, said, period, now)
        state = state if facts is state.facts else replace(state, facts=facts)
        state = self._judged(state, now)
        fresh = name == "mains" and said is not None
        return self._wished(state, now) if fresh else Step(state)

    def elapse(self, state: SupplyState, now: Micros) -> Step[SupplyState]:
        """See Machine."""
        return Step(self._judged(state, now))

    def deadline(self, state: SupplyState) -> Micros | None:
        """See Machine. What turns on something that is not known waits for a reading."""
        due = (
            state.wrong.get(fault.word, Lasting()).deadline(fault.after)
            for fault in self._faults(state)
            if fault.holds
        )
        instants = (next_expiry(state.facts), *due)
        return min((at for at in instants if at is not None), default=None)

    def shown(self, state: SupplyState) -> Mapping[str, Shown]:
        """See Machine."""
        point = f"{self.id}/{self.shows}"
        faults = self._faults(state)
        raised = [f for f in faults if state.wrong.get(f.word, Lasting()).raised]
        unknown = any(fault.holds is None for fault in faults)
        shown = Shown(UNKNOWN_STATE, Quality.BAD) if unknown else Shown("ok")
        if raised:
            shown = Shown(raised[0].word, Quality.GOOD if raised[0].holds else Quality.STALE)
        return {point: shown} if point in self._derived else {}

    def refusal(  # noqa: B027 -- to refuse nothing is meant
        self, _state: SupplyState, _device: str, _action: Action
    ) -> None:
        """People may start and stop it: it is tested every week."""

    def _judged(self, state: SupplyState, now: Micros) -> SupplyState:
        state = replace(state, facts=expired(state.facts, now))
        state = self._followed(state, now)
        wrong = {
            fault.word: state.wrong.get(fault.word, Lasting()).judged(fault.holds, fault.after, now)
            for fault in self._faults(state)
        }
        return replace(state, wrong=wrong)

    def _followed(self, state: SupplyState, now: Micros) -> SupplyState:
        """Since when the mains are as they are. In doubt they are lost as before; how long they are
        back counts anew from the next certain word."""
        mains = word(state.facts, "mains")
        if mains == "lost":
            since = now if state.lost_since is None else state.lost_since
            state = replace(state, lost_since=since, back_since=None, lost_until=now)
        elif mains == "present":
            since = now if state.back_since is None else state.back_since
            state = replace(state, lost_since=None, back_since=since)
        else:
            state = replace(state, back_since=None)
        running = word(state.facts, "state") == "running"
        stands = word(state.facts, "state") in ("stopped", "fault")
        runs_for_them = running and self._for_them(state, now)
        return replace(state, for_mains=(state.for_mains or runs_for_them) and not stands)

    def _for_them(self, state: SupplyState, _now: Micros) -> bool:
        """Whether what runs now was started for lost mains."""
        return word(state.facts, "mains") == "lost"

    def _wished(self, state: SupplyState, _now: Micros) -> Step[SupplyState]:
        return Step(state)

    @abstractmethod
    def _faults(self, state: SupplyState) -> tuple[Fault, ...]:
        """What may be wrong, the worst first."""


class Generator(_Supply):
    """One generator; see gateway.access.machine.Machine."""

    shows = "response"

    def __init__(self, device: Device, site: Site) -> None:
        self._settings = settings = device.generator or GeneratorSettings()
        points = {
            f"{device.id}/state": "state",
            f"{device.id}/mode": "mode",
            settings.mains or f"{device.id}/mains": "mains",
        }
        if settings.transfer is not None:
            points[f"{settings.transfer}/position"] = "position"
        super().__init__(device, points, site)
        self._commands = frozenset(device.commands)

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
        return (
            Fault("failed-to-start", settings.starts_within, all_of((lost, not_running))),
            Fault("no-load", settings.loaded_within, all_of((lost, running, unloaded))),
            Fault("failed-to-stop", settings.stop_after + settings.stops_within, stays),
        )

    def _for_them(self, state: SupplyState, now: Micros) -> bool:
        """One that was still starting as they came back too."""
        soon = self._settings.starts_within
        late = state.lost_until is not None and now <= state.lost_until + soon
        return super()._for_them(state, now) or late

    def _wished(self, state: SupplyState, now: Micros) -> Step[SupplyState]:
        """The mains have just been heard."""
        by_hand = word(state.facts, "mode") in ("manual", "test", "off")
        if self._settings.control is Control.OWN or by_hand:
            return Step(state)
        if now < state.asked_at + ASKED_AGAIN and state.asked_at:
            return Step(state)
        wish = self._wanted(state, now)
        if wish is None or wish.action not in self._commands:
            return Step(state)
        return Step(replace(state, asked_at=now), wishes=(wish,))

    def _wanted(self, state: SupplyState, now: Micros) -> Wish | None:
        doing = word(state.facts, "state")
        lost, back, settings = state.lost_since, state.back_since, self._settings
        if lost is not None and doing == "stopped" and now >= lost + settings.start_after:
            return Wish(self.id, Action.START, Reason.LOST)
        is_due = back is not None and now >= back + settings.stop_after
        carries = "position" in self._names.values() and word(state.facts, "position") != "mains"
        if is_due and not carries and doing == "running" and state.for_mains:
            return Wish(self.id, Action.STOP, Reason.BACK)
        return None


class TransferSwitch(_Supply):
    """One transfer switch; see gateway.access.machine.Machine. It is watched alone."""

    shows = "transfer"

    def __init__(self, device: Device, site: Site) -> None:
        self._settings = settings = device.transfer_switch or TransferSettings()
        own = {f"{device.id}/{name}": name for name in ("position", "mains", "generator")}
        other = {} if settings.generator is None else {f"{settings.generator}/state": "state"}
        super().__init__(device, {**own, **other}, site)

    def _faults(self, state: SupplyState) -> tuple[Fault, ...]:
        settings, facts = self._settings, state.facts
        mains, position = word(facts, "mains"), word(facts, "position")
        running = self._other_is_there(facts)
        away = None if position is None else position != "generator"
        not_back = None if position is None else position != "mains"
        moves, returns = settings.moves_within, settings.returns_within
        return (
            Fault("stuck-between", moves, says(position, "between")),
            Fault("not-transferred", moves, all_of((says(mains, "lost"), running, away))),
            Fault("not-returned", returns, all_of((says(mains, "present"), not_back))),
        )

    def _other_is_there(self, facts: Facts) -> bool | None:
        """Whether the other side has voltage, or its generator runs."""
        if "generator" in self._names.values():
            return says(word(facts, "generator"), "present")
        return says(word(facts, "state"), "running") if self._settings.generator else False
