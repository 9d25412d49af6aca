"""Simulated cameras seen by real clients: ffmpeg, ffprobe, PyAV, OpenCV and GStreamer."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from gateway.model.clock import SECOND, gateway_clock
from simulators.rtsp_server import RtspServer
from simulators.scene import Picture, Scene, Walk
from tests.servers import require
from tests.simulators.rtsp_client import HOST, connected, until

WIDTH, HEIGHT = 320, 180
FRAMES = 5
CLIENT_WITHIN_S = 40.0
GSTREAMER = (
    "gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"
)

both_transports = pytest.mark.parametrize("transport", ["tcp", "udp"])


@pytest.fixture
async def server() -> AsyncIterator[RtspServer]:
    """Two cameras, of different size so that they cannot be mistaken."""
    clock = gateway_clock()
    streams = {
        "north": Scene(WIDTH, HEIGHT, name="north"),
        "gate": Scene(HEIGHT, WIDTH, name="gate"),
    }
    async with RtspServer(HOST, 0, streams, clock, frame_rate=25) as running:
        yield running


def check_north(pictures: list[Picture]) -> None:
    """The pictures are the north camera's: an empty scene, but for its light and noise."""
    expected = Scene(WIDTH, HEIGHT).step(0)[30:].astype(int)
    for picture in pictures:
        assert picture.shape == (HEIGHT, WIDTH, 3)
        difference = np.abs(picture[30:] - expected - (picture[30:].mean() - expected.mean()))
        assert difference.mean() < 8


def raw_pictures(data: bytes) -> list[Picture]:
    return list(np.frombuffer(data, np.uint8).reshape(-1, HEIGHT, WIDTH, 3))


async def output_of(*command: str) -> bytes:
    """What the program prints; fails when it fails or takes too long."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(CLIENT_WITHIN_S):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    return out


def read_by_pyav(url: str, transport: str, frames: int = FRAMES) -> list[Picture]:
    pictures: list[Picture] = []
    with av.open(url, options={"rtsp_transport": transport}, timeout=(10, 10)) as container:
        for frame in container.decode(video=0):
            pictures.append(frame.to_ndarray(format="rgb24").astype(np.uint8))
            if len(pictures) == frames:
                break
    return pictures


def read_by_opencv(url: str) -> list[Picture]:
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    try:
        read = [capture.read() for _ in range(FRAMES)]
    finally:
        capture.release()
    assert all(ok for ok, _ in read)
    return [picture[..., ::-1].astype(np.uint8) for _, picture in read]


@both_transports
async def test_ffprobe_sees_what_the_camera_is(server: RtspServer, transport: str) -> None:
    ffprobe = require("ffprobe", "ffmpeg")
    shown = "stream=codec_name,profile,width,height,avg_frame_rate,has_b_frames"
    told = json.loads(
        await output_of(
            *(ffprobe, "-v", "error", "-rtsp_transport", transport, "-of", "json"),
            *("-show_entries", shown, server.url("north")),
        )
    )
    assert told["streams"] == [
        {
            "codec_name": "h264",
            "profile": "Constrained Baseline",
            "width": WIDTH,
            "height": HEIGHT,
            "has_b_frames": 0,
            "avg_frame_rate": "25/1",
        }
    ]


@both_transports
async def test_ffmpeg_reads_the_picture(server: RtspServer, transport: str) -> None:
    raw = await output_of(
        *(require("ffmpeg", "ffmpeg"), "-v", "error", "-rtsp_transport", transport),
        *("-i", server.url("north"), "-frames:v", str(FRAMES)),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-"),
    )
    pictures = raw_pictures(raw)
    assert len(pictures) == FRAMES
    check_north(pictures)


@both_transports
async def test_pyav_reads_the_picture(server: RtspServer, transport: str) -> None:
    check_north(await asyncio.to_thread(read_by_pyav, server.url("north"), transport))


async def test_opencv_reads_the_picture(server: RtspServer) -> None:
    check_north(await asyncio.to_thread(read_by_opencv, server.url("north")))


@both_transports
async def test_gstreamer_reads_the_picture(
    server: RtspServer, transport: str, tmp_path: Path
) -> None:
    launch = require("gst-launch-1.0", GSTREAMER)
    raw = tmp_path / "north.rgb"
    source = f"rtspsrc location={server.url('north')} protocols={transport} latency=0"
    chain = (
        f"{source} ! rtph264depay ! h264parse ! avdec_h264 ! identity eos-after={FRAMES + 1}"
        f" ! videoconvert ! video/x-raw,format=RGB ! filesink location={raw}"
    )
    await output_of(launch, "-q", *chain.split())
    pictures = raw_pictures(raw.read_bytes())
    assert len(pictures) >= FRAMES - 1
    check_north(pictures)


async def test_several_clients_watch_several_cameras_at_once(server: RtspServer) -> None:
    watching = [
        asyncio.to_thread(read_by_pyav, server.url(name), transport, frames=15)
        for name in ("north", "gate")
        for transport in ("tcp", "udp")
    ]
    north_tcp, north_udp, gate_tcp, gate_udp = await asyncio.gather(*watching)
    check_north(north_tcp)
    check_north(north_udp)
    assert {picture.shape for picture in gate_tcp + gate_udp} == {(WIDTH, HEIGHT, 3)}


async def test_clients_of_one_camera_share_its_pictures(server: RtspServer) -> None:
    async with connected(server) as one, connected(server) as other:
        await one.play()
        await other.play()
        newest = (await other.access_unit())[0].timestamp
        while (unit := await one.access_unit())[0].timestamp != newest:
            pass
        assert unit[0].payload[0] & 0x1F == 7, "made as a key frame for the newcomer"


async def test_a_walker_is_seen_where_the_walk_says() -> None:
    clock = gateway_clock()
    walk = Walk(clock(), (0.05, 0.85), (0.95, 0.85), 60 * SECOND)
    scene = Scene(WIDTH, HEIGHT, [walk])
    async with RtspServer(HOST, 0, {"north": scene}, clock) as server:
        first = clock()
        pictures = await asyncio.to_thread(read_by_pyav, server.url("north"), "tcp")
        last = clock()
    backdrop = Scene(WIDTH, HEIGHT).step(first).astype(int)
    differs = (np.abs(pictures[-1] - backdrop).max(axis=2) > 60)[30:]
    seen_at = float(np.nonzero(differs)[1].mean()) / WIDTH
    earliest, latest = walk.feet(first), walk.feet(last)
    assert earliest is not None
    assert latest is not None
    assert earliest[0] - 0.02 < seen_at < latest[0] + 0.02


async def test_the_encoder_runs_only_while_somebody_watches(server: RtspServer) -> None:
    assert not server.is_encoding("north")
    async with connected(server) as one, connected(server) as other:
        await one.play()
        await other.play()
        assert server.is_encoding("north")
        await one.ask("TEARDOWN", Session=(await one.ask("GET_PARAMETER")).session)
        await other.access_unit()
        assert server.is_encoding("north")
        assert not server.is_encoding("gate")
    await until(lambda: not server.is_encoding("north"))
