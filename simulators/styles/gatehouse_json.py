"""Gatehouse's own JSON: values as they are."""

import json
from collections.abc import Mapping, Sequence

from gateway.model.clock import Micros, to_datetime
from simulators.styles.speech import Presence, Said, Speech


def _says(topic: str, values: Mapping[str, object], message: str, now: Micros) -> Sequence[Said]:
    at = to_datetime(now).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    payload = json.dumps({"id": message, "at": at, **values}).encode()
    return [Said(f"{topic}/state", payload)]


SPEECH = Speech(
    lambda topic: Presence(f"{topic}/status"),
    _says,
    commanded_at=lambda topic: f"{topic}/command",
)
