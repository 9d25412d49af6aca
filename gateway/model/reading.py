"""What a point said, when, and how far it may be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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
"""NUMBER points carry a float, STATE points a str, EVENT points a mapping of JSON values; None
where nothing is known (BAD, OFFLINE)."""


TICK = "gateway/tick"
"""Point of the readings by which the journal only says what time it is; the value is the instant
somebody waited for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one point.

    `taken_at` is the device's clock where it has one, else the gateway's; `received_at` is the
    gateway's; `seq` is the place in the journal, None until it is there.
    """

    point: str
    value: Value
    taken_at: Micros
    received_at: Micros
    quality: Quality = Quality.GOOD
    seq: int | None = None

    @property
    def device(self) -> str:
        """The id of the device the point belongs to."""
        return self.point.rpartition("/")[0]
