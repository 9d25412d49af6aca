"""The camera driver: one capture process for a group of cameras, its messages as readings."""

import asyncio
import logging
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from drivers.camera.messages import (
    Alive,
    Crossed,
    Live,
    Look,
    Lost,
    Message,
    Order,
    Report,
    Seen,
    decode_message,
    encode,
)
from gateway.errors import BadConfig, Unreachable
from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.driver import Sink
from gateway.model.reading import Quality, Reading
from gateway.model.still import Still
from gateway.site.connection_model import RtspCameras
from gateway.site.model import CameraAddress, Device

logger = logging.getLogger(__name__)

LOOK_AGAIN: Final = "look again in some seconds, or have the camera seen to"
_SEEN_WITHIN: Final[Micros] = 3 * SECOND
_CHUNK = 64 * 1024
"""Bytes of messages taken in one go; they go to the sink together."""


class CameraDriver:
    """Reads the cameras of one connection: `device/picture` is live about once a second while
    pictures arrive, and OFFLINE once when they stop; `device/crossing` tells each crossing.

    The crossing's value: {"line": tripwire, "direction": "in" | "out", "box": [left, top, right,
    bottom] as fractions of the picture, "snapshot": a file in `snapshots`, or None if it could
    not be written}.

    A capture process that says nothing for `hung_after` is ended: it speaks every 2 s.
    """

    def __init__(
        self,
        connection: RtspCameras,
        devices: Sequence[Device],
        snapshots: Path,
        clock: Clock,
        hung_after: Micros = 15 * SECOND,
    ) -> None:
        self._connection = connection
        self._cameras = {device.id: _address(device) for device in devices}
        self._snapshots = snapshots
        self._clock = clock
        self._hung_after = hung_after
        self._lost: set[str] = set()
        self._process: Process | None = None
        self._looking: defaultdict[str, set[asyncio.Future[Still]]] = defaultdict(set)

    @property
    def name(self) -> str:
        """The connection's id in the site file."""
        return self._connection.id

    async def run(self, sink: Sink) -> None:
        """Reads until cancelled; raises Unreachable when the capture process ends or hangs."""
        async with self._capture() as process:
            async with aclosing(self._reports(process)) as arriving:
                async for reports in arriving:
                    for report in reports:
                        self._log_edge(report)
                    await sink([_reading(report, self._clock()) for report in reports])
            raise Unreachable(self.name, f"capture process ended: {await _ending(process)}")

    async def still(self, camera: str) -> Still:
        """See Looker.still."""
        process = self._process
        if process is None or process.stdin is None:
            raise Unreachable(camera, "gives no picture", LOOK_AGAIN)
        seen: asyncio.Future[Still] = asyncio.get_running_loop().create_future()
        self._looking[camera].add(seen)
        try:
            process.stdin.write(encode(Look(camera)) + b"\n")
            async with asyncio.timeout(_SEEN_WITHIN / SECOND):
                return await seen
        except TimeoutError:
            raise Unreachable(camera, "gives no picture", LOOK_AGAIN) from None
        finally:
            self._looking[camera].discard(seen)

    @asynccontextmanager
    async def _capture(self) -> AsyncIterator[Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "drivers.camera.worker", stdin=PIPE, stdout=PIPE
        )
        try:
            assert process.stdin is not None
            # An ended process shows as the end of its messages.
            with suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(encode(self._order()) + b"\n")
                await process.stdin.drain()
            self._process = process
            yield process
        finally:
            self._process = None
            with suppress(ProcessLookupError):
                process.kill()
            # Reads what is left of its messages too: unread, they would keep the pipe open.
            await process.communicate()

    def _order(self) -> Order:
        return Order(
            cameras=self._cameras,
            timeout=self._connection.timeout,
            snapshots=str(self._snapshots),
            clock_ahead=self._clock() - time.monotonic_ns() // 1000,
        )

    async def _reports(self, process: Process) -> AsyncGenerator[list[Report]]:
        """What the process reports, as it comes, until it ends."""
        assert process.stdout is not None
        begun = b""
        while chunk := await self._soon(process.stdout.read(_CHUNK)):
            *lines, begun = (begun + chunk).split(b"\n")
            if reports := list(self._told(self._decoded(line) for line in lines)):
                yield reports

    def _told(self, messages: Iterable[Message]) -> Iterator[Report]:
        """What is to be put on record; pictures go to those who look."""
        for message in messages:
            if isinstance(message, Seen):
                for waiting in self._looking.pop(message.camera, ()):
                    if not waiting.done():
                        waiting.set_result(Still(message.at, message.jpeg))
            elif not isinstance(message, Alive):
                yield message

    async def _soon(self, chunk: Awaitable[bytes]) -> bytes:
        try:
            # Not wait_for: in Python 3.11 it loses a cancellation that meets the data (gh-86296).
            async with asyncio.timeout(self._hung_after / SECOND):
                return await chunk
        except TimeoutError:
            silence = f"capture process says nothing for {self._hung_after / SECOND:.0f} s"
            raise Unreachable(self.name, silence) from None

    def _decoded(self, line: bytes) -> Message:
        try:
            return decode_message(line)
        except msgspec.MsgspecError as error:
            raise Unreachable(self.name, f"capture process speaks gibberish: {error}") from error

    def _log_edge(self, report: Report) -> None:
        if isinstance(report, Lost):
            self._lost.add(report.camera)
            logger.warning("%s: picture lost: %s", report.camera, report.reason)
        elif isinstance(report, Live) and report.camera in self._lost:
            self._lost.remove(report.camera)
            logger.info("%s: picture live again", report.camera)


def _address(device: Device) -> CameraAddress:
    if not isinstance(device.address, CameraAddress):
        raise BadConfig(device.id, "is on a camera connection but has no RTSP address")
    return device.address


async def _ending(process: Process) -> str:
    status = await process.wait()
    return f"exit status {status}" if status >= 0 else f"signal {-status}"


def _reading(report: Report, now: Micros) -> Reading:
    match report:
        case Live(camera, at):
            return Reading(f"{camera}/picture", "live", at, now)
        case Lost(camera, at):
            return Reading(f"{camera}/picture", None, at, now, Quality.OFFLINE)
        case Crossed(camera, at):
            crossing = msgspec.to_builtins(report)
            value = {key: crossing[key] for key in ("line", "direction", "box", "snapshot")}
            return Reading(f"{camera}/crossing", value, at, now)
