"""Sparkplug B: edge nodes and the devices behind them.

A device's topic is `GROUP/NODE/DEVICE`, or `GROUP/NODE` for what the edge node itself measures.
`entities`: the metric that tells a point, such as `contact: Door/Contact`; by default it has the
point's name. `not Door/Contact`: a Boolean whose true is what false is else.

A command writes the metric whose reading confirms it (DCMD, or NCMD): a Boolean; with `text` before
the metric's name, and for a barrier, a String, the state's own word. `pulse` before it: a lock that
falls back by itself.

A String or Text is a state by its own word, a Boolean one of two; other types are numbers. Births
say what is so now; data say when.

An edge node numbers its messages (0 to 255), those of its devices among them, so all are heard.
When the gateway has connected, one is missing, or the birth of a metric was not heard, the node is
asked to be born anew, which moves nothing, and until then nothing of it is believed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from drivers.mqtt.profiles.entities import Entity, confirming
from drivers.mqtt.profiles.hearing import Hearing, TopicParser
from drivers.mqtt.profiles.json_message import checked_number, plausible
from drivers.mqtt.profiles.order import Order, Orders
from drivers.mqtt.profiles.parser import Parser, Reason, offline
from drivers.mqtt.profiles.sparkplug.node import Node, Verb
from drivers.mqtt.profiles.sparkplug.payload import Metric, decoded, rebirth_request, written
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import SECOND, Micros
from gateway.model.command import Action, Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.site.model import Device, MqttAddress

NAMESPACE = "spBv1.0"
REBIRTH_EVERY: Micros = 30 * SECOND
"""An edge node that does not answer is asked no more often."""

_ASKING = {Reason.NO_BIRTH, Reason.SEQUENCE_GAP}
_MOVED = {Action.OPEN: "open", Action.CLOSE: "closed", Action.STOP: "stopped"}
"""What a barrier is asked for."""
_MARKS = {"not", "pulse", "text"}


def routes(device: Device, topic: str) -> Mapping[str, Parser]:
    """None of its own: all it says is heard with its edge node. Raises BadConfig."""
    _place(device, topic)
    _metrics(device)
    return {}


def hears(devices: Sequence[Device]) -> Hearing:
    """These devices, with their edge nodes."""
    nodes: dict[tuple[str, str], _EdgeNode] = {}
    for device in devices:
        assert isinstance(device.address, MqttAddress)
        group, node, name = _place(device, device.address.topic)
        heard = nodes.setdefault((group, node), _EdgeNode(group, node))
        heard.devices[name].append(_Heard(device, _metrics(device)))
    parsers = {
        topic: node.parser()
        for (group, name), node in nodes.items()
        for topic in (f"{NAMESPACE}/{group}/+/{name}", f"{NAMESPACE}/{group}/+/{name}/+")
    }
    return Hearing(parsers, lambda now: [ask for node in nodes.values() for ask in node.asks(now)])


def orders(device: Device, topic: str) -> Orders:
    """By the metric that confirms the command. It knows neither an id nor an expiry."""
    group, node, name = _place(device, topic)
    verb, behind = ("NCMD", "") if name is None else ("DCMD", f"/{name}")
    to = f"{NAMESPACE}/{group}/{verb}/{node}{behind}"
    asked = confirming(device, _entities(device))
    values = {action: (entity.name, _asked(entity, action)) for action, entity in asked.items()}
    return {
        action: partial(_order, to, metric, value)
        for action, (metric, value) in values.items()
        if value is not None
    }


def commanded(device: Device) -> Sequence[Entity]:
    """What is written for it, which no other device may be: one order would move both."""
    asked = confirming(device, _entities(device)).items()
    return [entity for action, entity in asked if _asked(entity, action) is not None]


def _order(topic: str, metric: str, value: bool | str, command: Command) -> Order:
    return Order(topic, written(metric, value, command.asked_at))


def _asked(entity: Entity, action: Action) -> bool | str | None:
    """What is to be written; None where the metric cannot be asked for that."""
    moves = "opening" in entity.point.states
    if moves or entity.worded:
        word = _MOVED.get(action) if moves else entity.meant(action)
        return word if word in entity.point.states else None
    return entity.relay_for(action) if _by_boolean(entity) else None


@dataclass(frozen=True, slots=True)
class _Told:
    point: Point
    by_boolean: Mapping[bool, str]
    """Empty where the point is no matter of two."""

    def value(self, metric: Metric) -> float | str | None:
        if metric.value is None or metric.quality is Quality.BAD:
            return None
        if self.point.kind is PointKind.NUMBER:
            return checked_number(self.point, metric.value)
        if self.point.kind is PointKind.TEXT:
            return str(metric.value)
        if isinstance(metric.value, bool):
            return self.by_boolean.get(metric.value, UNKNOWN_STATE)
        if isinstance(metric.value, str) and metric.value in self.point.states:
            return metric.value
        return UNKNOWN_STATE


@dataclass(frozen=True, slots=True)
class _Heard:
    device: Device
    metrics: Mapping[str, _Told]

    def readings(
        self, metrics: Iterable[Metric], birth: bool, retained: bool, received_at: Micros
    ) -> list[Reading]:
        found = []
        for metric in metrics:
            told = self.metrics.get(metric.name)
            at = received_at if metric.at is None else plausible(metric.at, received_at)
            if told is None or (metric.historical and at == received_at):
                continue
            value = told.value(metric)
            trust = Quality.STALE if retained or metric.historical else metric.quality
            trust = Quality.BAD if value is None else trust
            is_now = birth and not metric.historical
            taken_at = received_at if is_now or retained else at
            found.append(Reading(told.point.id, value, taken_at, received_at, trust))
        return found


class _EdgeNode:
    def __init__(self, group: str, name: str) -> None:
        self.devices: dict[str | None, list[_Heard]] = defaultdict(list)
        """The site's, by what the edge node calls them; None is the edge node itself."""
        self._node = Node(f"{group}/{name}", self.devices)
        self._command_topic = f"{NAMESPACE}/{group}/NCMD/{name}"
        self._asked_at: Micros | None = None
        self._asks: list[Order] = []

    def asks(self, now: Micros) -> Sequence[Order]:
        """Who connects knows no birth, and a node says only what changes: it is asked at once."""
        if self._asked_at is None and not self._node.born:
            self._ask(now)
        asks, self._asks = self._asks, []
        return asks

    def parser(self) -> TopicParser:
        return self._parse

    def _parse(
        self, topic: str, payload: bytes, retained: bool, received_at: Micros
    ) -> Sequence[Reading]:
        verb, device = _said(topic)
        if verb is None:
            return ()
        message = decoded(payload)
        if verb is Verb.NODE_DEATH:
            return self._death(self._node.dies(message), received_at)
        try:
            metrics = message.metrics if retained else self._node.take(verb, device, message)
        except Malformed as error:
            if error.problem in _ASKING:
                self._ask(received_at)
            raise
        concerned = self.devices.get(device, [])
        if verb is Verb.DEVICE_DEATH:
            return _gone(concerned, received_at)
        birth = verb in (Verb.NODE_BIRTH, Verb.DEVICE_BIRTH)
        told = (heard.readings(metrics, birth, retained, received_at) for heard in concerned)
        return list(chain.from_iterable(told))

    def _death(self, known: bool, received_at: Micros) -> Sequence[Reading]:
        return _gone(chain(*self.devices.values()), received_at) if known else ()

    def _ask(self, at: Micros) -> None:
        if self._asked_at is None or at - self._asked_at >= REBIRTH_EVERY:
            self._asked_at = at
            self._asks = [Order(self._command_topic, rebirth_request(at))]


