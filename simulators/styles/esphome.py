"""An ESPHome node: locks, covers and relays; sensors; all else as binary sensors. States are
retained. Events are not told."""

from collections.abc import Mapping, Sequence
from functools import partial

from gateway.model.clock import Micros
from simulators.styles.speech import Obeying, Presence, Said, Speech

_COMPONENTS = {"lock": "lock", "position": "cover", "state": "switch", "battery": "sensor"}
_WORDS = {"locked": "LOCKED", "unlocked": "UNLOCKED", "on": "ON", "off": "OFF"}
_ABNORMAL = {"open", "pressed", "tampered", "fault", "occupied", "broken", "hand", "alarm", "lost"}


def _says(topic: str, values: Mapping[str, object], _message: str, _now: Micros) -> Sequence[Said]:
    return [
        Said(f"{topic}/{_entity(name)}/state", _word(name, str(value)).encode(), retain=True)
        for name, value in values.items()
        if isinstance(value, str | float)
    ]


def _entity(name: str) -> str:
    return f"{_COMPONENTS.get(name, 'binary_sensor')}/{name.replace('-', '_')}"


def _word(name: str, value: str) -> str:
    if name == "position":
        return "open" if value == "stopped" else value
    if name in _COMPONENTS:
        return _WORDS.get(value, value)
    return "ON" if value in _ABNORMAL else "OFF"


_ASKED: Mapping[str, Mapping[bytes, str]] = {
    "lock": {b"LOCK": "locked", b"UNLOCK": "unlocked"},
    "position": {b"OPEN": "open", b"CLOSE": "closed", b"STOP": "stopped"},
    "state": {b"ON": "on", b"OFF": "off"},
}


def _hears(topic: str) -> Mapping[str, Obeying]:
    return {
        f"{topic}/{_entity(name)}/command": partial(_obeying, name, words)
        for name, words in _ASKED.items()
    }


def _obeying(name: str, words: Mapping[bytes, str], payload: bytes) -> Mapping[str, object]:
    return {name: words[payload]} if payload in words else {}


SPEECH = Speech(lambda topic: Presence(f"{topic}/status"), _says, _hears)
