"""What a camera sees now, for those who look: the next picture or none, never an old one."""

import asyncio
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.camera.snapshot import WIDEST
from gateway.errors import Unreachable
from gateway.model.clock import gateway_clock
from gateway.model.still import Still
from simulators.rtsp_server import RtspServer, StreamFault
from simulators.scene import Scene
from tests.blocking import excused
from tests.drivers.camera.cameras import Yard, driver_of, is_live, is_lost, running

HOST = "127.0.0.1"


async def test_everybody_who_looks_is_given_the_next_picture(tmp_path: Path) -> None:
    clock = gateway_clock()
    async with RtspServer(HOST, 0, {"north": Yard()}, clock) as server:
        driver = driver_of({"north": server.url("north")}, tmp_path, clock=clock)
        async with running(driver) as (said, _):
            await said.until(is_live("north"))
            asked_at = clock()
            both = await asyncio.gather(driver.still("north"), driver.still("north"))
            then = await driver.still("north")
            await said.until(is_live("north"))
    for still in (*both, then):
        assert still.taken_at > asked_at - 200_000
        assert size_of(still) == (640, 360)
    assert then.taken_at > both[0].taken_at
    assert {reading.point for reading in said.readings} == {"north/picture"}


async def test_a_large_picture_is_made_small_enough_for_a_page(tmp_path: Path) -> None:
    clock = gateway_clock()
    with excused():
        wide = Scene(1280, 720)
    async with RtspServer(HOST, 0, {"north": wide}, clock) as server:
        driver = driver_of({"north": server.url("north")}, tmp_path, clock=clock)
        async with running(driver) as (said, _):
            await said.until(is_live("north"))
            still = await driver.still("north")
    assert size_of(still) == (WIDEST, 540)


async def test_a_camera_that_gives_no_picture_shows_none_and_holds_up_no_other(
    tmp_path: Path,
) -> None:
    clock = gateway_clock()
    async with RtspServer(HOST, 0, {"north": Yard(), "south": Yard()}, clock) as server:
        urls = {name: server.url(name) for name in ("north", "south")}
        driver = driver_of(urls, tmp_path, clock=clock)
        with pytest.raises(Unreachable, match="north: gives no picture"):
            await driver.still("north")  # nothing runs yet
        async with running(driver) as (said, _):
            await said.until(is_live("north"))
            server.set_fault("north", StreamFault.STALL)
            await said.until(is_lost("north"))
            lost = asyncio.create_task(driver.still("north"))
            assert (await driver.still("south")).jpeg.startswith(b"\xff\xd8")
            with pytest.raises(Unreachable, match="north: gives no picture"):
                await lost
            server.set_fault("north", StreamFault.NONE)
            await said.until(is_live("north"), 20)
            assert (await driver.still("north")).jpeg.startswith(b"\xff\xd8")


def size_of(still: Still) -> tuple[int, int]:
    with excused():
        picture = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape[1], picture.shape[0]
