"""One edge node's session: births and deaths, the sequence of its messages, its aliases.

What cannot be placed is refused until the node says everything anew: after a gap an alias may stand
for another metric than before.

Source: Eclipse Sparkplug 3.0.0, 5 (operational behaviour), 6.4 (bdSeq, seq, alias).
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from drivers.mqtt.profiles.parser import Reason
from drivers.mqtt.profiles.sparkplug.payload import Metric, Payload, typed
from gateway.errors import Malformed

_SEQUENCE = 256


class Verb(StrEnum):
    """What a message is, by its topic."""

    NODE_BIRTH = "NBIRTH"
    NODE_DATA = "NDATA"
    NODE_DEATH = "NDEATH"
    DEVICE_BIRTH = "DBIRTH"
    DEVICE_DATA = "DDATA"
    DEVICE_DEATH = "DDEATH"


@dataclass(slots=True)
class Node:
    """`id` names it in refusals. Devices are by name, the node itself is None."""

    id: str
    heeded: Container[str | None]
    """Its devices of which anything is remembered: the others only count."""
    _seq: int | None = None
    """Of the last message; None when it is not known."""
    _bd_seq: object = None
    _aliases: dict[str | None, dict[int, Metric]] = field(default_factory=dict)
    """By device, the metrics of its birth; only of those that were born."""

    @property
    def born(self) -> bool:
        """Whether its birth was heard, and all since."""
        return self._seq is not None

    def take(self, verb: Verb, device: str | None, payload: Payload) -> Sequence[Metric]:
        """The metrics, each with its name and its type's value; none of a repeated message. Raises
        Malformed with NO_BIRTH or SEQUENCE_GAP where only a rebirth helps."""
        if verb is Verb.NODE_BIRTH:
            self._begin(payload)
        elif verb is Verb.DEVICE_DEATH and payload.seq is None:
            pass  # a last will: the broker says it, and numbers nothing
        elif self._repeated(payload):
            return ()
        if device not in self.heeded:
            return ()
        if verb in (Verb.NODE_BIRTH, Verb.DEVICE_BIRTH):
            return self._born(device, payload)
        if verb is Verb.DEVICE_DEATH:
            self._aliases.pop(device, None)
            return ()
        return [self._named(device, metric) for metric in payload.metrics]

    def dies(self, payload: Payload) -> bool:
        """Whether this death is of the session that is known: a will may come late."""
        if self._seq is not None and _bd_seq(payload) != self._bd_seq:
            return False
        self._seq = None
        self._aliases.clear()
        return True

    def _begin(self, payload: Payload) -> None:
        if payload.seq is None or payload.seq >= _SEQUENCE:
            raise Malformed(self.id, Reason.BAD_SEQUENCE)
        self._seq, self._bd_seq = payload.seq, _bd_seq(payload)
        self._aliases.clear()

    def _repeated(self, payload: Payload) -> bool:
        if payload.seq is None or payload.seq >= _SEQUENCE:
            raise Malformed(self.id, Reason.BAD_SEQUENCE)
        if self._seq is None:
            raise Malformed(self.id, Reason.NO_BIRTH)
        if payload.seq == self._seq:
            return True
        if payload.seq != (self._seq + 1) % _SEQUENCE:
            self._seq = None
            raise Malformed(self.id, Reason.SEQUENCE_GAP)
        self._seq = payload.seq
        return False

    def _born(self, device: str | None, payload: Payload) -> Sequence[Metric]:
        known = self._aliases[device] = {}
        for metric in payload.metrics:
            if metric.alias is not None:
                known[metric.alias] = metric
        return payload.metrics

    def _named(self, device: str | None, metric: Metric) -> Metric:
        if device not in self._aliases:
            raise self._lost()
        if metric.alias is None:
            return metric
        birth = self._aliases[device].get(metric.alias)
        if birth is None:
            raise self._lost()
        value = metric.value if metric.datatype else typed(metric.value, birth.datatype)
        return replace(metric, name=birth.name, value=value)

    def _lost(self) -> Malformed:
        self._seq = None
        return Malformed(self.id, Reason.NO_BIRTH)


def _bd_seq(payload: Payload) -> object:
    return next((metric.value for metric in payload.metrics if metric.name == "bdSeq"), None)
