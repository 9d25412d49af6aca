"""Emergency power: what a generator and its transfer switch have in common. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.access.instants import instant
from gateway.access.machine import Shown, Step
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading
from gateway.plant.facts import Facts, expired, learned, next_expiry, word
from gateway.plant.lasting import Lasting
from gateway.plant.senses import certain
from gateway.site.model import Device, Site


@dataclass(frozen=True, slots=True)
class SupplyState:
    """`wrong`: for how long each thing has been, by its word. `lost_since` and `back_since`: when
    the mains went and came; `lost_until`: when they were last known to be lost. `for_mains`: it has
    run for lost mains and not stood since; `has_run`: it has run since they went.
    `asked`: what it was last told by itself."""

    facts: Facts = field(default_factory=dict)
    wrong: Mapping[str, Lasting] = field(default_factory=dict)
    lost_since: Micros | None = None
    back_since: Micros | None = None
    lost_until: Micros | None = None
    for_mains: bool = False
    has_run: bool = False
    asked_at: Micros = 0
    asked: Action | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A word that is shown once it `holds` for `after`."""

    word: str
    after: Micros
    holds: bool | None


class Supply(ABC):
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
            since = now if state.lost_since is None else min(state.lost_since, now)
            state = replace(state, lost_since=since, back_since=None, lost_until=now)
        elif mains == "present":
            since = now if state.back_since is None else min(state.back_since, now)
            state = replace(state, lost_since=None, back_since=since)
        else:
            state = replace(state, back_since=None)
        running = word(state.facts, "state") == "running"
        stands = word(state.facts, "state") in ("stopped", "fault")
        runs_for_them = running and self._for_them(state, now)
        has_run = state.has_run or (running and mains == "lost")
        return replace(
            state,
            for_mains=(state.for_mains or runs_for_them) and not stands,
            has_run=has_run and mains != "present",
        )

    def _for_them(self, state: SupplyState, _now: Micros) -> bool:
        """Whether what runs now was started for lost mains."""
        return word(state.facts, "mains") == "lost"

    def _wished(self, state: SupplyState, _now: Micros) -> Step[SupplyState]:
        return Step(state)

    @abstractmethod
    def _faults(self, state: SupplyState) -> tuple[Fault, ...]:
        """What may be wrong, the worst first."""
