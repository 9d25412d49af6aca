"""A machine played by readings alone, without stores."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.access.engine import Engine
from gateway.access.machine import AnyMachine, Event
from gateway.access.states import restored, roll_of, written
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.reading import TICK, Quality, Reading, Value
from tests.gateway.samples import NOON


class Played:
    """What a machine shows, what happened and what it wishes for, while time goes on. `others`
    hear what it says, and are not restarted."""

    def __init__(self, machine: AnyMachine, *others: AnyMachine) -> None:
        self.machine = machine
        self._others = others
        self.now = NOON
        self.seq = 0
        self.events: list[Event] = []
        self.wishes: list[tuple[str, Action]] = []
        self._engine = Engine([machine, *others], {}, 0, 0)

    @property
    def state(self) -> Any:
        """As it is kept."""
        return self._engine.states[self.machine.id]

    def restart(self, machine: AnyMachine | None = None) -> None:
        """The state is written and read, as through the ledger."""
        self.machine = machine or self.machine
        kept = json.loads(json.dumps(written(self.state)))
        known = [msgspec.to_builtins(known) for known in roll_of(self.state)]
        people = json.loads(json.dumps(known))
        state = restored(type(self.machine.begin()), kept, people)
        assert state == self.state
        states = {**self._engine.states, self.machine.id: state}
        self._engine = Engine([self.machine, *self._others], states, 0, 0)

    def tell(
        self,
        point: str,
        value: Value,
        quality: Quality = Quality.GOOD,
        taken_at: Micros | None = None,
    ) -> None:
        """A reading of now, or one its device took at another time."""
        self.seq += 1
        taken = self.now if taken_at is None else taken_at
        for turn in self._engine.take(Reading(point, value, taken, self.now, quality, self.seq)):
            self.events += turn.step.events
            self.wishes += [(wish.device, wish.action) for wish in turn.wishes]
            for said in turn.readings(self.now, again=False) if self._others else ():
                self.tell(said.point, said.value, said.quality, said.taken_at)
        assert self._engine.fault is None

    def order(self, action: Action, **parameters: object) -> None:
        """What somebody has ordered of a held state."""
        self.tell(f"{self.machine.id}/order", {**parameters, "action": action.value})

    def wait(self, span: Micros) -> None:
        """Time goes by, and deadlines with it: the ticks come when they are due."""
        end = self.now + span
        while (due := self._engine.deadline) is not None and due <= end:
            self.now = max(self.now, due)
            self.tell(TICK, float(due))
        self.now = end
        self.tell(TICK, float(end))

    def jump(self, span: Micros) -> None:
        """The same without a tick on the way: the gateway was away."""
        self.now += span
        self.tell(TICK, float(self.now))

    def says(self, name: str) -> Value:
        """What that derived point of it shows."""
        shown: Mapping[str, Any] = self._engine.shown()
        return shown[f"{self.machine.id}/{name}"].value  # type: ignore[no-any-return]

    def refuses(self, device: str, action: Action) -> str | None:
        """Why that must not be asked now."""
        return self._engine.refusal(device, action)
