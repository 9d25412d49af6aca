"""What went wrong with a broker, in words for whoever can mend it."""

import ssl

from gateway.errors import Unreachable
from gateway.site.connection_model import MqttBroker
from gateway.site.tls import said


class NotMqtt5(Unreachable):
    """The broker refuses MQTT 5, or does not answer it (amqtt)."""


def unreachable(
    broker: MqttBroker, problem: str, kind: type[Unreachable] = Unreachable
) -> Unreachable:
    """`problem` is said of the broker."""
    return kind(
        broker.id,
        f"{_named(broker)} {problem}",
        "check that it runs, its address, whether that port has TLS, user and password, and that"
        f" no other client uses the client_id {broker.client_id}",
    )


def broken(broker: MqttBroker, error: OSError) -> Unreachable:
    """What the system or TLS said when connecting or later."""
    if not isinstance(error, ssl.SSLError):
        return unreachable(broker, f"cannot be talked to ({error.strerror or error})")
    entry = f"connections.{broker.id}"
    if isinstance(error, ssl.SSLCertVerificationError):
        problem = f"shows a certificate that cannot be trusted: {error.verify_message}"
        remedy = (
            f"give in {entry} the authority that signed it (tls.ca) and a name it is made out to"
            " (host), or give the broker another"
        )
    else:
        problem = f"does not agree with the gateway on TLS ({said(error)})"
        remedy = (
            "check the port (with TLS usually 8883), that the broker speaks TLS 1.2 or newer, and"
            f" whether it asks for a certificate ({entry}.tls.certificate)"
        )
    return Unreachable(broker.id, f"{_named(broker)} {problem}", remedy)


def _named(broker: MqttBroker) -> str:
    return f"MQTT broker {broker.host}:{broker.port}"
