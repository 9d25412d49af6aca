"""One persistent session with a broker, run inside the event loop.

The broker keeps every QoS 1 message until it is acknowledged here, across lost connections and
restarts of the gateway: nothing is acknowledged before it is durable. paho's own network thread
is not used: it fights the event loop for the interpreter.

Source: OASIS MQTT 5.0, 3.1.2.11.2 (session expiry), 3.1.2.11.3 (receive maximum), 4.4 (redelivery).
"""

import asyncio
import logging
import os
import socket
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from drivers.mqtt.connecting import ANSWER_WITHIN_S, RECEIVE_MAXIMUM, connect, new_client
from drivers.mqtt.failures import NotMqtt5, broken, unreachable
from drivers.mqtt.outbound import MOST_IN_FLIGHT, OFFLINE, ONLINE, Outbound
from drivers.mqtt.packets import Message
from gateway.errors import GatehouseError, Malformed, Unreachable
from gateway.site.connection_model import MqttBroker

logger = logging.getLogger(__name__)

BATCH: Final = 1000
"""Messages handed over at once, and so acknowledged: some 5 ms of parsing."""
GOODBYE_WITHIN_S: Final = 1.0
KEEPALIVE_S: Final = 15
"""A broker that says nothing for this long is asked, and given up after as long again."""
_TURN_S: Final = 0.005
"""How long is read at a stretch: a chunk takes 1 ms, but far longer when a busy thread is about."""
_TOPICS_PER_SUBSCRIBE: Final = 100


@asynccontextmanager
async def open_session(
    broker: MqttBroker, topics: Sequence[str], keepalive_s: int = KEEPALIVE_S
) -> AsyncIterator["Session"]:
    """Connects, resumes the session and subscribes; disconnects at the end, keeping the session.

    MQTT 5, or 3.1.1 where the broker has no better. Raises Unreachable.
    """
    session = Session(broker, MQTTProtocolVersion.MQTTv5, keepalive_s)
    try:
        try:
            await session.connect()
        except NotMqtt5:
            session.close()
            session = Session(broker, MQTTProtocolVersion.MQTTv311, keepalive_s)
            await session.connect()
        session.subscribe(topics)
        session.hear_itself()
        session.announce()
        yield session
    finally:
        await session.leave()


