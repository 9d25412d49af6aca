"""An ESPHome node: locks, covers and relays; sensors; all else as binary sensors. States are
retained. Events are not told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from gateway.model.clock import Micros
from simulators.styles.speech import PULSED, Entities, Obeying, Presence, Said, Speech

_COMPONENTS = {"lock": "lock", "position": "cover", "state": "switch", "battery": "sensor"}
_LOCK = {"locked": "LOCKED", "unlocked": "UNLOCKED"}
_COVER = {"stopped": "open"}
_ABNORMAL = {
    *("open", "unlocked", "pressed", "tampered", "fault", "occupied"),
    *("broken", "hand", "alarm", "lost", "on"),
}


@dataclass(frozen=True, slots=True)
class _Entity:
    component: str
    name: str
    turned: bool = False
    pulsed: bool = False

    def word(self, value: str) -> str:
        match self.component:
            case "lock":
                return _LOCK.get(value, value)
            case "cover":
                return _COVER.get(value, value)
            case "sensor":
                return value
        return "ON" if (value in _ABNORMAL) is not self.turned else "OFF"

    def asked(self, point: str, payload: bytes) -> Mapping[str, object]:
        if self.component == "switch":
            on, off = ("on", "off") if point == "state" else ("unlocked", "locked")
            states = {b"ON": off if self.turned else on, b"OFF": on if self.turned else off}
            if self.pulsed:
                states = {b"OFF" if self.turned else b"ON": PULSED}
        else:
            states = _ASKED.get(self.component, {})
        return {point: states[payload]} if payload in states else {}


_ASKED: Mapping[str, dict[bytes, str]] = {
    "lock": {b"LOCK": "locked", b"UNLOCK": "unlocked", b"OPEN": PULSED},
    "cover": {b"OPEN": "open", b"CLOSE": "closed", b"STOP": "stopped"},
}
_COMMANDED = ("lock", "position", "state")


def _entity(entities: Entities, point: str) -> _Entity:
    default = f"{_COMPONENTS.get(point, 'binary_sensor')}/{point.replace('-', '_')}"
    *marks, said = entities.get(point, default).split(" ")
    component, _, name = said.partition("/")
    return _Entity(component, name, "not" in marks, "pulse" in marks)


def _says(
    entities: Entities, topic: str, values: Mapping[str, object], _message: str, _now: Micros
) -> Sequence[Said]:
    told = [
        (_entity(entities, point), str(value))
        for point, value in values.items()
        if isinstance(value, str | float)
    ]
    return [
        Said(f"{topic}/{it.component}/{it.name}/state", it.word(value).encode(), retain=True)
        for it, value in told
    ]


def _hears(entities: Entities, topic: str) -> Mapping[str, Obeying]:
    asked = [(point, _entity(entities, point)) for point in _COMMANDED]
    return {
        f"{topic}/{it.component}/{it.name}/command": partial(it.asked, point) for point, it in asked
    }


def _speech(entities: Entities) -> Speech:
    return Speech(
        lambda topic: Presence(f"{topic}/status"),
        partial(_says, entities),
        partial(_hears, entities),
        named=_speech,
    )


SPEECH = _speech({})
