"""A Zigbee device behind Zigbee2MQTT's bridge, with `last_seen` on: all of it in each message."""

import json
from collections.abc import Callable, Mapping, Sequence

from gateway.model.clock import Micros, to_datetime
from simulators.styles.speech import Obeying, Presence, Said, Speech


def _says(topic: str, values: Mapping[str, object], _message: str, now: Micros) -> Sequence[Said]:
    seen = to_datetime(now).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    said: dict[str, object] = {"linkquality": 87, "last_seen": seen}
    for name, value in values.items():
        if name in _PROPERTIES:
            said |= _PROPERTIES[name](value)
    return [Said(topic, json.dumps(said).encode())]


_PROPERTIES: Mapping[str, Callable[[object], Mapping[str, object]]] = {
    "contact": lambda value: {"contact": value == "closed"},
    "tamper": lambda value: {"tamper": value == "tampered"},
    "battery": lambda value: {"battery": value},
    "lock": lambda value: {
        "lock_state": value,
        "state": "LOCK" if value == "locked" else "UNLOCK",
    },
    "position": lambda value: {"position": {"closed": 0, "open": 100}.get(str(value), 50)},
    "state": lambda value: {"state": "ON" if value == "on" else "OFF"},
}
_STATES: Mapping[str, Mapping[str, object]] = {
    "LOCK": {"lock": "locked"},
    "UNLOCK": {"lock": "unlocked"},
    "OPEN": {"position": "open"},
    "CLOSE": {"position": "closed"},
    "STOP": {"position": "stopped"},
    "ON": {"state": "on"},
    "OFF": {"state": "off"},
}


def _hears(topic: str) -> Mapping[str, Obeying]:
    return {f"{topic}/set": lambda payload: _STATES.get(json.loads(payload)["state"], {})}


SPEECH = Speech(
    lambda topic: Presence(f"{topic}/availability", b'{"state":"online"}', b'{"state":"offline"}'),
    _says,
    _hears,
)
