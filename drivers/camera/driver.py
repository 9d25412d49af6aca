"""The camera driver: one capture process for a group of cameras, its messages as readings."""

import asyncio
import logging
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import msgspec

from drivers.camera.messages import (
    Alive,
    Crossed,
    Live,
    Lost,
    Message,
    Order,
    Report,
    decode_message,
    encode,
)
from gateway.errors import BadConfig, Unreachable
from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.driver import Sink
from gateway.model.reading import Quality, Reading
from gateway.site.connection_model import RtspCameras
from gateway.site.model import CameraAddress, Device

logger = logging.getLogger(__name__)

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
            yield process
        finally:
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
            messages = [self._decoded(line) for line in lines]
            if reports := [message for message in messages if not isinstance(message, Alive)]:
                yield reports

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
