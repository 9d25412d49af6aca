"""A gateway that is told to end ends, whatever it is doing."""

import array
import asyncio
import fcntl
import os
import stat
import termios
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil

from gateway.model.clock import gateway_clock
from simulators.rtsp_server import RtspServer
from simulators.scene import Scene
from tests.gateway_process import gateway_process
from tests.waiting import until

HOST = "127.0.0.1"


async def test_it_ends_though_messages_waited_while_it_stood_still(tmp_path: Path) -> None:
    """Camera messages and the signal meet when the process goes on: Python 3.11's wait_for would
    lose the cancellation then."""
    async with RtspServer(HOST, 0, {"wall": Scene()}, gateway_clock()) as field:
        site = f"""
connections: {{cameras: {{type: rtsp}}}}
devices:
  - {{id: wall, kind: camera, connection: cameras, url: "{field.url("wall")}", name: W, place: P}}
"""
        gateway = gateway_process(tmp_path, site)
        for _ in range(3):
            gateway.server.start()
            try:
                process = psutil.Process(gateway.server.pid)
                await until(lambda: field.is_encoding("wall"))
                process.suspend()
                await until(partial(waits_in_a_pipe, process.pid))
                process.terminate()
                process.resume()
                await asyncio.to_thread(process.wait, 10)
            finally:
                gateway.server.kill()
        assert "leaked" not in gateway.server.output
        assert "Traceback" not in gateway.server.output


def waits_in_a_pipe(pid: int) -> bool:
    """Whether that process has not read all that was sent to it."""
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if stat.S_ISFIFO(fd.stat().st_mode) and _waiting(fd) > 0:
                return True
    return False


def _waiting(pipe: Path) -> int:
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        count = array.array("i", [0])
        fcntl.ioctl(end, termios.FIONREAD, count)
        return count[0]
    finally:
        os.close(end)
