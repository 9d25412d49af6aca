"""The MQTT driver: one broker's devices, from messages to readings.

A message is acknowledged to the broker after its readings are in the journal, or after it was put
with the dead letters. It publishes what `send` is given, and requests for news where a family
needs them.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from drivers.mqtt import credentials, tls
from drivers.mqtt.attention import Attention
from drivers.mqtt.failures import unreachable
from drivers.mqtt.interpreter import Interpreter
from drivers.mqtt.packets import Message
from drivers.mqtt.profiles import must_hear_all, orders
from drivers.mqtt.session import Session, open_session
from gateway.errors import BadConfig, Refused, Unreachable
from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.command import Command
from gateway.model.driver import DeadLetters, Sink
from gateway.model.reading import Reading
from gateway.site.connection_model import MqttBroker
from gateway.site.model import Device

logger = logging.getLogger(__name__)


class MqttDriver:
    """Implements gateway.model.driver.Driver and Commander. `last`: what each point said last
    before this start. Raises BadConfig when two devices share a topic, a device does not fit its
    profile, or a file for TLS or the password is not what it should be."""

    def __init__(
        self,
        connection: MqttBroker,
        devices: Sequence[Device],
        clock: Clock,
        dead_letters: DeadLetters,
        last: Mapping[str, Reading] | None = None,
    ) -> None:
        if connection.tls is not None:
            tls.context(connection.id, connection.tls)  # now, not when it first connects
        credentials.password(connection)
        _check_share(connection, devices)
        self._connection = connection
        self._interpreter = Interpreter(devices, connection.rate, clock, dead_letters, last)
        self._orders = {device.id: orders(device) for device in devices}
        self._session: Session | None = None
        self._clock = clock
        self._attention = Attention(point for device in devices for point in device.told)
        self._had_session = False

    @property
    def name(self) -> str:
        """The connection's id in the site file."""
        return self._connection.id

    async def run(self, sink: Sink) -> None:
        """See Driver.run."""
        interpreter = self._interpreter
        interpreter.begin()
        async with open_session(self._connection, interpreter.topics) as session:
            interpreter.connected(session.resumed)
            self._check_remembered(session)
            self._attention.connected(self._clock())
            await sink(())  # connected, though devices may have nothing to say for long
            self._session = session
            try:
                self._ask(session)
                while True:
                    messages = self._of_devices(await session.take(self._wait() / SECOND))
                    self._look(session)
                    taken = interpreter.understood(messages)
                    if taken.readings:
                        await sink(taken.readings)
                    session.acknowledge(taken.done)
                    self._ask(session)
            finally:
                self._session = None
                self._attention.lost()
                self._heed(session)

    async def send(self, command: Command) -> None:
        """See Commander.send."""
        say = self._orders.get(command.device, {}).get(command.action)
        if say is None:
            problem = f"cannot be asked to {command.action} by this profile"
            raise Refused(command.device, problem, "see the profile's documentation")
        if self._session is None:
            raise Unreachable(self.name, "is not connected", "ask again once it is")
        order = say(command)
        left = command.expires_at - self._clock()
        await self._session.publish(order.topic, order.payload, left / SECOND)

    @property
    def doubt(self) -> str | None:
        """See gateway.model.driver.Doubting."""
        return self._attention.doubt(self._clock())

    @property
    def passed_over(self) -> int:
        """See gateway.model.driver.PassingOver."""
        return self._interpreter.passed_over

    def _wait(self) -> Micros:
        now, held = self._clock(), self._interpreter.wait
        look = self._attention.wait(now)
        return look if held is None else min(look, held)

    def _of_devices(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Without what the gateway has said itself."""
        own = self._connection.status
        said = [message for message in messages if message.topic != own]
        if len(said) < len(messages):
            self._attention.came_round()
        if any(not message.retained for message in said):
            self._attention.heard(self._clock())
        return said

    def _ask(self, session: Session) -> None:
        for ask in self._interpreter.asks():
            session.ask(ask.topic, ask.payload)

    def _look(self, session: Session) -> None:
        now = self._clock()
        if self._attention.fails(now):
            problem = "brings nothing any more, not even what the gateway says itself"
            raise unreachable(self._connection, problem)
        if self._attention.is_to_ask(now):
            session.announce()
            self._attention.asked(now)

    def _heed(self, session: Session) -> None:
        """mosquitto 2.0.11 without a limit of queued messages ends the connection of a client that
        writes where it may not: once is enough."""
        if session.may_not_announce:
            logger.warning(
                "%s: the broker does not let the gateway write to %s: nobody is told there whether"
                " it is online; let its user write there, or give another topic as status",
                self.name,
                self._connection.status,
            )
            self._connection = replace(self._connection, status=None)

    def _check_remembered(self, session: Session) -> None:
        if self._had_session and not session.resumed:
            logger.warning(
                "%s: the broker has forgotten the gateway's session: what devices said since the"
                " connection was lost may be lost; see that the broker keeps sessions on disk",
                self.name,
            )
        self._had_session = True


def _check_share(connection: MqttBroker, devices: Sequence[Device]) -> None:
    """A message that went to another of the group would leave what was said before it standing."""
    if connection.share is None:
        return
    for device in devices:
        if must_hear_all(device):
            what = f"must be heard whole, and {connection.id} shares its messages out"
            raise BadConfig(device.id, what, "put it on a connection without share")
