"""What a broker may have sent before.

QoS 1 is "at least once": what was not acknowledged when a connection ended is sent again in the
next one, under the same packet identifier, and marked (DUP). mosquitto 2.0.11 was seen to mark all
of it, in MQTT 5 and 3.1.1: after a cut connection, a killed gateway, a restarted broker. One case
is left: a broker that was killed goes on from what it wrote to its disk last; what it sent and was
acknowledged since, it sends as if for the first time, also under other packet identifiers. It sends
that before anything else.

Then only the message itself can tell: by the device's time, or by a name the device gives to no
other message. Without either it is taken as new: "open" said anew must never be taken for "open"
said before.

Source: OASIS MQTT 5.0, 2.2.1 (packet identifier), 3.3.1.1 (DUP), 4.4 (redelivery).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from drivers.mqtt.packets import Message
from gateway.model.clock import MINUTE, Micros
from gateway.model.reading import Delivery, Reading, message_number

DOUBTED: Micros = MINUTE
"""How long after it was resumed a session may bring what a killed broker has forgotten to have
sent. Whether a device took it before or after that nobody can tell: clocks differ."""


@dataclass(frozen=True, slots=True)
class Redelivery:
    """Of one session. `resumed_at`: when it was, None for a new one, in which nothing was sent
    before."""

    resumed_at: Micros | None

    def told(self, message: Message, readings: Sequence[Reading]) -> Sequence[Reading]:
        """The readings of a message with their `delivery`. A retained one is news of now, however
        often it comes; at QoS 0 nothing comes twice."""
        if message.retained or not message.mid:
            return readings
        return [
            reading
            if (delivery := self._delivery(message, reading)) == reading.delivery
            else replace(reading, delivery=delivery)
            for reading in readings
        ]

    def _delivery(self, message: Message, reading: Reading) -> Delivery | None:
        begun, again = self.resumed_at, message.redelivered
        doubted = begun is not None and reading.received_at - begun <= DOUBTED
        if reading.delivery is not None:
            return reading.delivery._replace(again=again or doubted)
        if reading.taken_at == reading.received_at:  # it has neither a time nor a name of its own
            topic = message.topic.encode()
            number = message_number(message.mid.to_bytes(2), topic, message.payload)
            return Delivery(number, again, lately=True)
        return Delivery(None, again=True) if again or doubted else None
