"""What a broker may have sent before.

QoS 1 is "at least once": what was not acknowledged when a connection ended is sent again in the
next one, and marked (DUP). mosquitto 2.0.11 was seen to mark all of it, in MQTT 5 and 3.1.1: after
a cut connection, a killed gateway, a restarted broker. One case is left: a broker that was killed
goes on from what it wrote to its disk last; what it sent and was acknowledged since, it sends as if
for the first time. It sends that before anything else.

Source: OASIS MQTT 5.0, 3.3.1.1 (DUP), 4.4 (redelivery).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.mqtt.packets import Message
from gateway.model.clock import MINUTE, Micros
from gateway.model.reading import Reading

DOUBTED: Micros = MINUTE
"""How long after it was resumed a session may bring what a killed broker has forgotten to have
sent. A bound for devices whose clocks are slow: their readings would be doubted for ever."""


@dataclass(frozen=True, slots=True)
class Redelivery:
    """Of one session. `resumed_at`: when it was, None for a new one, in which nothing was sent
    before."""

    resumed_at: Micros | None

    def suspected(
        self, messages: Iterable[Message], readings: Iterable[Reading], now: Micros
    ) -> bool:
        """Whether any of these messages, or the readings they gave, may have come before."""
        if any(message.redelivered for message in messages):
            return True
        begun = self.resumed_at
        if begun is None or now - begun > DOUBTED:
            return False
        return any(reading.taken_at < begun for reading in readings)
