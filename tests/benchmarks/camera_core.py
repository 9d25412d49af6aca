"""What one watched camera costs: processor time of the capture process."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from drivers.camera.driver import CameraDriver
from gateway.child import Child
from gateway.model.clock import SECOND, gateway_clock
from gateway.model.reading import Reading
from gateway.model.text import Text
from gateway.site.connection_model import RtspCameras
from gateway.site.model import CameraAddress, Device, Tripwire
from tests.benchmarks.processes import child_running, cpu_s
from tests.benchmarks.report import Result
from tests.servers import HOST, free_port

NAME = "camera_core_percent"

CAMERAS = 4
SECONDS = 20.0
FRAME_RATE = 10
"""Of the simulated cameras; their pictures have 640 × 360 pixels."""
_TRIPWIRE = Tripwire("wall", (0.5, 0.0), (0.5, 1.0))
_SOME = 0.8
"""The share of its pictures a stream must have brought for its cost to count."""

# Someone walks over the line four times in the span measured.
_WALKS = "[{after: 1s, from: [0.08, 0.86], to: [0.92, 0.86], takes: 4s, every: 5s}]"


async def measure(folder: Path) -> list[Result]:
    """Percent of one core for each camera, and the ratio to decoding alone."""
    async with _cameras(folder) as urls:
        bare = await _decoded_alone(folder, urls)
        watched = await _watched(folder, urls)
    return [Result(NAME, watched, "% of a core", watched / bare, f"PyAV alone, {bare:.2f} %")]


@asynccontextmanager
async def _cameras(folder: Path) -> AsyncIterator[list[str]]:
    """Simulated cameras in a process of their own, while entered; gives their addresses."""
    port = free_port()
    cameras = "".join(f"    c{n}: {{title: c{n}, walks: {_WALKS}}}\n" for n in range(CAMERAS))
    file = folder / "cameras.yaml"
    file.write_text(f"rtsp:\n  port: {port}\n  cameras:\n{cameras}")
    command = [sys.executable, "-m", "gateway.cli", "simulate", str(file)]
    async with Child("cameras", command, folder / "cameras.log", lines=True) as child:
        await child.read_line()
        yield [f"rtsp://{HOST}:{port}/c{n}" for n in range(CAMERAS)]


async def _decoded_alone(folder: Path, urls: Sequence[str]) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.bare_camera", *urls]
    async with Child("bare decoder", command, folder / "decoder.log", lines=True) as child:

        async def pictures() -> list[int]:
            return [int(count) for count in (await child.read_line()).split()]

        while not all(before := await pictures()):
            pass
        process = child_running("tests.benchmarks.bare_camera")
        used, started = cpu_s(process), time.monotonic()
        while (took := time.monotonic() - started) < SECONDS:
            after = await pictures()
        cost = cpu_s(process) - used
    fewest = min(now - then for now, then in zip(after, before, strict=True))
    _check("pictures decoded alone", fewest, FRAME_RATE * took)
    return 100 * cost / took / CAMERAS


async def _watched(folder: Path, urls: Sequence[str]) -> float:
    heard: dict[str, int] = {}

    async def sink(readings: Sequence[Reading], **_: bool) -> None:
        for reading in readings:
            heard[reading.point] = heard.get(reading.point, 0) + 1

    snapshots = folder / "snapshots"
    snapshots.mkdir()
    driver = CameraDriver(
        RtspCameras("cameras", 3 * SECOND), _devices(urls), snapshots, gateway_clock()
    )
    running = asyncio.create_task(driver.run(sink), name="cameras")
    try:
        while len(heard) < CAMERAS:
            await asyncio.sleep(0.1)
        process = child_running("drivers.camera.worker")
        heard.clear()
        used, started = cpu_s(process), time.monotonic()
        await asyncio.sleep(SECONDS)
        took, cost = time.monotonic() - started, cpu_s(process) - used
    finally:
        running.cancel()
        await asyncio.wait([running])
    for n in range(CAMERAS):
        _check(f"pictures of c{n}, one told a second,", heard.get(f"c{n}/picture", 0), took)
        _check(f"crossings seen by c{n}", heard.get(f"c{n}/crossing", 0), 1)
    return 100 * cost / took / CAMERAS


def _devices(urls: Sequence[str]) -> list[Device]:
    name = Text("Camera", "摄像机")
    return [
        Device(f"c{n}", "camera", name, name, "cameras", CameraAddress(url, (_TRIPWIRE,)), ())
        for n, url in enumerate(urls)
    ]


def _check(what: str, found: float, expected: float) -> None:
    if found < _SOME * expected:
        raise AssertionError(f"{what}: {found}, expected about {expected:.0f}")
