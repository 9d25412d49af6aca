"""What the gateway says over one connection: handed to the broker while it stands, or never.

MQTT would have a client send again what was not acknowledged (4.4). This one does not: whoever asks
for a command knows that it has failed, and may have stopped waiting for the door. Nor does it
write to a broker that stands still, which would pass the command on when it wakes: the broker is
asked for a sign of life first.

Source: OASIS MQTT 5.0, 3.3.2.3.3 (message expiry), 3.4.2.1 (PUBACK reason codes), 4.9 (flow
control).
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from drivers.mqtt.failures import unreachable
from drivers.mqtt.inbound import BulkClient
from gateway.errors import GatehouseError, Refused, Unanswered, Unreachable
from gateway.site.connection_model import MqttBroker

MOST_IN_FLIGHT: Final = 65_535
"""Messages a broker takes ahead of its acknowledgements, where it names no fewer (3.2.2.3.3)."""

ONLINE: Final = b"online"
OFFLINE: Final = b"offline"
"""What the gateway says of itself, retained; the second is its last will as well."""

NO_SUBSCRIBER: Final = 0x10
_FROM_ERRORS_ON: Final = 0x80
_FOR_NOW: Final = {0x83, 0x97}
"""Implementation specific error, quota exceeded: it may go another time."""

_GRAIN_S: Final = 1
"""mosquitto counts in whole seconds and gives a message out in the last one still."""


class Outbound:
    """Of one connection. `give_up` ends it, telling why."""

    def __init__(
        self,
        broker: MqttBroker,
        client: BulkClient,
        give_up: Callable[[str], None],
        *,
        mqtt5: bool,
    ) -> None:
        self._broker = broker
        self._client = client
        self._give_up = give_up
        self._mqtt5 = mqtt5
        self._lost: Unreachable | None = None
        self._is_connected = False
        self._announced: int | None = None
        self.may_not_announce = False
        """Whether the broker says that the gateway may not write to its own topic."""
        self._free = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._in_flight: dict[int, asyncio.Future[ReasonCode]] = {}
        client.max_inflight_messages_set(0)  # waiting is done here, where it ends in time
        client.on_publish = self._taken

    @property
    def pending(self) -> bool:
        """Whether the broker has yet to take something: it may lie in a buffer of ours."""
        return bool(self._in_flight)

    def connected(self, receive_maximum: int) -> None:
        """So many messages may be in flight at once."""
        self._is_connected = True
        self._free = asyncio.Semaphore(receive_maximum)

    def lost(self, why: Unreachable) -> None:
        """Nothing more goes out, and what was not taken has failed."""
        self._lost = self._lost or why
        self._client.answered.set()
        for waiting in self._in_flight.values():
            if not waiting.done():
                waiting.set_exception(self._lost)
                waiting.exception()  # retrieved: whoever asked may have gone

    def announce(self, word: bytes) -> None:
        """Says so of the gateway, where it has a topic for that. Nobody waits for an answer."""
        topic = self._broker.status
        if topic is not None and self._is_connected and self._lost is None:
            self._announced = self._client.publish(topic, word, qos=1, retain=True).mid

    async def publish(self, topic: str, payload: bytes, within_s: float) -> None:
        """Hand it over within so many seconds, after which no broker keeps it either: QoS 1 with a
        message expiry, under MQTT 3.1.1 QoS 0. Never retained. Returns when the broker has taken it
        (under 3.1.1: when it is written).

        Raises Refused when the time is over or the broker says no, Unreachable when it cannot be
        handed over now or nobody has subscribed to the topic, Unanswered when it may have arrived.
        """
        expires = asyncio.get_running_loop().time() + within_s
        _lasting(topic, expires)
        sent = None
        try:
            async with asyncio.timeout_at(expires):
                await self._sign_of_life()
                await self._free.acquire()
                sent = self._send(topic, payload, expires)
                reason = await sent
        except TimeoutError as error:
            kind = Unreachable if sent is None else Unanswered
            raise unreachable(self._broker, "has not taken a command in time", kind) from error
        except Unreachable as error:
            if sent is None:
                raise
            raise Unanswered(error.subject, error.problem, error.remedy) from error
        finally:
            if sent is not None and not _ended(sent):
                self._give_up("has not taken a command in time")
        _check(self._broker, topic, reason)

    async def _sign_of_life(self) -> None:
        self._check_connected()
        self._client.ask()
        await self._client.answered.wait()
        self._check_connected()

    def _check_connected(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _send(self, topic: str, payload: bytes, expires: float) -> asyncio.Future[ReasonCode]:
        try:
            self._check_connected()
            mid = self._client.publish(topic, payload, **self._said(topic, expires)).mid
        except GatehouseError:
            self._free.release()
            raise
        self._in_flight[mid] = asyncio.get_running_loop().create_future()
        return self._in_flight[mid]

    def _said(self, topic: str, expires: float) -> dict[str, Any]:
        seconds = _lasting(topic, expires)
        if not self._mqtt5:
            return {"qos": 0}  # at which no broker keeps it for later
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's gap
        properties.MessageExpiryInterval = seconds
        return {"qos": 1, "properties": properties}

    def _taken(self, _c: object, _u: object, mid: int, reason: ReasonCode, _p: object) -> None:
        if mid == self._announced and reason.value >= _FROM_ERRORS_ON:
            self.may_not_announce = True
        waiting = self._in_flight.pop(mid, None)
        if waiting is None:  # what nobody waits for
            return
        self._free.release()
        if not waiting.done():
            waiting.set_result(reason)


def _lasting(topic: str, expires: float) -> int:
    """Whole seconds for which a broker may keep it. Raises Refused when that is none."""
    seconds = int(expires - asyncio.get_running_loop().time()) - _GRAIN_S
    if seconds < 1:
        raise Refused(topic, "the command has expired, or is about to", "ask again")
    return seconds


def _ended(sent: asyncio.Future[ReasonCode]) -> bool:
    return sent.done() and not sent.cancelled()


def _check(broker: MqttBroker, topic: str, reason: ReasonCode) -> None:
    if reason.value == NO_SUBSCRIBER:
        problem = "takes no orders now: nobody has subscribed to it"
        raise Unreachable(topic, problem, "check that the device is connected, and its topic")
    if reason.value in _FOR_NOW:
        raise unreachable(broker, f"takes nothing for {topic} now: {reason}")
    if reason.value >= _FROM_ERRORS_ON:
        remedy = f"let user {broker.username or 'of the gateway'} write there (access list)"
        raise Refused(topic, f"the broker says no: {reason}", remedy)
