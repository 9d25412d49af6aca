"""What was so before something the gateway knows already: replayed, or overtaken on its way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gateway.model.clock import Micros
from gateway.model.point import PointKind
from gateway.model.reading import Quality, Reading
from gateway.site.model import Device


class Lateness:
    """By what devices' own clocks tell of states and numbers; an event is one whenever it comes.

    Late readings turn STALE: they end no alarm and confirm nothing. They are not left out, for a
    clock that was ahead and is set right makes all that its device says late for a while.
    `last`: what each point said last before this start.
    """

    def __init__(self, devices: Iterable[Device], last: Mapping[str, Reading]) -> None:
        self._newest: dict[str, Micros] = {
            point.id: _told_at(last.get(point.id))
            for device in devices
            for point in device.told
            if point.kind is not PointKind.EVENT
        }

    def told(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """The same readings where none is late. What is stamped by the gateway is of now."""
        if all(reading.taken_at == reading.received_at for reading in readings):
            return readings
        return [self._judged(reading) for reading in readings]

    def _judged(self, reading: Reading) -> Reading:
        newest = self._newest.get(reading.point)
        if newest is None or reading.taken_at == reading.received_at:
            return reading
        if reading.taken_at >= newest:
            self._newest[reading.point] = reading.taken_at
            return reading
        trusted = reading.quality is Quality.GOOD
        return replace(reading, quality=Quality.STALE) if trusted else reading


def _told_at(last: Reading | None) -> Micros:
    """By the device's clock; 0 where that was not it, or is in doubt."""
    if last is None or last.quality is not Quality.GOOD or last.taken_at == last.received_at:
        return 0
    return last.taken_at