def _gone(devices: Iterable[_Heard], at: Micros) -> list[Reading]:
    return [reading for heard in devices for reading in offline(heard.device, at)]


def _said(topic: str) -> tuple[Verb | None, str | None]:
    """What and of which device, None of the edge node itself; None for what a host says."""
    _, _, verb, _, *device = topic.split("/")
    known = Verb(verb) if verb in set(Verb) else None
    return known, device[0] if device else None


def _place(device: Device, topic: str) -> tuple[str, str, str | None]:
    match topic.split("/"):
        case [group, node]:
            return group, node, None
        case [group, node, name]:
            return group, node, name
    remedy = "write topic: GROUP/NODE/DEVICE, or GROUP/NODE, without spBv1.0"
    raise BadConfig(device.id, f"topic {topic} is no place in Sparkplug B", remedy)


def _metrics(device: Device) -> Mapping[str, _Told]:
    return {entity.name: _Told(entity.point, _by_boolean(entity)) for entity in _entities(device)}


def _entities(device: Device) -> list[Entity]:
    """A metric's name may hold blanks: only the marks before it are taken off."""
    assert isinstance(device.address, MqttAddress)
    found = []
    for point in device.told:
        name = point.id.rpartition("/")[2]
        marks: set[str] = set()
        said = device.address.entities.get(name, name)
        while (mark := said.partition(" ")[0]) in _MARKS - marks:
            marks.add(mark)
            said = said.removeprefix(f"{mark} ")
        entity = Entity(device, point, said, "not" in marks, "pulse" in marks, "text" in marks)
        if point.kind is PointKind.EVENT:
            raise entity.unfit("sparkplug-b tells no events")
        if entity.pulsed and "unlocked" not in point.states:
            raise entity.unfit("only a lock is pulsed")
        found.append(entity)
    return found


def _by_boolean(entity: Entity) -> Mapping[bool, str]:
    try:
        return entity.on_off()
    except BadConfig:
        if entity.turned:
            raise
        return {}
