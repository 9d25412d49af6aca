"""The capture process ends with the gateway, however that ends."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from drivers.camera.messages import Lost, Order, decode_message, encode
from gateway.model.clock import SECOND
from gateway.site.model import CameraAddress
from tests.servers import free_port
from tests.waiting import until

GATEWAY = """
import asyncio, sys
from pathlib import Path
from drivers.camera.driver import CameraDriver
from gateway.model.clock import SECOND, gateway_clock
from gateway.model.text import Text
from gateway.site.connection_model import RtspCameras
from gateway.site.model import CameraAddress, Device

async def sink(readings):
    print("read", flush=True)

name = Text("north", "north")
device = Device("north", "camera", name, name, "cameras", CameraAddress(sys.argv[1]), ())
cameras = RtspCameras("cameras", SECOND)
asyncio.run(CameraDriver(cameras, [device], Path(sys.argv[2]), gateway_clock()).run(sink))
"""


@contextmanager
def worker(order: bytes) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "drivers.camera.worker"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(order + b"\n")
            process.stdin.flush()
            yield process
        finally:
            process.kill()


def order_for(*urls: str, snapshots: Path) -> bytes:
    cameras = {f"camera-{n}": CameraAddress(url) for n, url in enumerate(urls)}
    return encode(Order(cameras, 60 * SECOND, str(snapshots), 0))


def test_it_ends_when_its_standard_input_closes(tmp_path: Path) -> None:
    order = order_for(f"rtsp://127.0.0.1:{free_port()}/x", snapshots=tmp_path)
    with worker(order) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        message = decode_message(process.stdout.readline())
        assert isinstance(message, Lost)
        assert (message.camera, message.reason) == ("camera-0", "Connection refused")
        process.stdin.close()
        assert process.wait(5) == 0


def test_an_order_that_cannot_be_understood_ends_it() -> None:
    with worker(b"{}") as process:
        assert process.wait(10) == 1


async def test_it_does_not_outlive_a_killed_gateway(tmp_path: Path) -> None:
    capture = await asyncio.to_thread(_capture_of_a_killed_gateway, tmp_path)
    await until(lambda: _has_ended(capture), 5)


def _capture_of_a_killed_gateway(folder: Path) -> psutil.Process:
    url = f"rtsp://127.0.0.1:{free_port()}/x"
    command = [sys.executable, "-c", GATEWAY, url, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as gateway:
        try:
            assert gateway.stdout is not None
            assert gateway.stdout.readline() == b"read\n"
            (capture,) = psutil.Process(gateway.pid).children()
        finally:
            gateway.kill()
    return capture


def _has_ended(process: psutil.Process) -> bool:
    """A zombie has: its new parent has only not looked yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
