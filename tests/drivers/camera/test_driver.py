"""The driver against real RTSP: what it says of sound, faulty and dead cameras, and how it ends."""

import asyncio
import logging
import signal
import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import psutil
import pytest

from drivers.camera.driver import CameraDriver
from gateway.errors import BadConfig, Unreachable
from gateway.model.clock import SECOND, Clock, Micros, gateway_clock
from gateway.model.reading import Reading
from gateway.model.text import Text
from gateway.site.connection_model import RtspCameras
from gateway.site.model import Device, MqttAddress
from simulators.rtsp_server import RtspServer, StreamFault
from tests.drivers.camera.cameras import (
    WALL,
    Said,
    Yard,
    capture_process,
    driver_of,
    is_crossing,
    is_live,
    is_lost,
    running,
)
from tests.servers import free_port

HOST = "127.0.0.1"


async def test_a_walker_crossing_the_line_is_one_event_with_a_snapshot(tmp_path: Path) -> None:
    clock, yard = gateway_clock(), Yard()
    async with (
        RtspServer(HOST, 0, {"north": yard}, clock) as server,
        running(driver_of({"north": server.url("north")}, tmp_path, clock=clock)) as (said, _),
    ):
        crossing, crossed_at = await crossing_of(said, yard, clock)
        for _second in range(3):  # until long after the walk
            await said.until(is_live("north"))
    assert said.of("north/crossing") == [crossing]
    assert isinstance(crossing.value, dict)
    assert crossing.value.keys() == {"line", "direction", "box", "snapshot"}
    assert (crossing.value["line"], crossing.value["direction"]) == ("wall", "out")
    left, _, right, _ = crossing.value["box"]
    assert left < 0.6
    assert right > 0.5
    assert -0.2 * SECOND <= crossing.taken_at - crossed_at <= SECOND
    assert 0 <= crossing.received_at - crossing.taken_at < SECOND
    assert names_in(tmp_path) == {crossing.value["snapshot"]}
    picture = cv2.imread(str(tmp_path / crossing.value["snapshot"]))
    assert picture is not None
    assert picture.shape == (360, 640, 3)


async def test_two_lines_crossed_in_one_picture_are_two_readings_of_two_instants(
    tmp_path: Path,
) -> None:
    clock, yard = gateway_clock(), Yard()
    lines = (WALL, replace(WALL, name="border"))
    async with RtspServer(HOST, 0, {"north": yard}, clock) as server:
        driver = driver_of({"north": server.url("north")}, tmp_path, clock=clock, tripwires=lines)
        async with running(driver) as (said, _):
            await crossing_of(said, yard, clock)
            await said.until(is_live("north"))
    crossed = said.of("north/crossing")
    assert [c.value["line"] for c in crossed if isinstance(c.value, dict)] == ["wall", "border"]
    assert len({crossing.taken_at for crossing in crossed}) == 2


async def test_a_crossing_is_told_also_when_its_snapshot_cannot_be_written(tmp_path: Path) -> None:
    clock, yard = gateway_clock(), Yard()
    (tmp_path / "full").touch()
    async with RtspServer(HOST, 0, {"north": yard}, clock) as server:
        driver = driver_of({"north": server.url("north")}, tmp_path / "full", clock=clock)
        async with running(driver) as (said, _):
            crossing, _ = await crossing_of(said, yard, clock)
    assert isinstance(crossing.value, dict)
    assert crossing.value["snapshot"] is None


async def test_a_picture_is_told_live_about_once_a_second(tmp_path: Path) -> None:
    async with (
        RtspServer(HOST, 0, {"north": Yard()}, gateway_clock()) as server,
        running(driver_of({"north": server.url("north")}, tmp_path)) as (said, _),
    ):
        for _ in range(4):
            await said.until(is_live("north"))
    times = [reading.taken_at for reading in said.readings]
    assert len(times) == 4
    assert 2.8 * SECOND < times[-1] - times[0] < 4.5 * SECOND


@pytest.mark.parametrize("fault", [f for f in StreamFault if f is not StreamFault.NONE])
async def test_a_faulty_camera_is_told_lost_once_and_comes_back_by_itself(
    fault: StreamFault, tmp_path: Path
) -> None:
    clock = gateway_clock()
    async with (
        RtspServer(HOST, 0, {"north": Yard()}, clock) as server,
        running(driver_of({"north": server.url("north")}, tmp_path)) as (said, _),
    ):
        await said.until(is_live("north"))
        server.set_fault("north", fault)
        broken_at = clock()
        lost = await said.until(is_lost("north"))
        assert lost.received_at - broken_at < 3 * SECOND
        server.set_fault("north", StreamFault.NONE)
        await said.until(is_live("north"), 20)
    assert [reading for reading in said.readings if is_lost("north")(reading)] == [lost]


