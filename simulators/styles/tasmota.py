"""A Tasmota device: inputs and shutters in SENSOR, relays in STATE, as every TelePeriod."""

import json
from collections.abc import Mapping, Sequence

from gateway.model.clock import Micros, to_datetime
from simulators.styles.speech import Obeying, Presence, Said, Speech

_SHUTTER = {
    "closed": (0, 0),
    "opening": (40, 1),
    "open": (100, 0),
    "closing": (60, -1),
    "stopped": (50, 0),
}


def _says(topic: str, values: Mapping[str, object], _message: str, now: Micros) -> Sequence[Said]:
    time = {"Time": to_datetime(now).strftime("%Y-%m-%dT%H:%M:%S")}
    sensors: dict[str, object] = {}
    relays: dict[str, object] = {}
    if "contact" in values:
        sensors["Switch1"] = _on(values["contact"] == "open")
    if "position" in values:
        position, direction = _SHUTTER[str(values["position"])]
        sensors["Shutter1"] = {"Position": position, "Direction": direction, "Target": position}
    if "lock" in values:
        relays["POWER"] = _on(values["lock"] == "unlocked")
    if "state" in values:
        relays["POWER"] = _on(values["state"] == "on")
    told = (("SENSOR", sensors), ("STATE", relays))
    return [
        Said(f"tele/{topic}/{name}", json.dumps({**time, **said}).encode())
        for name, said in told
        if said
    ]


def _on(on: bool) -> str:
    return "ON" if on else "OFF"


_RELAY = {b"ON": {"lock": "unlocked", "state": "on"}, b"OFF": {"lock": "locked", "state": "off"}}


def _hears(topic: str) -> Mapping[str, Obeying]:
    return {
        f"cmnd/{topic}/POWER": lambda payload: _RELAY.get(payload, {}),
        f"cmnd/{topic}/ShutterOpen1": lambda _: {"position": "open"},
        f"cmnd/{topic}/ShutterClose1": lambda _: {"position": "closed"},
        f"cmnd/{topic}/ShutterStop1": lambda _: {"position": "stopped"},
    }


SPEECH = Speech(lambda topic: Presence(f"tele/{topic}/LWT", b"Online", b"Offline"), _says, _hears)
