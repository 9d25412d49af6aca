"""What was so before something the gateway knows already: replayed, or overtaken on its way."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.model.clock import Micros
from gateway.model.point import PointKind
from gateway.model.reading import Quality, Reading
from gateway.site.model import Device


class Lateness:
    """By what devices' own clocks tell of states and numbers; an event is one whenever it comes.

    Late readings turn STALE: they end no alarm and confirm nothing. They are not left out, for a
    clock that was ahead and is set right makes all that its device says late for a while.
    """

    def __init__(self, devices: Iterable[Device]) -> None:
        self._newest: dict[str, Micros] = {
            point.id: 0
            for device in devices
            for point in device.told
            if point.kind is not PointKind.EVENT
        }

    def told(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """The same readings where none is late. What a broker sends again the journal knows; what
        is stamped by the gateway is of now."""
        if all(reading.taken_at == reading.received_at for reading in readings):
            return readings
        return [self._judged(reading) for reading in readings]

    def _judged(self, reading: Reading) -> Reading:
        newest = self._newest.get(reading.point)
        again = reading.delivery is not None and reading.delivery.again
        if newest is None or again or reading.taken_at == reading.received_at:
            return reading
        if reading.taken_at >= newest:
            self._newest[reading.point] = reading.taken_at
            return reading
        trusted = reading.quality is Quality.GOOD
        return replace(reading, quality=Quality.STALE) if trusted else reading
