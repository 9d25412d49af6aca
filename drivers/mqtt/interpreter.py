"""From messages to readings: who understands them, what is doubted, what comes too fast."""

import logging
from collections.abc import Mapping, Sequence

from drivers.mqtt.flow import Flow, Taken
from drivers.mqtt.instants import Instants
from drivers.mqtt.lateness import Lateness
from drivers.mqtt.listening import Listening
from drivers.mqtt.packets import LARGEST_PAYLOAD, Message
from drivers.mqtt.profiles.order import Order
from drivers.mqtt.profiles.parser import Reason
from drivers.mqtt.redelivery import Redelivery
from gateway.errors import Malformed
from gateway.model.clock import Clock, Micros
from gateway.model.driver import DeadLetters
from gateway.model.reading import Reading
from gateway.site.model import Device

logger = logging.getLogger(__name__)


class Interpreter:
    """Of one connection's devices. `rate`: readings of each that are taken in a second. `last`: see
    Lateness. Raises BadConfig as Listening does."""

    def __init__(
        self,
        devices: Sequence[Device],
        rate: int,
        clock: Clock,
        dead_letters: DeadLetters,
        last: Mapping[str, Reading] | None = None,
    ) -> None:
        self._devices = devices
        self._rate = rate
        self._clock = clock
        self._instants = Instants(clock)
        self._lateness = Lateness(devices, last or {})
        self._dead_letters = dead_letters
        self._redelivery = Redelivery(None)
        self.passed_over = 0
        """Messages that were understood and told nothing of any point."""
        self._fault: str | None = None
        self.begin()

    def begin(self) -> None:
        """A connection is about to be made: what was said meanwhile may be lost, and what was not
        acknowledged comes again."""
        self._listening = Listening(self._devices)
        self._flow = Flow(self._rate)

    def connected(self, resumed: bool) -> None:
        """It is there."""
        self._redelivery = Redelivery(self._clock() if resumed else None)

    @property
    def topics(self) -> Sequence[str]:
        """To be subscribed to."""
        return self._listening.topics

    def asks(self) -> Sequence[Order]:
        """See Listening.asks."""
        return self._listening.asks(self._clock())

    @property
    def wait(self) -> Micros | None:
        """How long until `understood` is to be called without any message."""
        return self._flow.wait(self._clock())

    def understood(self, messages: Sequence[Message]) -> Taken:
        """What comes of them, and of those that waited."""
        taken = Taken()
        self._flow.release(self._clock(), taken)
        instants = self._instants.of_batch(len(messages))
        for message, received_at in zip(messages, instants, strict=True):
            try:
                readings = self._told(message, received_at)
            except Malformed as error:
                self._dead_letters(message.topic, error.problem, message.payload)
                readings = ()
            except Exception as error:  # a fault of ours at one message stops no other
                self._dead_letters(message.topic, Reason.FAULT, message.payload)
                self._note(message.topic, repr(error))
                readings = ()
            self._flow.take(message, readings, received_at, taken)
        for message in taken.dropped:
            self._dead_letters(message.topic, Reason.TOO_MANY, message.payload)
        return taken

    def _note(self, topic: str, fault: str) -> None:
        if fault != self._fault:
            logger.critical("%s: what reads it fails: %s", topic, fault, exc_info=True)
        self._fault = fault

    def _told(self, message: Message, received_at: Micros) -> Sequence[Reading]:
        said = self._redelivery.told(message, self._parsed(message, received_at))
        self.passed_over += not said
        told = self._lateness.told(said)
        if any(_is_late(one, judged) for one, judged in zip(said, told, strict=True)):
            self._dead_letters(message.topic, Reason.OUT_OF_ORDER, message.payload)
        return told

    def _parsed(self, message: Message, received_at: Micros) -> Sequence[Reading]:
        if len(message.payload) > LARGEST_PAYLOAD:
            raise Malformed(message.topic, Reason.TOO_LARGE)
        said = message.topic, message.payload, message.retained, received_at
        return self._listening.understood(*said)


def _is_late(said: Reading, judged: Reading) -> bool:
    """What a broker may have sent before is late by no fault of the device's."""
    again = said.delivery is not None and said.delivery.again
    return judged != said and not again
