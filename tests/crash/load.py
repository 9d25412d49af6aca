"""The devices: meters that count, doors that open once and stay open, zones breached once.

Every fourth one has no clock of its own. What the broker has not acknowledged they send again,
with the same time, as paho does after each lost connection.
"""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from time import monotonic
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from gateway.model.clock import Micros, gateway_clock, to_datetime
from tests.crash.tap import Address

METERS: Final = 20
BURST: Final = 10
BETWEEN_BURSTS_S: Final = 0.05
MOST_UNACKNOWLEDGED: Final = 400
MOST_AHEAD: Final = 1_000
"""Messages that may wait at the broker for the gateway. Each snapshot of the broker's is all of
them. With over 100,000 waiting, acknowledgements were seen that only packet identifiers given twice
by mosquitto 2.0.11 explain."""

Value = float | str


@dataclass(frozen=True, slots=True)
class Said:
    """One message, the `number`th. No two of a point have the same value, so `point` and `value`
    tell which it is. `at` is None from a device without a clock. An event's value is its number."""

    id: str
    point: str
    value: Value
    at: Micros | None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """The broker took a message over: in which of its lives, and when (monotonic seconds)."""

    life: int
    at: float


class Load:
    """Publishes from when it is made until `stop`. `life()` numbers the broker's lives; `arrived()`
    is the message that reached the gateway last for the first time."""

    def __init__(
        self, broker: Address, life: Callable[[], int], arrived: Callable[[], str | None]
    ) -> None:
        self.said: dict[str, Said] = {}
        self.taken: dict[str, Taken] = {}
        """By message id, what the broker has acknowledged."""
        self._news = threading.Condition()
        self._asked: SimpleQueue[tuple[str, str, Value]] = SimpleQueue()
        self._confirmed: SimpleQueue[tuple[int, Taken]] = SimpleQueue()
        self._by_mid: dict[int, str] = {}
        self._count = 0
        self._life = life
        self._arrived = arrived
        self._furthest = 0
        self._wanted = 0
        self._connected_in = 0
        self._ending, self._gone = threading.Event(), threading.Event()
        self._clock = gateway_clock()
        self._now: Micros = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "devices", clean_session=False)
        self._client.max_inflight_messages_set(MOST_UNACKNOWLEDGED)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.connect(*broker)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, name="load")
        self._thread.start()

    def open_doors(self, doors: Iterable[int]) -> None:
        """Each opens, and stays open."""
        for door in doors:
            self._asked.put((f"door-{door}", "contact", "open"))

    def breach(self, zones: Iterable[int]) -> None:
        """Somebody climbs over, once in each."""
        for zone in zones:
            self._asked.put((f"zone-{zone}", "breach", float(zone)))

    @property
    def total(self) -> int:
        """How many messages the broker has acknowledged."""
        with self._news:
            return len(self.taken)

    def wait(self, total: int, within_s: float) -> bool:
        """Whether the broker has acknowledged so many in time, the gateway or not."""
        self._wanted = total
        with self._news:
            return self._news.wait_for(lambda: len(self.taken) >= total, within_s)

    def finish(self, within_s: float) -> bool:
        """Ends the load; whether the broker has acknowledged everything in time."""
        self._ending.set()
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Nothing of it is left running, whatever is not acknowledged."""
        self._ending.set()
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_publish = None
        self._gone.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(BETWEEN_BURSTS_S):
            if len(self._by_mid) < MOST_UNACKNOWLEDGED:
                self._asked_for()
                if not self._far_ahead():
                    self._burst()
            self._note_confirmed()
        self._asked_for()
        while self._by_mid and not self._gone.wait(BETWEEN_BURSTS_S):
            self._note_confirmed()

    def _far_ahead(self) -> bool:
        arrived = self._arrived()
        if arrived is not None and arrived not in self.said:
            return False  # a door's message came last: nobody knows how far these are
        if arrived is not None:
            self._furthest = max(self._furthest, self.said[arrived].number)
        waiting = len(self.said) - self._furthest
        return waiting > MOST_AHEAD and len(self.taken) >= self._wanted

    def _burst(self) -> None:
        for _ in range(BURST):
            self._count += 1
            self._say(f"meter-{self._count % METERS}", "value", float(self._count))

    def _asked_for(self) -> None:
        while not self._asked.empty():
            self._say(*self._asked.get())

    def _say(self, device: str, point: str, value: Value) -> None:
        kind, _, number = device.partition("-")
        at = None if int(number) % 4 == 3 else self._later()
        id_ = f"crash-suite/{device}/{value}"  # long enough to be taken as given once
        content = {"number": value} if kind == "zone" else value
        message: dict[str, object] = {"id": id_, point: content}
        if at is not None:
            message["at"] = to_datetime(at).isoformat().replace("+00:00", "Z")
        self.said[id_] = Said(id_, f"{device}/{point}", value, at, len(self.said) + 1)
        sent = self._client.publish(f"{kind}s/{number}/state", json.dumps(message), qos=1)
        self._by_mid[sent.mid] = id_

    def _later(self) -> Micros:
        """No two messages have the same time."""
        self._now = max(self._now + 1, self._clock())
        return self._now

    def _note_confirmed(self) -> None:
        while not self._confirmed.empty():
            mid, taken = self._confirmed.get()
            with self._news:
                self.taken[self._by_mid.pop(mid)] = taken
                self._news.notify_all()

    def _on_connect(self, *_: object) -> None:
        self._connected_in = self._life()

    def _on_publish(self, _client: object, _data: object, mid: int, *_: object) -> None:
        self._confirmed.put((mid, Taken(self._connected_in, monotonic())))
