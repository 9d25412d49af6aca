"""An ESPHome node: a door's contact and lock, a barrier's cover, a relay; states are retained."""

from collections.abc import Mapping, Sequence

from gateway.model.clock import Micros
from simulators.styles.speech import Presence, Said, Speech

_ENTITIES = {
    "contact": "binary_sensor/contact",
    "lock": "lock/lock",
    "position": "cover/position",
    "state": "switch/state",
}
_WORDS = {
    "contact": {"open": "ON", "closed": "OFF"},
    "lock": {"locked": "LOCKED", "unlocked": "UNLOCKED"},
    "position": {"stopped": "open"},
    "state": {"on": "ON", "off": "OFF"},
}


def _says(topic: str, values: Mapping[str, object], _message: str, _now: Micros) -> Sequence[Said]:
    return [
        Said(f"{topic}/{_ENTITIES[name]}/state", _word(name, str(value)).encode(), retain=True)
        for name, value in values.items()
    ]


def _word(name: str, value: str) -> str:
    return _WORDS[name].get(value, value)


SPEECH = Speech(lambda topic: Presence(f"{topic}/status"), _says)
