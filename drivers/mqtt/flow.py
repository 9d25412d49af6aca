"""No device floods the others: how many readings of one are taken in a second.

Pure: the clock is an argument.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from drivers.mqtt.packets import Message
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.point import MESSAGES_DROPPED
from gateway.model.reading import Quality, Reading

BURST_S: Final = 60
"""So many seconds' worth are taken at once: a controller that was cut off sends what it kept."""


@dataclass(slots=True)
class Taken:
    """What is to be journalled, what may be acknowledged after that, and what was left out."""

    readings: list[Reading] = field(default_factory=list)
    done: list[Message] = field(default_factory=list)
    dropped: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class _Held:
    """A message whose newest readings wait; it is not acknowledged before."""

    message: Message
    waiting: int = 0


class _Said(NamedTuple):
    """What a newer reading says as well, or instead where there is no word: numbers and events."""

    point: str
    word: str | None
    quality: Quality


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: Micros
    held: dict[_Said, tuple[Reading, _Held]] = field(default_factory=dict)
    dropped: int = 0
    told_at: Micros | None = None


class Flow:
    """A token bucket for each device, a token for each reading. Of what comes too fast each point's
    newest reading of every word waits for its turn and is never lost, so that a door that was open
    for a moment has been; those before it are left out."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._buckets: dict[str, _Bucket] = {}
        self._flooding: set[str] = set()

    def take(self, message: Message, readings: Sequence[Reading], now: Micros, to: Taken) -> None:
        """Adds to `to` what comes of that message."""
        held = _Held(message)
        for reading in readings:
            device = reading.point.partition("/")[0]
            bucket = self._buckets.get(device) or self._new(device, now)
            self._fill(bucket, now)
            if bucket.tokens >= 1 and not bucket.held:
                bucket.tokens -= 1
                to.readings.append(reading)
            else:
                self._flooding.add(device)
                self._hold(device, bucket, reading, held, to)
        if not held.waiting:
            to.done.append(message)

    def release(self, now: Micros, to: Taken) -> None:
        """Adds what has waited long enough."""
        for device in sorted(self._flooding):
            bucket = self._buckets[device]
            self._fill(bucket, now)
            if bucket.tokens >= self._needed(bucket):
                bucket.tokens -= len(bucket.held)
                for reading, held in bucket.held.values():
                    to.readings.append(reading)
                    _end(held, to.done)
                bucket.held.clear()
                self._flooding.discard(device)

    def wait(self, now: Micros) -> Micros | None:
        """How long until something is to be released; None while nothing waits."""
        buckets = [self._buckets[device] for device in self._flooding]
        return min((self._missing(bucket, now) for bucket in buckets), default=None)

    def _new(self, device: str, now: Micros) -> _Bucket:
        return self._buckets.setdefault(device, _Bucket(self._rate * BURST_S, now))

    def _fill(self, bucket: _Bucket, now: Micros) -> None:
        earned = (now - bucket.filled_at) * self._rate / SECOND
        bucket.tokens = min(bucket.tokens + max(earned, 0.0), self._rate * BURST_S)
        bucket.filled_at = now

    def _missing(self, bucket: _Bucket, now: Micros) -> Micros:
        missing = self._needed(bucket) - bucket.tokens
        return max(bucket.filled_at + round(missing * SECOND / self._rate) + 1 - now, 0)

    def _needed(self, bucket: _Bucket) -> int:
        """No more than it can hold: a device may have more to say than that."""
        return min(len(bucket.held), self._rate * BURST_S)

    def _hold(self, device: str, bucket: _Bucket, reading: Reading, held: _Held, to: Taken) -> None:
        said = _said(reading)
        older = bucket.held.pop(said, None)
        held.waiting += 1
        bucket.held[said] = (reading, held)
        if older is None:
            return
        bucket.dropped += 1
        _end(older[1], to.done)
        to.dropped.append(older[1].message)
        now = reading.received_at
        if bucket.told_at is None or now - bucket.told_at >= MINUTE:
            bucket.told_at = now
            told = {"dropped": bucket.dropped, "rate": self._rate}
            to.readings.append(Reading(f"{device}/{MESSAGES_DROPPED}", told, now, now))


def _said(reading: Reading) -> _Said:
    word = reading.value if isinstance(reading.value, str) else None
    return _Said(reading.point, word, reading.quality)


def _end(held: _Held, done: list[Message]) -> None:
    held.waiting -= 1
    if not held.waiting:
        done.append(held.message)
