"""The capture process: a thread for each camera. Decoding stays out of the gateway's process, so
a broken stream that crashes the decoder costs a restart of this one.

    python -m drivers.camera.worker < order > messages

It ends when its standard input closes, also if the gateway was killed, so it never stays behind.
"""

import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2

from drivers.camera.messages import (
    Alive,
    Live,
    Message,
    Report,
    Seen,
    decode_look,
    decode_order,
    encode,
)
from drivers.camera.watch import CameraWatch
from gateway.model.clock import SECOND, Clock, Micros

logger = logging.getLogger(__name__)

_MOST_WAITING = 1000
"""Messages held while the gateway does not read."""
_ALIVE_EVERY: Micros = 2 * SECOND


class Outbox:
    """Messages on their way to the gateway. Bounded: when it stands still, what is said next is
    dropped, pictures first, so that no camera ever waits and memory does not grow."""

    def __init__(self, limit: int = _MOST_WAITING) -> None:
        self._waiting: queue.Queue[Report | Seen] = queue.Queue(limit)
        self._live_limit = limit // 2
        self._full = False

    def put(self, message: Report | Seen) -> None:
        """From any thread; never waits."""
        if isinstance(message, Live | Seen) and self._waiting.qsize() >= self._live_limit:
            return
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            if not self._full:
                logger.warning(
                    "the gateway does not read: messages are dropped from %s on", message
                )
            self._full = True
        else:
            self._full = False

    def get(self, wait: Micros = _ALIVE_EVERY) -> Message:
        """The next message, or after a `wait` without one that there is none."""
        try:
            return self._waiting.get(timeout=wait / SECOND)
        except queue.Empty:
            return Alive()


def main() -> None:
    """Works until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the gateway's to deal with
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    order = decode_order(sys.stdin.buffer.readline())
    cv2.setNumThreads(1)
    snapshots = Path(order.snapshots)
    clock = _clock(order.clock_ahead)
    outbox = Outbox()
    _start(lambda: _send(outbox), "outbox")
    watches = {
        camera: CameraWatch(camera, address, order.timeout, snapshots, outbox.put, clock)
        for camera, address in order.cameras.items()
    }
    for camera, watch in watches.items():
        _start(watch.run, camera)
    for line in sys.stdin.buffer:
        watches[decode_look(line).camera].look()
    os._exit(0)  # threads inside the decoder cannot be asked to end; nothing is left half done


def _clock(ahead: Micros) -> Clock:
    return lambda: time.monotonic_ns() // 1000 + ahead


def _send(outbox: Outbox) -> None:
    with suppress(BrokenPipeError):  # the gateway is gone
        while True:
            sys.stdout.buffer.write(encode(outbox.get()) + b"\n")
            sys.stdout.buffer.flush()


def _start(work: Callable[[], None], name: str) -> None:
    """Runs `work` in a thread whose failure ends the process: a camera that nobody watches any
    more must not go unnoticed."""

    def run() -> None:
        try:
            work()
        except BaseException:
            logger.exception("%s failed", name)
        finally:
            os._exit(1)

    threading.Thread(target=run, name=name, daemon=True).start()


if __name__ == "__main__":
    main()
