"""One camera's live picture: coded once, shown to everyone who watches."""

import asyncio
import logging
import random
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gateway.model.clock import SECOND, Clock, Micros
from simulators.h264 import AccessUnit, H264Encoder, ParameterSets, parameter_sets
from simulators.rtp import RtpSender, payloads, rtp_time

logger = logging.getLogger(__name__)

_REPORT_PERIOD: Micros = 5 * SECOND
_BACKLOG_LIMIT = 512 * 1024


class VideoSource(Protocol):
    """What the camera sees."""

    @property
    def width(self) -> int:
        """Pixels, an even number."""

    @property
    def height(self) -> int:
        """Pixels, an even number."""

    def step(self, now: Micros) -> NDArray[np.uint8]:
        """The picture at `now`: height × width × 3, RGB. Called from one worker thread."""


class StreamFault(StrEnum):
    """What can be wrong with a camera's stream."""

    NONE = "none"
    REFUSE = "refuse"
    """Every request for the stream is answered 503, and who watches is cut off."""
    STALL = "stall"
    """Requests are answered, connections stay open, but no packet comes."""
    GARBAGE = "garbage"
    """RTP headers are right, payloads are random bytes."""


class Carrier(Protocol):
    """The way packets go to one client."""

    @property
    def backlog(self) -> int:
        """Bytes the client has not taken yet."""

    def send_rtp(self, packets: list[bytes]) -> None: ...

    def send_rtcp(self, packet: bytes) -> None: ...

    def cut(self) -> None:
        """Drop the client at once."""


class Viewer:
    """One playing client: its packet numbers, and how far behind it is.

    What a client does not take in time is left out, not kept: it goes on at a key frame. One that
    takes nothing for `patience` is cut off.
    """

    def __init__(self, carrier: Carrier, sender: RtpSender, patience: Micros) -> None:
        self.sender = sender
        self.needs_key_frame = True
        self._carrier = carrier
        self._patience = patience
        self._behind_since: Micros | None = None
        self._next_report: Micros | None = None

    def show(self, access_unit: list[bytes], key_frame: bool, now: Micros) -> None:
        """Send the payloads of the picture taken at `now`, if the client is ready for it."""
        if self._is_behind(now) or (self.needs_key_frame and not key_frame):
            return
        self.needs_key_frame = False
        if self._next_report is None or now >= self._next_report:
            self._carrier.send_rtcp(self.sender.report(now))
            self._next_report = now + _REPORT_PERIOD
        self._carrier.send_rtp(self.sender.packets(access_unit, rtp_time(now)))

    def cut(self) -> None:
        """Drop the client at once."""
        self._carrier.cut()

    def _is_behind(self, now: Micros) -> bool:
        if self._carrier.backlog <= _BACKLOG_LIMIT:
            self._behind_since = None
            return False
        self.needs_key_frame = True
        if self._behind_since is None:
            self._behind_since = now
        elif now - self._behind_since > self._patience:
            logger.info("a client reads nothing any more: cut off")
            self.cut()
        return True


class LiveStream:
    """Codes `source` while somebody watches, `frame_rate` pictures a second.

    The event loop paces the pictures; their times are the clock's.
    """

    def __init__(self, name: str, source: VideoSource, frame_rate: int, clock: Clock) -> None:
        self.name = name
        self.frame_rate = frame_rate
        self.parameter_sets: ParameterSets = parameter_sets(source.width, source.height, frame_rate)
        self._source = source
        self._clock = clock
        self._fault = StreamFault.NONE
        self._viewers: set[Viewer] = set()
        self._key_frame_wanted = False
        self._task: asyncio.Task[None] | None = None
        self._noise = random.Random(name)

    @property
    def fault(self) -> StreamFault:
        """What is wrong with the stream now."""
        return self._fault

    @fault.setter
    def fault(self, fault: StreamFault) -> None:
        self._fault = fault
        self._key_frame_wanted = True
        for viewer in self._viewers:
            viewer.needs_key_frame = True
            if fault is StreamFault.REFUSE:
                viewer.cut()

    @property
    def running(self) -> bool:
        """Whether the encoder runs."""
        return self._task is not None and not self._task.done()

    def join(self, viewer: Viewer) -> None:
        """Show the stream to `viewer`, from a key frame on, which is made at once."""
        viewer.needs_key_frame = True
        self._key_frame_wanted = True
        self._viewers.add(viewer)
        if not self.running:
            self._task = asyncio.create_task(self._run(), name=f"live stream {self.name}")

    def leave(self, viewer: Viewer) -> None:
        """Show it no more. After the last one has left, the encoder ends within a picture."""
        self._viewers.discard(viewer)

    async def close(self) -> None:
        """Show it to nobody, and wait for the encoder to end. Raises what the source raised."""
        self._viewers.clear()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        with ThreadPoolExecutor(1, thread_name_prefix=f"encoder {self.name}") as worker:
            try:
                await self._show_while_watched(worker)
            except Exception:
                logger.exception("live stream %s has failed", self.name)
                for viewer in self._viewers:
                    viewer.cut()
                raise

    async def _show_while_watched(self, worker: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        size = self._source.width, self._source.height
        encoder = await loop.run_in_executor(worker, H264Encoder, *size, self.frame_rate)
        due = loop.time()
        while self._viewers:
            if self._fault is not StreamFault.STALL:
                now = self._clock()
                key_frame, self._key_frame_wanted = self._key_frame_wanted, False
                unit = await loop.run_in_executor(worker, self._encode, encoder, now, key_frame)
                self._show(unit, now)
            due = max(due + 1 / self.frame_rate, loop.time())
            await asyncio.sleep(due - loop.time())

    def _encode(self, encoder: H264Encoder, now: Micros, key_frame: bool) -> AccessUnit:
        return encoder.encode(self._source.step(now), key_frame)

    def _show(self, unit: AccessUnit, now: Micros) -> None:
        access_unit = payloads(unit.nal_units)
        if self._fault is StreamFault.GARBAGE:
            access_unit = [self._noise.randbytes(len(payload)) for payload in access_unit]
        for viewer in tuple(self._viewers):
            viewer.show(access_unit, unit.key_frame, now)