async def test_a_camera_that_is_not_there_is_told_lost_and_live_when_it_comes(
    tmp_path: Path,
) -> None:
    port = free_port()
    driver = driver_of({"north": f"rtsp://{HOST}:{port}/north"}, tmp_path)
    async with running(driver) as (said, _):
        await said.until(is_lost("north"))
        async with RtspServer(HOST, port, {"north": Yard()}, gateway_clock()):
            await said.until(is_live("north"), 20)


async def test_a_dead_camera_does_not_delay_the_others(tmp_path: Path) -> None:
    """One accepts and says nothing, one does not listen."""
    with closing(socket.create_server((HOST, 0))) as mute:
        scenes = {"a": Yard(), "b": Yard()}
        async with RtspServer(HOST, 0, scenes, gateway_clock()) as server:
            urls = {
                "mute": f"rtsp://{HOST}:{mute.getsockname()[1]}/x",
                "gone": f"rtsp://{HOST}:{free_port()}/x",
                "a": server.url("a"),
                "b": server.url("b"),
            }
            async with running(driver_of(urls, tmp_path, timeout=3 * SECOND)) as (said, _):
                await said.until(is_lost("mute"), 20)
    for camera in ("a", "b"):
        picture = said.of(f"{camera}/picture")
        assert len(picture) >= 2  # within the 3 s that nothing came from the mute one
        assert all(is_live(camera)(reading) for reading in picture)


async def test_a_killed_capture_process_is_unreachable_and_leaves_nothing(tmp_path: Path) -> None:
    async with (
        RtspServer(HOST, 0, {"north": Yard()}, gateway_clock()) as server,
        running(driver_of({"north": server.url("north")}, tmp_path)) as (said, task),
    ):
        await said.until(is_live("north"))
        process = capture_process()
        process.send_signal(signal.SIGKILL)
        with pytest.raises(Unreachable, match="cameras: capture process ended: signal 9"):
            await asyncio.wait_for(task, 5)
        assert not process.is_running()


async def test_a_capture_process_that_hangs_is_unreachable_and_ended(tmp_path: Path) -> None:
    url = f"rtsp://{HOST}:{free_port()}/north"
    driver = driver_of({"north": url}, tmp_path, hung_after=5 * SECOND)
    async with running(driver) as (said, task):
        await said.until(is_lost("north"))
        process = capture_process()
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(Unreachable, match="says nothing for 5 s"):
            await asyncio.wait_for(task, 15)
        assert not process.is_running()


async def test_cancelling_ends_the_capture_process(tmp_path: Path) -> None:
    driver = driver_of({"north": f"rtsp://{HOST}:{free_port()}/north"}, tmp_path)
    async with running(driver) as (said, task):
        await said.until(is_lost("north"))
        process = capture_process()
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled()
        assert not process.is_running()


async def test_a_sink_that_stands_still_holds_back_nothing_but_readings(tmp_path: Path) -> None:
    """Cancelled while the sink waits, the driver still ends at once."""
    stuck = asyncio.Event()

    async def sink(_readings: object, **_: bool) -> None:
        stuck.set()
        await asyncio.Event().wait()

    driver = driver_of({"north": f"rtsp://{HOST}:{free_port()}/north"}, tmp_path)
    task = asyncio.create_task(driver.run(sink))
    await asyncio.wait_for(stuck.wait(), 10)
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()


async def test_no_password_is_ever_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    driver = driver_of({"north": f"rtsp://admin:hunter2@{HOST}:{free_port()}/north"}, tmp_path)
    async with running(driver) as (said, _):
        await said.until(is_lost("north"))
        assert "hunter2" not in " ".join(capture_process().cmdline())
    assert "picture lost" in caplog.text
    assert "hunter2" not in caplog.text + "".join(capfd.readouterr())


def test_a_device_without_an_rtsp_address_is_a_mistake_in_the_site(tmp_path: Path) -> None:
    name = Text("door", "门")
    door = Device("door", "door", name, name, "cameras", MqttAddress("gatehouse-json", "x"), ())
    with pytest.raises(BadConfig, match="door"):
        CameraDriver(RtspCameras("cameras", SECOND), [door], tmp_path, gateway_clock())


def test_nothing_runs_before_run_is_called(tmp_path: Path) -> None:
    before = psutil.Process().children()
    assert driver_of({"north": "rtsp://127.0.0.1/x"}, tmp_path).name == "cameras"
    assert psutil.Process().children() == before


async def crossing_of(said: Said, yard: Yard, clock: Clock) -> tuple[Reading, Micros]:
    """The crossing of someone who walks once north's picture has settled, and when it truly was."""
    await said.until(is_live("north"))
    walk = yard.walk(clock() + SECOND)
    crossing = await said.until(is_crossing("north"))
    crossed_at = walk.crosses(WALL.start, WALL.end)
    assert crossed_at is not None
    return crossing, crossed_at


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
