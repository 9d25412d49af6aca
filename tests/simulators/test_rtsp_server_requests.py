"""Requests, right and wrong, and what the RTSP server answers (RFC 2326)."""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from itertools import pairwise

import av
import pytest

from gateway.errors import BadConfig, Refused
from gateway.model.clock import SECOND, Micros, gateway_clock
from simulators.rtp import rtp_time
from simulators.rtsp_server import RtspServer, StreamFault
from simulators.scene import Scene
from tests.servers import free_port
from tests.simulators.rtsp_client import HOST, TCP, RtspClient, connected, until

UDP = "RTP/AVP;unicast;client_port=40000-40001"
NOW: Micros = 1_800_000_000 * SECOND


@pytest.fixture
async def server() -> AsyncIterator[RtspServer]:
    async with RtspServer(HOST, 0, {"north": Scene(160, 120)}, gateway_clock()) as running:
        yield running


@pytest.fixture
async def client(server: RtspServer) -> AsyncIterator[RtspClient]:
    async with connected(server) as connection:
        yield connection


async def test_options_name_the_methods(client: RtspClient) -> None:
    for url in ("*", client.url):
        answer = await client.ask("OPTIONS", url)
        assert answer.status == 200
        assert answer.headers["public"] == (
            "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN"
        )


async def test_describe_tells_all_a_decoder_needs(client: RtspClient) -> None:
    answer = await client.ask("DESCRIBE", Accept="application/sdp")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/sdp"
    assert answer.headers["content-base"] == f"{client.url}/"
    sdp = answer.body.decode()
    assert "m=video 0 RTP/AVP 96\r\n" in sdp
    assert "a=rtpmap:96 H264/90000\r\n" in sdp
    assert re.search(r"profile-level-id=42[0-9A-F]{4};sprop-parameter-sets=Z[^,]+,a[^,]+\r\n", sdp)
    assert "a=control:trackID=0\r\n" in sdp


async def test_credentials_in_a_url_are_not_repeated(client: RtspClient) -> None:
    answer = await client.ask("DESCRIBE", client.url.replace("//", "//user:secret@"))
    assert answer.headers["content-base"] == f"{client.url}/"


async def test_setup_tells_the_transport_and_the_session(client: RtspClient) -> None:
    answer = await client.ask("SETUP", client.url + "/trackID=0", Transport=TCP)
    assert re.fullmatch(TCP + ";ssrc=[0-9A-F]{8}", answer.headers["transport"])
    assert re.fullmatch(r"[0-9a-f]{16};timeout=60", answer.headers["session"])


async def test_a_client_may_change_its_mind_about_the_transport_before_it_plays(
    client: RtspClient,
) -> None:
    first = await client.ask("SETUP", Transport=UDP)
    assert re.search(r"client_port=40000-40001;server_port=\d+-\d+", first.headers["transport"])
    second = await client.ask("SETUP", Transport=TCP, Session=first.session)
    assert second.session == first.session
    await client.ask("PLAY", Session=first.session)
    assert (await client.access_unit())[-1].marker


async def test_play_tells_where_the_packets_begin() -> None:
    streams = {"north": Scene(160, 120)}
    async with RtspServer(HOST, 0, streams, lambda: NOW) as server, connected(server) as client:
        answer = await client.play()
        first = await client.packet()
        assert answer.headers["rtp-info"] == (
            f"url={client.url}/trackID=0;seq={first.sequence};rtptime={rtp_time(NOW)}"
        )


async def test_a_sender_report_comes_before_the_first_packet_and_each_key_frame_has_its_sets(
    client: RtspClient,
) -> None:
    await client.play()
    channel, report = await client.frame()
    assert (channel, report[1]) == (1, 200)
    seen = [[packet.payload[0] & 0x1F for packet in await client.access_unit()] for _ in range(12)]
    key_frames = [kinds for kinds in seen if 7 in kinds]
    assert seen[0] in key_frames
    assert len(key_frames) == 2
    assert all(kinds[:2] == [7, 8] for kinds in key_frames)


async def test_packets_follow_each_other_in_number_and_time(client: RtspClient) -> None:
    await client.play()
    units = [await client.access_unit() for _ in range(5)]
    numbers = [packet.sequence for unit in units for packet in unit]
    assert all((b - a) % 2**16 == 1 for a, b in pairwise(numbers))
    assert all(len({packet.timestamp for packet in unit}) == 1 for unit in units)
    times = [unit[0].timestamp for unit in units]
    steps = [(b - a) % 2**32 for a, b in pairwise(times)]
    assert all(4_000 < step < 90_000 for step in steps)


async def test_media_time_wraps_while_a_client_watches() -> None:
    real = gateway_clock()
    started = real()
    wrap = 36_000 * 2**32 * 100 // 9  # µs: an instant of 2024 at which it is 0 again
    async with RtspServer(
        HOST, 0, {"north": Scene(160, 120)}, lambda: wrap - SECOND + real() - started
    ) as server:
        times = await asyncio.to_thread(presentation_times, server.url("north"), 20)
    assert all(later > earlier for earlier, later in pairwise(times))
    assert times[-1] - times[0] < 90_000 * 10


