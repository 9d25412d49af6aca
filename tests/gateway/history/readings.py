"""Journalled readings for the tests of history."""

from collections.abc import Sequence

from gateway.history.influx.line_protocol import Origin
from gateway.model.clock import SECOND, Micros
from gateway.model.reading import Quality, Reading, Value

T0: Micros = 1_700_000_000 * SECOND
DEVICES = {name: Origin(name) for name in ("tank", "door", "camera")}


def reading(
    seq: int,
    value: Value = 1.0,
    *,
    at: Micros | None = None,
    point: str = "tank/level",
    quality: Quality = Quality.GOOD,
) -> Reading:
    """Taken `seq` seconds after T0 unless said otherwise, and received a second later."""
    taken_at = T0 + seq * SECOND if at is None else at
    return Reading(point, value, taken_at, taken_at + SECOND, quality, seq)


def levels(*seqs: int) -> Sequence[Reading]:
    """One tank level for each."""
    return [reading(seq, float(seq)) for seq in seqs]
