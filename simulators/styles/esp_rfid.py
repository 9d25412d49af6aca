"""An esp-rfid controller (1.3.4, Home Assistant on): a door's contact, lock and tamper, and cards.
It tells nothing else. `entities`: `access`, its host name; `lock`, its address."""

import json
from collections.abc import Mapping, Sequence
from functools import partial

from gateway.model.clock import SECOND, Micros
from simulators.styles.speech import PULSED, Entities, Obeying, Presence, Said, Speech

_TOPICS = {"contact": "io/door", "lock": "io/lock0", "tamper": "io/tamper"}
_WORDS = {
    "open": "ON",
    "closed": "OFF",
    "locked": "LOCKED",
    "unlocked": "UNLOCKED",
    "tampered": "ON",
    "ok": "OFF",
}


def _says(
    entities: Entities, topic: str, values: Mapping[str, object], _message: str, now: Micros
) -> Sequence[Said]:
    states = [
        Said(f"{topic}/{_TOPICS[name]}", _WORDS[str(value)].encode())
        for name, value in values.items()
        if name in _TOPICS
    ]
    known = {"time": now // SECOND, "hostname": entities.get("access", "it")}
    access = values.get("access")
    news = {"type": "heartbeat", "uptime": 99} if access is None else _card(access)
    return [*states, Said(f"{topic}/send", json.dumps(news | known).encode())]


def _card(access: object) -> dict[str, object]:
    assert isinstance(access, Mapping)
    granted = access["result"] == "granted"
    return {
        "type": "access",
        "isKnown": "true" if granted else "false",
        "access": "Always" if granted else "Denied",
        "username": access["holder"],
        "uid": access["credential"],
    }


def _hears(entities: Entities, topic: str) -> Mapping[str, Obeying]:
    return {f"{topic}/cmd": partial(_asked, entities.get("lock"))} if "lock" in entities else {}


def _asked(address: str | None, payload: bytes) -> Mapping[str, object]:
    said = json.loads(payload)
    mine = said["cmd"] == "opendoor" and said["doorip"] == address
    return {"lock": PULSED} if mine else {}


def _speech(entities: Entities) -> Speech:
    return Speech(
        lambda topic: Presence(f"{topic}/avty"),
        partial(_says, entities),
        partial(_hears, entities),
        named=_speech,
    )


SPEECH = _speech({})