class Session:
    """Made by `open_session`."""

    def __init__(self, broker: MqttBroker, version: MQTTProtocolVersion, keepalive_s: int) -> None:
        self._broker = broker
        self._version = version
        self._keepalive_s = keepalive_s
        self._loop = asyncio.get_running_loop()
        self._accepted = asyncio.Event()
        self._woken = asyncio.Event()
        self._waiting: deque[Message] = deque()
        self._client = new_client(broker, version, self._waiting.append)
        mqtt5 = version is MQTTProtocolVersion.MQTTv5
        self._outbound = Outbound(broker, self._client, self._lose, mqtt5=mqtt5)
        self._paused = False
        self._lost: Unreachable | None = None
        self.resumed = False
        """Whether the broker still had the session: it brings what was not acknowledged."""
        self._subscribing: dict[int, Sequence[str]] = {}
        self._tick: asyncio.TimerHandle | None = None

    async def take(self, within_s: float | None = None) -> list[Message]:
        """The messages waiting, oldest first, at most BATCH; none only when there were none within
        so many seconds. Raises Unreachable when the connection is lost: what was not acknowledged
        comes again in the next session."""
        await asyncio.sleep(0)  # lets the loop turn when messages never stop waiting
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._woken.wait()
        if self._lost is not None:
            raise self._lost
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        if not self._waiting:
            self._woken.clear()
        if self._paused:
            self._paused = False
            self._start_reading()
        return batch

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tells the broker to forget them."""
        self._client.acknowledge([message.mid for message in messages if message.mid])

    def hear_itself(self) -> None:
        """Whoever announces itself hears that too, at QoS 0: it is worth nothing later."""
        if self._broker.status is not None:
            self._client.subscribe(self._broker.status, 0)

    def announce(self) -> None:
        """Tells whoever listens that the gateway is there."""
        self._outbound.announce(ONLINE)

    @property
    def may_not_announce(self) -> bool:
        """See Outbound.may_not_announce."""
        return self._outbound.may_not_announce

    def ask(self, topic: str, payload: bytes) -> None:
        """Publishes at QoS 0, never retained: a request for news, worth nothing later."""
        self._client.publish(topic, payload)

    async def publish(self, topic: str, payload: bytes, within_s: float) -> None:
        """See Outbound.publish."""
        await self._outbound.publish(topic, payload, within_s)

    async def connect(self) -> None:
        """Returns when the broker has accepted the session. Raises Unreachable."""
        await self._open_connection()
        self._attach()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await self._accepted.wait()
        except TimeoutError as error:
            raise unreachable(
                self._broker, "accepts connections but says nothing", NotMqtt5
            ) from error
        if self._lost is not None:
            raise self._lost

    def subscribe(self, topics: Sequence[str]) -> None:
        """At QoS 1. The broker sends retained messages for subscriptions the session had not had
        (under MQTT 3.1.1: for all)."""
        options: Any = 1
        if self._version is MQTTProtocolVersion.MQTTv5:
            options = SubscribeOptions(
                qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
            )
        share = self._broker.share
        rest = iter(topics if share is None else [f"$share/{share}/{topic}" for topic in topics])
        while part := list(islice(rest, _TOPICS_PER_SUBSCRIBE)):
            _, mid = self._client.subscribe([(topic, options) for topic in part])
            if mid is not None:
                self._subscribing[mid] = part

    async def leave(self) -> None:
        """Closes once the broker has read what was sent, the acknowledgements too: a socket that is
        closed with something still to come is reset (RFC 1122, 4.2.2.13), and a broker that finds
        it so as it answers reads no further."""
        sock = self._client.socket()
        if sock is None or self._lost is not None or self._outbound.pending:
            self.close()
            return
        with socket.socket(fileno=os.dup(sock.fileno())) as open_end:
            self.close()
            await _read_out(open_end)

    def close(self) -> None:
        """Sends what is acknowledged and says goodbye; the broker keeps the session. A command it
        has not taken yet is not sent."""
        if self._tick is not None:
            self._tick.cancel()
        self._outbound.announce(OFFLINE)
        self._outbound.lost(unreachable(self._broker, "is no longer connected"))
        if self._client.socket() is not None and not self._outbound.pending:
            self._client.disconnect()
            self._client.loop_write()
        stuck = self._client.socket()  # the broker no longer takes what we send, or must not
        if stuck is not None:
            self._detach(stuck)
            self._client.on_socket_unregister_write = None
            self._client.on_socket_close = None
            stuck.close()

    async def _open_connection(self) -> None:
        """paho resolves and connects in a blocking call, bounded by its `connect_timeout`."""
        connecting = asyncio.ensure_future(
            asyncio.to_thread(connect, self._client, self._broker, self._version, self._keepalive_s)
        )
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            with suppress(OSError, GatehouseError):
                await connecting  # a thread cannot be cancelled, only waited for
            raise
        except OSError as error:
            raise broken(self._broker, error) from error

    def _attach(self) -> None:
        """From here on the event loop moves bytes and keeps time."""
        client, loop = self._client, self._loop
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_socket_register_write = lambda _c, _u, sock: loop.add_writer(
            sock, client.loop_write
        )
        client.on_socket_unregister_write = self._on_writes_done
        client.on_socket_close = lambda _c, _u, sock: self._detach(sock)
        self._start_reading()
        sock = client.socket()
        if sock is not None:
            loop.add_writer(sock, client.loop_write)  # CONNECT waits
        self._keep_alive()

    def _start_reading(self) -> None:
        sock = self._client.socket()
        if sock is None:
            self._lose("closed the connection")
        else:
            self._loop.add_reader(sock, self._readable)
            self._loop.call_soon(self._readable)

    def _stop_reading(self) -> None:
        sock = self._client.socket()
        if sock is not None:
            self._loop.remove_reader(sock)

    def _detach(self, sock: Any) -> None:
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)

    def _readable(self) -> None:
        """Called when there may be something to read: by the system, or because TLS may hold what
        it has had from the system already."""
        if self._paused or self._lost is not None:
            return
        more, until = True, self._loop.time() + _TURN_S
        try:
            while more and self._loop.time() < until:
                more = self._client.receive()
        except Malformed as error:
            self._not_mqtt(error.problem)
        except Exception as error:  # paho lets packets it cannot parse surface as anything
            self._not_mqtt(repr(error))
        if self._waiting:
            self._woken.set()
        if len(self._waiting) > RECEIVE_MAXIMUM:
            self._stop_reading()
            self._paused = True
        elif more:
            self._loop.call_soon(self._readable)

    def _keep_alive(self) -> None:
        self._client.loop_misc()
        self._tick = self._loop.call_later(self._keepalive_s / 10, self._keep_alive)

    def _on_connect(
        self,
        _c: object,
        _u: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason == "Unsupported protocol version":
            self._lost = unreachable(self._broker, "refuses MQTT 5", NotMqtt5)
        elif reason.is_failure:
            self._lose(f"refused the gateway: {reason}")
        else:
            self.resumed = flags.session_present
            self._outbound.connected(getattr(properties, "ReceiveMaximum", MOST_IN_FLIGHT))
            state = "resumed" if self.resumed else "new"
            logger.info("%s: connected, session %s", self._broker.id, state)
        self._accepted.set()

    def _on_disconnect(
        self, _c: object, _u: object, _flags: object, reason: ReasonCode, _p: object
    ) -> None:
        failure = self._client.failure
        if failure is not None and self._lost is None:
            self._lost = broken(self._broker, failure)
        self._lose(f"ended the connection: {reason}")

    def _on_writes_done(self, _c: object, _u: object, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _on_subscribe(
        self, _c: object, _u: object, mid: int, reasons: Sequence[ReasonCode], _p: object
    ) -> None:
        for topic, reason in zip(self._subscribing.pop(mid, ()), reasons, strict=False):
            if reason.is_failure:
                logger.warning("%s: refused the subscription to %s", self._broker.id, topic)

    def _not_mqtt(self, found: str) -> None:
        self._lose(f"sent what is not MQTT ({found})")
        self._stop_reading()

    def _lose(self, problem: str) -> None:
        """The first cause is the one told."""
        if self._lost is None:
            self._lost = unreachable(self._broker, problem)
        self._outbound.lost(self._lost)
        self._accepted.set()
        self._woken.set()


async def _read_out(sock: socket.socket) -> None:
    """Until the other end has hung up, which it does when it has read a goodbye."""
    loop = asyncio.get_running_loop()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(GOODBYE_WITHIN_S):
            sock.setblocking(False)
            while await loop.sock_recv(sock, 65536):
                pass
