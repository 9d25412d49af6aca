"""When messages were received: no two in the same microsecond."""

from gateway.model.clock import Clock


class Instants:
    """A history keeps one reading of a point for each instant. Where a device has no clock that is
    the instant its message was received, so each message gets one of its own, in their order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def of_batch(self, size: int) -> range:
        """One for each of so many messages that are there now: microseconds in a row, up to the
        present one; later only where that would give an instant twice."""
        first = max(self._last + 1, self._clock() - size + 1)
        self._last = first + size - 1
        return range(first, first + size)
