"""A Zigbee device behind Zigbee2MQTT's bridge, with `last_seen` on: all of it in each message."""

import json
from collections.abc import Mapping, Sequence

from gateway.model.clock import Micros, to_datetime
from simulators.styles.speech import Obeying, Presence, Said, Speech


def _says(topic: str, values: Mapping[str, object], _message: str, now: Micros) -> Sequence[Said]:
    seen = to_datetime(now).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    said: dict[str, object] = {"linkquality": 87, "last_seen": seen}
    for name, value in values.items():
        said |= _property(name, value)
    return [Said(topic, json.dumps(said).encode())]


def _property(name: str, value: object) -> Mapping[str, object]:
    if name == "contact":
        return {"contact": value == "closed"}
    if name == "lock":
        return {"lock_state": value, "state": "LOCK" if value == "locked" else "UNLOCK"}
    if name == "position":
        at = {"closed": 0, "open": 100}.get(str(value), 50)
        return {"position": at, "state": "CLOSE" if at == 0 else "OPEN"}
    return {"state": "ON" if value == "on" else "OFF"}


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
