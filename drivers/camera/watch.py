"""One camera watched for ever: connect, look, tell, and after a failure begin again."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import av

from drivers.camera.crossing import Crossing, Tracker
from drivers.camera.messages import Crossed, Live, Lost, Report, Seen
from drivers.camera.motion import Motion, shrink
from drivers.camera.reader import luma, pictures
from drivers.camera.snapshot import save_snapshot, still, sweep
from gateway.errors import Refused, Unreachable
from gateway.model.backoff import Backoff
from gateway.model.clock import SECOND, Clock, Micros
from gateway.site.model import CameraAddress

logger = logging.getLogger(__name__)

_LIVE_EVERY: Micros = SECOND
_FIRST_PAUSE: Micros = SECOND // 2
_LONGEST_PAUSE: Micros = 10 * SECOND
_REFUSED_PAUSE: Micros = 60 * SECOND
"""Cameras lock a user out after a few wrong passwords in short order."""


class CameraWatch:
    """What one camera's thread does. `tell` is called from that thread and must not wait."""

    def __init__(
        self,
        camera: str,
        address: CameraAddress,
        timeout: Micros,
        snapshots: Path,
        tell: Callable[[Report | Seen], None],
        clock: Clock,
    ) -> None:
        self._camera = camera
        self._address = address
        self._timeout = timeout
        self._snapshots = snapshots
        self._tell = tell
        self._clock = clock
        self._lost = False
        self._looked_at = threading.Event()

    def look(self) -> None:
        """Tell the next picture. From any thread; never waits."""
        self._looked_at.set()

    def run(self) -> None:
        """Never returns; whatever it raises is a fault of ours."""
        sweep(self._snapshots, self._camera)
        backoff = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE)
        while True:
            started = self._clock()
            try:
                self._watch()
            except Refused as error:
                self._tell_lost(error.problem)
                pause = _REFUSED_PAUSE
            except Unreachable as error:
                self._tell_lost(error.problem)
                if self._clock() - started > _LONGEST_PAUSE:
                    backoff.reset()
                pause = backoff.wait()
            time.sleep(pause / SECOND)

    def _watch(self) -> None:
        """Raises Unreachable or Refused when there are no more pictures."""
        motion, tracker = Motion(), Tracker(self._address.tripwires)
        next_live: Micros = 0
        with closing(pictures(self._address.url, self._timeout, self._clock)) as arriving:
            for frame, at in arriving:
                crossings = tracker.step(motion.step(shrink(luma(frame)), at), at)
                if crossings:
                    self._tell_crossed(frame, at, crossings)
                if at >= next_live:
                    self._lost, next_live = False, at + _LIVE_EVERY
                    self._tell(Live(self._camera, at))
                if self._looked_at.is_set():
                    self._looked_at.clear()
                    self._tell(Seen(self._camera, at, still(frame)))

    def _tell_lost(self, reason: str) -> None:
        if not self._lost:
            self._lost = True
            self._tell(Lost(self._camera, self._clock(), reason))

    def _tell_crossed(self, frame: av.VideoFrame, at: Micros, crossings: list[Crossing]) -> None:
        try:
            name = save_snapshot(self._snapshots, self._camera, frame, at, crossings)
        except OSError as error:  # a full disk must not hide the crossing
            logger.warning("%s: no snapshot of a crossing: %s", self._camera, error)
            name = None
        # A history keeps one reading of a point for each instant: none of them shares one.
        for instant, crossing in enumerate(crossings, at):
            line, direction, box = crossing.tripwire.name, crossing.direction, crossing.box
            self._tell(Crossed(self._camera, instant, line, direction, box, name))
