"""The camera driver: one capture process for a group of cameras, its messages as readings."""

import asyncio
import logging
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from drivers.camera.messages import Crossed, Live, Lost, Message, Order, decode_message, encode
from gateway.errors import BadConfig, Unreachable
from gateway.model.clock import Clock
from gateway.model.driver import Sink
from gateway.model.reading import Quality, Reading
from gateway.site.model import CameraAddress, Device, RtspCameras

logger = logging.getLogger(__name__)

_CHUNK = 64 * 1024
"""Bytes of messages taken in one go; they go to the sink together."""


class CameraDriver:
    """Reads the cameras of one connection: `device/picture` is live about once a second while
    pictures arrive, and OFFLINE once when they stop; `device/crossing` tells each crossing.

    The crossing's value: {"line": tripwire, "direction": "in" | "out", "box": [left, top, right,
    bottom] as fractions of the picture, "snapshot": a file in `snapshots`, or None if it could
    not be written}.
    """

    def __init__(
        self, connection: RtspCameras, devices: Sequence[Device], snapshots: Path, clock: Clock
    ) -> None:
        self._connection = connection
        self._cameras = {device.id: _address(device) for device in devices}
        self._snapshots = snapshots
        self._clock = clock
        self._lost: set[str] = set()

    @property
    def name(self) -> str:
        """The connection's id in the site file."""
        return self._connection.id

    async def run(self, sink: Sink) -> None:
        """Reads until cancelled; raises Unreachable when the capture process ends."""
        async with self._capture() as process:
            async for messages in _messages(process):
                for message in messages:
                    self._log_edge(message)
                await sink([_reading(message, self._clock()) for message in messages])
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

    def _log_edge(self, message: Message) -> None:
        if isinstance(message, Lost):
            self._lost.add(message.camera)
            logger.warning("%s: picture lost: %s", message.camera, message.reason)
        elif isinstance(message, Live) and message.camera in self._lost:
            self._lost.remove(message.camera)
            logger.info("%s: picture live again", message.camera)


def _address(device: Device) -> CameraAddress:
    if not isinstance(device.address, CameraAddress):
        raise BadConfig(device.id, "is on a camera connection but has no RTSP address")
    return device.address


async def _messages(process: Process) -> AsyncIterator[list[Message]]:
    """What the process says, as it comes, until it ends."""
    assert process.stdout is not None
    begun = b""
    while chunk := await process.stdout.read(_CHUNK):
        *lines, begun = (begun + chunk).split(b"\n")
        if lines:
            try:
                messages = [decode_message(line) for line in lines]
            except msgspec.MsgspecError as error:
                raise Unreachable("capture process", f"speaks gibberish: {error}") from error
            yield messages


async def _ending(process: Process) -> str:
    status = await process.wait()
    return f"exit status {status}" if status >= 0 else f"signal {-status}"


def _reading(message: Message, now: int) -> Reading:
    match message:
        case Live(camera, at):
            return Reading(f"{camera}/picture", "live", at, now)
        case Lost(camera, at):
            return Reading(f"{camera}/picture", None, at, now, Quality.OFFLINE)
        case Crossed(camera, at):
            crossing = msgspec.to_builtins(message)
            value = {key: crossing[key] for key in ("line", "direction", "box", "snapshot")}
            return Reading(f"{camera}/crossing", value, at, now)
