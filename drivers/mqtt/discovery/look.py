"""A broker → what its devices propose."""

from drivers.mqtt.discovery.listen import heard
from drivers.mqtt.discovery.proposals import Proposals, proposals
from gateway.model.discovered import Found, Heard
from gateway.site.connection_model import MqttBroker


def proposed(broker: MqttBroker, listen_s: float) -> Proposals:
    """What is said below the prefixes that the site file allows. Blocks. Raises Unreachable."""
    said = heard(broker, broker.discovery, listen_s)
    return proposals(broker.id, broker.discovery, said)


def look(broker: MqttBroker, listen_s: float) -> Heard:
    """The same, each device by itself."""
    found = proposed(broker, listen_s)
    devices = (
        Found(
            str(made.device["id"]),
            str(made.device["kind"]),
            str(made.device["topic"]),
            Proposals([made]).as_yaml(),
            tuple(made.left_out),
        )
        for made in found.made
    )
    return Heard(tuple(devices), tuple(sorted(found.refused.items())))
