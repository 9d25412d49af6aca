"""Which topics one connection's devices speak on, and who understands what is said there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from paho.mqtt.matcher import MQTTMatcher

from drivers.mqtt.profiles import hearings, measured, routes, shares_topics
from drivers.mqtt.profiles.hearing import TopicParser
from drivers.mqtt.profiles.order import Order
from drivers.mqtt.profiles.parser import Parser, Reason
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import Micros
from gateway.model.reading import Reading
from gateway.site.model import Device


class Listening:
    """What was heard is remembered as far as a family needs it, so this is made anew where some of
    it may have been missed. Raises BadConfig when two devices share a topic or a device does not
    fit its profile."""

    def __init__(self, devices: Sequence[Device]) -> None:
        _check_entities(devices)
        self._parsers = _parsers(devices)
        self._hearings = hearings(devices)
        self._filters: Any = MQTTMatcher()  # type: ignore[no-untyped-call]  # paho's gap
        for hearing in self._hearings:
            for topic_filter, parser in hearing.parsers.items():
                self._filters[topic_filter] = parser
        heard = [topic_filter for hearing in self._hearings for topic_filter in hearing.parsers]
        self.topics = (*self._parsers, *heard)
        """To be subscribed to."""

    def understood(
        self, topic: str, payload: bytes, retained: bool, received_at: Micros
    ) -> Sequence[Reading]:
        """Raises Malformed."""
        parsers = self._parsers.get(topic)
        if parsers is None:
            return self._heard(topic)(topic, payload, retained, received_at)
        if len(parsers) == 1:  # devices seldom share a topic
            return parsers[0](payload, retained, received_at)
        return [reading for parse in parsers for reading in parse(payload, retained, received_at)]

    def asks(self, now: Micros) -> Sequence[Order]:
        """What families ask of their devices for what they have heard since the last call."""
        return [ask for hearing in self._hearings for ask in hearing.asks(now)]

    def _heard(self, topic: str) -> TopicParser:
        parser: TopicParser | None = next(self._filters.iter_match(topic), None)
        if parser is None:  # a subscription that the session kept from an earlier site file
            raise Malformed(topic, Reason.UNKNOWN_TOPIC)
        return parser


def _check_entities(devices: Iterable[Device]) -> None:
    """Of two doors on one node, each is watched and opened by entities of its own."""
    taken: dict[tuple[str, str], str] = {}
    for device in devices:
        for entity in measured(device):
            other = taken.setdefault((entity.topic, entity.name), device.id)
            if other != device.id:
                what = f"is measured by {entity.name} of {entity.topic}, as {other} is"
                raise BadConfig(device.id, what, "name its own under entities")


def _parsers(devices: Iterable[Device]) -> Mapping[str, Sequence[Parser]]:
    parsers: dict[str, list[Parser]] = {}
    for device in devices:
        for topic, parser in routes(device).items():
            if topic in parsers and not shares_topics(device):
                raise BadConfig(device.id, f"shares the topic {topic}", "give it its own topic")
            parsers.setdefault(topic, []).append(parser)
    return parsers
