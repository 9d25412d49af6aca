"""What is heard of many devices at once, and what their family asks of them for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drivers.mqtt.profiles.order import Order
from gateway.model.clock import Micros
from gateway.model.reading import Reading

TopicParser = Callable[[str, bytes, bool, Micros], Sequence[Reading]]
"""(topic, payload, retained, received_at) → readings; otherwise as a Parser."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """One connection's devices of one family that must be heard together."""

    parsers: Mapping[str, TopicParser]
    """By topic filter, which may have `+` in it."""
    asks: Callable[[Micros], Sequence[Order]]
    """(now) → what is to be said to the devices since the last call: requests for news, which move
    nothing."""
