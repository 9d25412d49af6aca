"""Which of a firmware's entities measures a point, as a site file's `entities` say it:

contact: binary_sensor/front_door    the firmware's own name
contact: not binary_sensor/reed      its ON is what OFF is else: here ON is closed
lock: pulse switch/strike            a relay that falls back by itself: it lets through once
lock: text Door/Lock                 what it is asked is a word, where the family has both
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gateway.errors import BadConfig
from gateway.model.command import Action
from gateway.model.point import Point
from gateway.site.model import Device, MqttAddress

_ON_OFF = (
    ("closed", "open"),
    ("locked", "unlocked"),
    ("released", "pressed"),
    ("ok", "tampered"),
    ("ok", "fault"),
    ("ok", "broken"),
    ("ok", "lost"),
    ("free", "occupied"),
    ("motor", "hand"),
    ("normal", "alarm"),
    ("disarmed", "armed"),
    ("off", "on"),
)
"""What OFF and ON say of a point: as Home Assistant's binary sensor classes (door, lock, tamper,
problem, occupancy) have them."""
_SAID_BY_RELAY: Mapping[Action, str] = {
    Action.LOCK: "locked",
    Action.UNLOCK: "unlocked",
    Action.LOCK_OPEN: "unlocked",
    Action.SWITCH_OFF: "off",
    Action.SWITCH_ON: "on",
}


@dataclass(frozen=True, slots=True)
class Entity:
    """What measures `point`, by the firmware's `name` for it."""

    device: Device
    point: Point
    name: str
    turned: bool = False
    pulsed: bool = False
    worded: bool = False

    @property
    def topic(self) -> str:
        """Where its node is reached."""
        address = self.device.address
        assert isinstance(address, MqttAddress)
        return address.topic

    def on_off(self) -> Mapping[bool, str]:
        """The point's state by whether the entity is on."""
        states = set(self.point.states)
        pair = next((pair for pair in _ON_OFF if states.issuperset(pair)), None)
        if pair is None:
            raise self.unfit("is nothing that ON or OFF says")
        off, on = reversed(pair) if self.turned else pair
        return {False: off, True: on}

    def fitting(self, *tables: Mapping[str, str]) -> Mapping[str, str]:
        """The first of these tables, of the firmware's words, that speaks of the point's states."""
        for table in tables:
            if set(self.point.states).issuperset(table.values()):
                return table
        raise self.unfit("has states that this entity does not tell")

    def meant(self, action: Action) -> str | None:
        """The state that a relay is asked for by that action; None where it cannot do it."""
        if self.pulsed:
            return "unlocked" if action is Action.OPEN else None
        return _SAID_BY_RELAY.get(action)

    def relay_for(self, action: Action) -> bool | None:
        """Whether a relay is to be on for that action; None where it cannot do it."""
        meant = self.meant(action)
        return next((on for on, state in self.on_off().items() if state == meant), None)

    def unfit(self, problem: str) -> BadConfig:
        """The error that the site file names an entity this point cannot be measured by."""
        name = self.point.id.rpartition("/")[2]
        where = f"entities: {{{name}: …}} names what can measure it, or leave the point out"
        return BadConfig(self.device.id, f"{name} by {self.name}: {problem}", where)


def entities(
    device: Device, default: Callable[[Point], str | None], form: re.Pattern[str], example: str
) -> list[Entity]:
    """One for each point the device tells, by name or by default. Raises BadConfig where neither
    gives one, or the name has not the family's `form`."""
    address = device.address
    assert isinstance(address, MqttAddress)
    found = []
    for point in device.told:
        name = point.id.rpartition("/")[2]
        *marks, said = (address.entities.get(name) or default(point) or "").split(" ")
        remedy = f"write entities: {{{name}: {example}}}, or leave the point out"
        if not form.fullmatch(said):
            raise BadConfig(device.id, f"point {name} has no entity '{said}' here", remedy)
        if marks not in ([], ["not"], ["pulse"], ["not", "pulse"]):
            what = f"point {name}: '{' '.join(marks)}' is neither 'not' nor 'pulse'"
            raise BadConfig(device.id, what, remedy)
        entity = Entity(device, point, said, "not" in marks, "pulse" in marks)
        if entity.pulsed and "unlocked" not in point.states:
            raise entity.unfit("only a lock is pulsed")
        found.append(entity)
    return found


def confirming(device: Device, known: Iterable[Entity]) -> dict[Action, Entity]:
    """By action, the entity whose reading confirms it: the one to ask."""
    by_point = {entity.point.id: entity for entity in known}
    return {
        action: by_point[confirmation.point]
        for action, confirmation in device.commands.items()
        if confirmation.point in by_point
    }
