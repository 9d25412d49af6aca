"""A Shelly of the second generation: inputs, a relay, a cover, told as NotifyStatus."""

import json
from collections.abc import Callable, Mapping, Sequence

from gateway.model.clock import SECOND, Micros
from simulators.styles.speech import PULSED, Obeying, Presence, Said, Speech


def _says(topic: str, values: Mapping[str, object], _message: str, now: Micros) -> Sequence[Said]:
    ts = round(now / SECOND, 2)
    warmth: dict[str, object] = {"switch:0": {"id": 0, "temperature": {"tC": 37.67, "tF": 99.81}}}
    changes = [_COMPONENTS[name](value) for name, value in values.items() if name in _COMPONENTS]
    return [_notification(topic, {"ts": ts, **params}) for params in (warmth, *changes)]


_COMPONENTS: Mapping[str, Callable[[object], Mapping[str, object]]] = {
    "contact": lambda value: {"input:0": {"id": 0, "state": value == "open"}},
    "exit-request": lambda value: {"input:1": {"id": 1, "state": value == "pressed"}},
    "lock": lambda value: {"switch:0": {"id": 0, "output": value == "unlocked", "source": "mqtt"}},
    "state": lambda value: {"switch:0": {"id": 0, "output": value == "on", "source": "mqtt"}},
    "position": lambda value: {"cover:0": {"id": 0, "state": value, "source": "limit_switch"}},
}


def _notification(topic: str, params: Mapping[str, object]) -> Said:
    frame = {"src": topic, "dst": f"{topic}/events", "method": "NotifyStatus", "params": params}
    return Said(f"{topic}/events/rpc", json.dumps(frame).encode())


_COVER = {"Cover.Open": "open", "Cover.Close": "closed", "Cover.Stop": "stopped"}


def _hears(topic: str) -> Mapping[str, Obeying]:
    return {f"{topic}/rpc": _called}


def _called(payload: bytes) -> Mapping[str, object]:
    frame = json.loads(payload)
    method, params = frame["method"], frame["params"]
    if params["id"] != 0:
        return {}
    if method == "Switch.Set":
        on = params["on"]
        if on and "toggle_after" in params:
            return {"lock": PULSED}
        return {"lock": "unlocked" if on else "locked", "state": "on" if on else "off"}
    return {"position": _COVER[method]} if method in _COVER else {}


SPEECH = Speech(lambda topic: Presence(f"{topic}/online", b"true", b"false"), _says, _hears)
