"""How a session with a broker is asked for: who the gateway is, and what it can take.

Source: OASIS MQTT 5.0, 3.1.2.11.2 (session expiry), 3.1.2.11.3 (receive maximum).
"""

from collections.abc import Callable
from typing import Final

from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from drivers.mqtt import credentials, tls
from drivers.mqtt.inbound import BulkClient
from drivers.mqtt.outbound import OFFLINE
from drivers.mqtt.packets import Message
from gateway.site.connection_model import MqttBroker

RECEIVE_MAXIMUM: Final = 8192
"""Messages the broker may send ahead of our acknowledgements. It bounds memory (times
LARGEST_PAYLOAD of `packets`). mosquitto's default of 20 would allow 20 messages for each journal
commit. A broker that speaks only MQTT 3.1.1 sets its own: reading stops while more than this
wait."""
LARGEST_PACKET: Final = 16 * 2**20
"""Bytes. The broker drops what is larger (MQTT 5, 3.1.2.11.4): no device has so much to say, and a
packet is gathered in memory before it is looked at."""
SESSION_EXPIRY_S: Final = 7 * 24 * 3600
"""How long the broker keeps messages for a gateway that is gone."""
ANSWER_WITHIN_S: Final = 5.0


def new_client(
    broker: MqttBroker, version: MQTTProtocolVersion, message: Callable[[Message], None]
) -> BulkClient:
    """A client that is not connected yet. `message` is called with each that comes."""
    client = BulkClient(
        message,
        version,
        client_id=broker.client_id,
        clean_session=False if version is MQTTProtocolVersion.MQTTv311 else None,
    )
    client.connect_timeout = ANSWER_WITHIN_S
    if broker.status is not None:
        client.will_set(broker.status, OFFLINE, qos=1, retain=True)
    return client


def connect(
    client: BulkClient, broker: MqttBroker, version: MQTTProtocolVersion, keepalive_s: int
) -> None:
    """Resolve, connect and ask for the session that was. Blocks, for ANSWER_WITHIN_S at most.
    Raises OSError, BadConfig."""
    host, port = broker.host, broker.port
    client.on_socket_register_write = lambda *_: None  # nothing is sent here
    if broker.tls is not None:  # its files are read anew: certificates are renewed
        client.tls_set_context(tls.context(broker.id, broker.tls))
    if broker.username is not None:
        password = credentials.password(broker)
        client.username_pw_set(broker.username, password)
    if version is MQTTProtocolVersion.MQTTv5:
        wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's gap
        wishes.SessionExpiryInterval = SESSION_EXPIRY_S
        wishes.ReceiveMaximum = RECEIVE_MAXIMUM
        wishes.MaximumPacketSize = LARGEST_PACKET
        client.connect(host, port, keepalive_s, clean_start=False, properties=wishes)
    else:
        client.connect(host, port, keepalive_s)
