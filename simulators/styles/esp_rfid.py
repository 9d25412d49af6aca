"""An esp-rfid controller (1.3.4, Home Assistant on): a door's contact, lock and tamper."""

import json
from collections.abc import Mapping, Sequence

from gateway.model.clock import SECOND, Micros
from simulators.styles.speech import Presence, Said, Speech

_TOPICS = {"contact": "io/door", "lock": "io/lock0", "tamper": "io/tamper"}
_WORDS = {
    "open": "ON",
    "closed": "OFF",
    "locked": "LOCKED",
    "unlocked": "UNLOCKED",
    "tampered": "ON",
    "ok": "OFF",
}


def _says(topic: str, values: Mapping[str, object], _message: str, now: Micros) -> Sequence[Said]:
    beat = {"type": "heartbeat", "time": now // SECOND, "uptime": 99, "hostname": "it"}
    states = [
        Said(f"{topic}/{_TOPICS[name]}", _WORDS[str(value)].encode())
        for name, value in values.items()
    ]
    return [*states, Said(f"{topic}/send", json.dumps(beat).encode())]


SPEECH = Speech(lambda topic: Presence(f"{topic}/avty"), _says)
