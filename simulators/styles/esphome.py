"""An ESPHome node: a door's contact and lock, a barrier's cover, a relay; states are retained."""

from collections.abc import Mapping, Sequence
from functools import partial

from gateway.model.clock import Micros
from simulators.styles.speech import Obeying, Presence, Said, Speech

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


_ASKED: Mapping[str, Mapping[bytes, str]] = {
    "lock": {b"LOCK": "locked", b"UNLOCK": "unlocked"},
    "position": {b"OPEN": "open", b"CLOSE": "closed", b"STOP": "stopped"},
    "state": {b"ON": "on", b"OFF": "off"},
}


def _hears(topic: str) -> Mapping[str, Obeying]:
    return {
        f"{topic}/{_ENTITIES[name]}/command": partial(_obeying, name, words)
        for name, words in _ASKED.items()
    }


def _obeying(name: str, words: Mapping[bytes, str], payload: bytes) -> Mapping[str, object]:
    return {name: words[payload]} if payload in words else {}


SPEECH = Speech(lambda topic: Presence(f"{topic}/status"), _says, _hears)