def presentation_times(url: str, frames: int) -> list[int]:
    times = []
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
        for packet in container.demux(video=0):
            if packet.dts is not None:
                times.append(packet.dts)
            if len(times) == frames:
                break
    return times


async def test_pause_stops_the_packets_and_play_goes_on_at_a_key_frame(
    server: RtspServer, client: RtspClient
) -> None:
    session = (await client.play()).session
    await client.access_unit()
    assert (await client.ask("PAUSE", Session=session)).status == 200
    client.forget_frames()
    await until(lambda: not server.is_encoding("north"))
    assert (await client.ask("GET_PARAMETER", Session=session)).status == 200
    assert client.forget_frames() == 0
    assert (await client.ask("PLAY", Session=session)).status == 200
    assert (await client.packet()).payload[0] & 0x1F == 7


async def test_binary_frames_and_requests_may_be_mixed_while_playing(client: RtspClient) -> None:
    session = (await client.play()).session
    await client.access_unit()
    receiver_report = struct.pack(">BBHI", 0x80, 201, 1, 1)
    client.writer.write(b"$\x01" + struct.pack(">H", len(receiver_report)) + receiver_report)
    assert (await client.ask("GET_PARAMETER", Session=session)).status == 200
    await client.access_unit()


async def test_over_udp_packets_and_reports_come_from_the_ports_told(client: RtspClient) -> None:
    loop = asyncio.get_running_loop()
    received: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
            received.put_nowait((data, source))

    port = free_port()
    rtp, _ = await loop.create_datagram_endpoint(Listener, local_addr=(HOST, port))
    rtcp, _ = await loop.create_datagram_endpoint(Listener, local_addr=(HOST, port + 1))
    try:
        told = await client.ask("SETUP", Transport=f"RTP/AVP;unicast;client_port={port}-{port + 1}")
        ports = [int(n) for n in re.findall(r"server_port=(\d+)-(\d+)", str(told.headers))[0]]
        await client.ask("PLAY", Session=told.session)
        async with asyncio.timeout(10):
            sources = {(await received.get())[1][1] for _ in range(4)}
        assert sources == set(ports)
        assert ports[0] % 2 == 0
        assert ports[1] == ports[0] + 1
    finally:
        rtp.close()
        rtcp.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("DESCRIBE", "/nowhere", {}, 404),
        ("SETUP", "/nowhere/trackID=0", {"Transport": TCP}, 404),
        ("DESCRIBE", "/north", {"Accept": "text/html"}, 406),
        ("SETUP", "/north", {"Transport": "RTP/AVP;multicast"}, 461),
        ("SETUP", "/north", {}, 461),
        ("PLAY", "/north", {}, 454),
        ("PLAY", "/north", {"Session": "12345678"}, 454),
        ("PAUSE", "/north", {"Session": "12345678"}, 454),
        ("TEARDOWN", "/north", {"Session": "12345678"}, 454),
        ("GET_PARAMETER", "/north", {"Session": "12345678"}, 454),
        ("RECORD", "/north", {}, 501),
        ("OPTIONS", "/north", {"Require": "play.scale"}, 551),
    ],
)
async def test_what_cannot_be_done_is_refused_and_the_client_may_go_on(
    server: RtspServer,
    client: RtspClient,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
) -> None:
    url = f"rtsp://{HOST}:{server.port}{path}"
    assert (await client.ask(method, url, **headers)).status == status
    assert (await client.ask("DESCRIBE")).status == 200


async def test_another_transport_while_playing_is_not_valid(client: RtspClient) -> None:
    session = (await client.play()).session
    assert (await client.ask("SETUP", Transport=TCP, Session=session)).status == 455


async def test_a_session_is_gone_after_teardown(client: RtspClient) -> None:
    session = (await client.play()).session
    assert (await client.ask("TEARDOWN", Session=session)).status == 200
    assert (await client.ask("PLAY", Session=session)).status == 454


async def test_a_session_is_its_own_client_s(server: RtspServer, client: RtspClient) -> None:
    session = (await client.play()).session
    async with connected(server) as stranger:
        assert (await stranger.ask("TEARDOWN", Session=session)).status == 454
    await client.access_unit()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: one\r\n\r\n", 400),
        (b"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
        (b"OPTIONS " + b"*" * 50_000, 400),
        (b"GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nfps", 451),
    ],
)
async def test_a_bad_request_is_told_so_and_the_server_goes_on(
    server: RtspServer, client: RtspClient, data: bytes, status: int
) -> None:
    assert (await client.send(data)).status == status
    async with connected(server) as another:
        await another.play()
        await another.access_unit()


async def test_a_port_that_is_taken_is_named(server: RtspServer) -> None:
    second = RtspServer(HOST, server.port, {}, gateway_clock())
    with pytest.raises(BadConfig, match=f"{HOST}:{server.port}: .*another RTSP port"):
        await second.__aenter__()


async def test_a_host_that_is_not_here_is_named() -> None:
    with pytest.raises(BadConfig, match=r"192\.0\.2\.1:0: cannot listen"):
        await RtspServer("192.0.2.1", 0, {}, gateway_clock()).__aenter__()


async def test_a_fault_for_an_unknown_stream_names_the_known(server: RtspServer) -> None:
    with pytest.raises(Refused, match="there are: north"):
        server.set_fault("nowhere", StreamFault.STALL)
