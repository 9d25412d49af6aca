"""Cameras that fail, clients that misbehave, and what is left when they are gone."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator

import av
import numpy as np
import psutil
import pytest

from gateway.model.clock import SECOND, Micros, gateway_clock
from simulators.rtsp_server import RtspServer, StreamFault, VideoSource
from simulators.scene import Picture, Scene
from tests.simulators.rtsp_client import HOST, RtspClient, connected, until


class Snow:
    """Every picture new in every pixel: large when coded."""

    width, height = 320, 240

    def step(self, now: Micros) -> Picture:
        shape = (self.height, self.width, 3)
        return np.random.default_rng(now).integers(0, 256, shape, dtype=np.uint8)


class Broken:
    """A scene somebody has made a mistake in."""

    width, height = 160, 120

    def step(self, now: Micros) -> Picture:
        raise ZeroDivisionError(now)


@pytest.fixture
async def server() -> AsyncIterator[RtspServer]:
    streams: dict[str, VideoSource] = {
        "north": Scene(160, 120),
        "gate": Scene(160, 120),
        "snow": Snow(),
    }
    async with RtspServer(
        HOST, 0, streams, gateway_clock(), frame_rate=20, reader_timeout=SECOND // 2
    ) as running:
        yield running


def open_by_pyav(url: str) -> int:
    """Packets got before five have come or the camera fails."""
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(1, 1)) as container:
        return sum(1 for _, _packet in zip(range(5), container.demux(video=0), strict=False))


async def test_a_refusing_camera_answers_503_and_cuts_who_watches(server: RtspServer) -> None:
    async with connected(server) as watching, connected(server, "gate") as elsewhere:
        await watching.play()
        await elsewhere.play()
        server.set_fault("north", StreamFault.REFUSE)
        assert await watching.ended()
        await elsewhere.access_unit()
    async with connected(server) as newcomer:
        assert (await newcomer.ask("DESCRIBE")).status == 503
        with pytest.raises(av.FFmpegError):
            await asyncio.to_thread(open_by_pyav, server.url("north"))
        server.set_fault("north", StreamFault.NONE)
        assert (await newcomer.ask("DESCRIBE")).status == 200
    assert await asyncio.to_thread(open_by_pyav, server.url("north")) == 5


async def test_a_stalled_camera_answers_but_sends_nothing_until_it_is_sound_again(
    server: RtspServer,
) -> None:
    server.set_fault("north", StreamFault.STALL)
    with pytest.raises(av.FFmpegError):
        await asyncio.to_thread(open_by_pyav, server.url("north"))
    async with connected(server) as client:
        session = (await client.play()).session
        assert (await client.ask("GET_PARAMETER", Session=session)).status == 200
        assert not client.forget_frames()
        server.set_fault("north", StreamFault.NONE)
        assert (await client.packet()).payload[0] & 0x1F == 7


async def test_garbage_is_random_payload_under_right_headers_until_it_is_sound_again(
    server: RtspServer,
) -> None:
    async with connected(server) as client:
        await client.play()
        sound = (await client.access_unit())[0].payload
        server.set_fault("north", StreamFault.GARBAGE)
        sets = [await first_payload_of_a_key_frame(client, len(sound)) for _ in range(2)]
        assert sound not in sets
        assert sets[0] != sets[1]
        server.set_fault("north", StreamFault.NONE)
        while (await client.access_unit())[0].payload != sound:
            pass


async def first_payload_of_a_key_frame(client: RtspClient, length: int) -> bytes:
    """Known by the length of its SPS."""
    while len((unit := await client.access_unit())[0].payload) != length or len(unit) < 3:
        pass
    return unit[0].payload


async def test_a_client_that_never_reads_is_cut_off_and_does_not_hold_up_the_others(
    server: RtspServer,
) -> None:
    async with connected(server, "snow") as reading:
        await reading.play()
        async with connected(server, "snow") as stuck:
            stuck.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, 4096
            )
            await stuck.play()
            client_end = stuck.writer.get_extra_info("sockname")
            units = 0
            async with asyncio.timeout(30):
                while client_end in peers():
                    await reading.access_unit()
                    units += 1
        assert units > 10, "half a second of pictures, at least"
        await reading.access_unit()


def peers() -> set[tuple[str | int, ...]]:
    """Who the sockets of this process are connected to."""
    return {tuple(connection.raddr) for connection in psutil.Process().net_connections()}


async def test_a_silent_client_is_cut_off_after_the_session_timeout() -> None:
    async with (
        RtspServer(
            HOST, 0, {"north": Scene(160, 120)}, gateway_clock(), session_timeout=SECOND // 2
        ) as server,
        connected(server) as client,
    ):
        await client.play()
        assert await client.ended()
        await until(lambda: not server.is_encoding("north"))


async def test_a_client_that_disappears_leaves_nothing(server: RtspServer) -> None:
    before = running()
    async with connected(server) as playing, connected(server) as ready, connected(server) as new:
        await playing.play()
        await playing.access_unit()
        await ready.ask("SETUP", Transport="RTP/AVP/TCP")
        await new.ask("OPTIONS")
        assert running() != before
    await until(lambda: running() == before)


def running() -> tuple[int, int, int]:
    """Tasks, threads and sockets of this process."""
    sockets = len(psutil.Process().net_connections())
    return len(asyncio.all_tasks()), threading.active_count(), sockets


async def test_a_scene_that_fails_ends_its_own_stream_alone_and_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    streams: dict[str, VideoSource] = {"north": Broken(), "gate": Scene(160, 120)}
    server = await RtspServer(HOST, 0, streams, gateway_clock()).__aenter__()
    async with connected(server, "gate") as sound, connected(server) as broken:
        await broken.play()
        assert await broken.ended()
        await sound.play()
        await sound.access_unit()
    with pytest.raises(ZeroDivisionError):
        await server.__aexit__(None, None, None)
    assert "live stream north has failed" in caplog.messages


async def test_closing_the_server_ends_its_clients() -> None:
    server = RtspServer(HOST, 0, {"north": Scene(160, 120)}, gateway_clock())
    async with server:
        reader, writer = await asyncio.open_connection(HOST, server.port)
        client = RtspClient(reader, writer, server.url("north"))
        await client.play()
        await client.access_unit()
    assert not server.is_encoding("north")
    assert await client.ended()
    writer.close()
    with pytest.raises(OSError, match=r"refused|failed"):
        await asyncio.open_connection(HOST, server.port)
