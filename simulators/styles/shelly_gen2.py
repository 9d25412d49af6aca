"""A Shelly of the second generation: an input, a relay, a cover, told as NotifyStatus."""

import json
from collections.abc import Mapping, Sequence

from gateway.model.clock import SECOND, Micros
from simulators.styles.speech import Presence, Said, Speech


def _says(topic: str, values: Mapping[str, object], _message: str, now: Micros) -> Sequence[Said]:
    ts = round(now / SECOND, 2)
    warmth: dict[str, object] = {"switch:0": {"id": 0, "temperature": {"tC": 37.67, "tF": 99.81}}}
    changes = [_component(name, value) for name, value in values.items()]
    return [_notification(topic, {"ts": ts, **params}) for params in (warmth, *changes)]


def _component(name: str, value: object) -> dict[str, object]:
    if name == "contact":
        return {"input:0": {"id": 0, "state": value == "open"}}
    if name == "position":
        return {"cover:0": {"id": 0, "state": value, "source": "limit_switch"}}
    return {"switch:0": {"id": 0, "output": value in ("unlocked", "on"), "source": "mqtt"}}


def _notification(topic: str, params: Mapping[str, object]) -> Said:
    frame = {"src": topic, "dst": f"{topic}/events", "method": "NotifyStatus", "params": params}
    return Said(f"{topic}/events/rpc", json.dumps(frame).encode())


SPEECH = Speech(lambda topic: Presence(f"{topic}/online", b"true", b"false"), _says)
