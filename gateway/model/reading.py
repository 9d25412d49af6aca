"""What a point said, when, and how far it may be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from gateway.model.clock import Micros


class Quality(StrEnum):
    """How far a reading may be trusted (after OPC UA status codes: good, uncertain, bad)."""

    GOOD = "good"
    STALE = "stale"
    """The last value known, not confirmed within the point's period, or a retained message."""
    BAD = "bad"
    """The device answered, but with an error or with something that cannot be so."""
    OFFLINE = "offline"
    """The device does not answer. The value is None: nothing is known."""


Value = float | str | Mapping[str, object] | None
"""NUMBER points carry a float, STATE and TEXT points a str, EVENT points a mapping of JSON values;
None where nothing is known (BAD, OFFLINE)."""


TICK = "gateway/tick"
"""Point of the readings by which the journal only says what time it is; the value is the instant
somebody waited for."""


class Delivery(NamedTuple):
    """How a reading came, where its sender may send it a second time (MQTT at QoS 1).

    `message` tells the message it came in from all others; None where `taken_at` does, being the
    device's own. `again`: it may have been given before. `lately`: only a little before, for
    `message` comes round again (packet identifiers do after 65,535).
    """

    message: int | None
    again: bool
    lately: bool = False


def message_number(*parts: bytes) -> int:
    """64 bits that tell what consists of these parts from all else."""
    digest = blake2b(digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(4))
        digest.update(part)
    return int.from_bytes(digest.digest(), signed=True)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one point.

    `taken_at` is the device's clock where it has one, else the gateway's; `received_at` is the
    gateway's; `seq` is the place in the journal, None until it is there. `delivery` is for the
    journal alone, None where nothing is sent twice and in what it gives.
    """

    point: str
    value: Value
    taken_at: Micros
    received_at: Micros
    quality: Quality = Quality.GOOD
    seq: int | None = None
    delivery: Delivery | None = field(default=None, compare=False)

    @property
    def device(self) -> str:
        """The id of the device the point belongs to."""
        return self.point.rpartition("/")[0]

    def at(self, seq: int) -> "Reading":
        """The same at its place in the journal."""
        return reading(
            self.point, self.value, self.taken_at, self.received_at, self.quality, seq, None
        )


def reading(
    point: str,
    value: Value,
    taken_at: Micros,
    received_at: Micros,
    quality: Quality,
    seq: int | None,
    delivery: Delivery | None,
) -> Reading:
    """A Reading, where all of them pass: the generated __init__ of a frozen class takes two and a
    half times as long."""
    made = _new(Reading)
    _set_point(made, point)
    _set_value(made, value)
    _set_taken_at(made, taken_at)
    _set_received_at(made, received_at)
    _set_quality(made, quality)
    _set_seq(made, seq)
    _set_delivery(made, delivery)
    return made


_new = object.__new__
(
    _set_point,
    _set_value,
    _set_taken_at,
    _set_received_at,
    _set_quality,
    _set_seq,
    _set_delivery,
) = (getattr(Reading, name).__set__ for name in Reading.__slots__)
