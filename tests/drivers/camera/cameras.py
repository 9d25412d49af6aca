"""A camera driver on simulated cameras, and what it says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from drivers.camera.driver import CameraDriver
from gateway.model.clock import SECOND, Clock, Micros, gateway_clock
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.connection_model import RtspCameras
from gateway.site.model import CameraAddress, Device, Tripwire
from simulators.scene import Picture, Scene, Walk

WALL = Tripwire("wall", (0.5, 0.0), (0.5, 1.0))


@dataclass(slots=True)
class Said:
    """A sink that keeps what it is given and lets tests wait for it."""

    readings: list[Reading] = field(default_factory=list)
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, readings: Sequence[Reading], **_: bool) -> None:
        async with self._more:
            self.readings += readings
            self._more.notify_all()

    async def until(self, wanted: Callable[[Reading], bool], seconds: float = 10) -> Reading:
        """The first reading from now on that is wanted."""
        seen = len(self.readings)
        async with asyncio.timeout(seconds), self._more:
            found = await self._more.wait_for(
                lambda: next((r for r in self.readings[seen:] if wanted(r)), None)
            )
        assert found is not None
        return found

    def of(self, point: str) -> list[Reading]:
        return [reading for reading in self.readings if reading.point == point]


def is_live(camera: str) -> Callable[[Reading], bool]:
    return lambda r: (r.point, r.value, r.quality) == (f"{camera}/picture", "live", Quality.GOOD)


def is_lost(camera: str) -> Callable[[Reading], bool]:
    return lambda r: (r.point, r.value, r.quality) == (f"{camera}/picture", None, Quality.OFFLINE)


def is_crossing(camera: str) -> Callable[[Reading], bool]:
    return lambda r: r.point == f"{camera}/crossing"


class Yard:
    """What a camera sees: a yard, and on cue someone who walks from left to right over `WALL`."""

    width, height = 640, 360

    def __init__(self) -> None:
        self._scene = Scene(self.width, self.height)

    def step(self, now: Micros) -> Picture:
        return self._scene.step(now)

    def walk(self, start: Micros) -> Walk:
        """Lets someone walk from `start` on."""
        walk = Walk(start, (-0.1, 0.8), (1.1, 0.8), 2 * SECOND)
        self._scene = Scene(self.width, self.height, [walk])
        return walk


def driver_of(
    urls: Mapping[str, str],
    snapshots: Path,
    timeout: Micros = SECOND,
    clock: Clock | None = None,
    hung_after: Micros = 15 * SECOND,
    tripwires: tuple[Tripwire, ...] = (WALL,),
) -> CameraDriver:
    name = Text("camera", "摄像机")
    devices = [
        Device(camera, "camera", name, name, "cameras", CameraAddress(url, tripwires), ())
        for camera, url in urls.items()
    ]
    cameras = RtspCameras("cameras", timeout)
    return CameraDriver(cameras, devices, snapshots, clock or gateway_clock(), hung_after)


@asynccontextmanager
async def running(driver: CameraDriver) -> AsyncIterator[tuple[Said, asyncio.Task[None]]]:
    """The driver's run as a task; cancelled in the end, unless it has ended by itself."""
    said = Said()
    task = asyncio.create_task(driver.run(said), name="camera driver")
    try:
        yield said, task
    finally:
        if task.cancel():
            with suppress(asyncio.CancelledError):
                await task


def capture_process() -> psutil.Process:
    (process,) = (p for p in psutil.Process().children() if "drivers.camera.worker" in p.cmdline())
    return process
