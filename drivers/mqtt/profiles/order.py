"""How a command is said to a device."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.model.command import Action, Command


@dataclass(frozen=True, slots=True)
class Order:
    """One message to a device; never retained (architecture.md, safety rules)."""

    topic: str
    payload: bytes


Orders = Mapping[Action, Callable[[Command], Order]]
"""By action, what says it. Pure."""
