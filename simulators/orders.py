"""What a sound device does with the commands it is sent: nothing that is retained, expired or known
already."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from gateway.model.clock import Micros, from_datetime
from simulators.styles.speech import PULSED, Obeying


@runtime_checkable
class Obedient(Protocol):
    """A behaviour that can be commanded."""

    def obey(self, action: str, parameters: Mapping[str, object], now: Micros) -> None:
        """Does it, or does nothing where it knows no such action."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A command as Gatehouse's own JSON says it."""

    id: str
    action: str
    expires_at: Micros
    parameters: Mapping[str, object]


class Orders:
    """Which commands one device has seen."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def take(self, payload: bytes, retained: bool, now: Micros) -> Ordered | None:
        """The command, where the device may do it; garbage is none."""
        ordered = _ordered(payload)
        if ordered is None or retained or now >= ordered.expires_at or ordered.id in self._seen:
            return None
        self._seen.add(ordered.id)
        return ordered


_ACTIONS: Mapping[tuple[str, object], str] = {
    ("lock", "locked"): "lock",
    ("lock", "unlocked"): "unlock",
    ("lock", PULSED): "open",
    ("position", "open"): "open",
    ("position", "closed"): "close",
    ("position", "stopped"): "stop",
    ("state", "on"): "switch-on",
    ("state", "off"): "switch-off",
}


def actions(obeying: Obeying, payload: bytes) -> list[str]:
    """What a firmware is asked in its own words; garbage is nothing."""
    try:
        given = obeying(payload)
    except (ValueError, KeyError, TypeError, IndexError, StopIteration):
        return []
    return [_ACTIONS[said] for said in given.items() if said in _ACTIONS]


def _ordered(payload: bytes) -> Ordered | None:
    try:
        said = json.loads(payload)
        id_, action = str(said.pop("id")), str(said.pop("action"))
        expires_at = from_datetime(datetime.fromisoformat(said.pop("expires_at")))
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return Ordered(id_, action, expires_at, said)
