"""RTSP requests from bytes, and responses to bytes."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from simulators.rtsp_message import (
    HEAD_LIMIT,
    InterleavedFrame,
    Lower,
    Request,
    Response,
    Status,
    TransportOffer,
    parse_transport,
    read_message,
)


async def messages(data: bytes) -> list[Request | InterleavedFrame]:
    reader = asyncio.StreamReader(limit=HEAD_LIMIT)
    reader.feed_data(data)
    reader.feed_eof()
    found = []
    while (message := await read_message(reader)) is not None:
        found.append(message)
    return found


async def test_requests_and_binary_frames_may_follow_each_other() -> None:
    options = b"OPTIONS rtsp://host/north RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    asking = b"GET_PARAMETER * RTSP/1.0\r\ncseq:2\r\nContent-Length: 4\r\n\r\nping"
    frame = b"$\x01\x00\x03abc"
    first, second, third = await messages(options + frame + asking)
    assert isinstance(first, Request)
    assert (first.method, first.url.path, first.headers) == ("OPTIONS", "/north", {"cseq": "1"})
    assert second == InterleavedFrame(1, b"abc")
    assert isinstance(third, Request)
    assert (third.method, third.body, third.headers["cseq"]) == ("GET_PARAMETER", b"ping", "2")


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_messages_an_end_or_malformed(data: bytes, headed: bool) -> None:
    with suppress(Malformed):
        asyncio.run(messages(b"PLAY rtsp://h/n RTSP/1.0\r\n" * headed + data + b"\r\n\r\n"))


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"PLAY rtsp://[/ RTSP/1.0\r\n\r\n",
        b"PLAY * RTSP/1.0\r\nno colon\r\n\r\n",
        b"PLAY * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"PLAY * RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
        b"PLAY * RTSP/1.0\r\nSession: \xff\r\n\r\n",
        b"x" * (HEAD_LIMIT * 2),
    ],
)
async def test_what_is_no_request_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        await messages(data)


@pytest.mark.parametrize(
    ("header", "offer"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=2-3", TransportOffer(Lower.TCP, (2, 3))),
        ("RTP/AVP/TCP", TransportOffer(Lower.TCP, (0, 1))),
        ("RTP/AVP;unicast;client_port=5000-5001", TransportOffer(Lower.UDP, (5000, 5001))),
        ("RTP/AVP/UDP;client_port=5000;mode=play", TransportOffer(Lower.UDP, (5000, 5001))),
        (
            "RTP/AVP;multicast, RTP/SAVP;client_port=2-3, RTP/AVP;client_port=8-9",
            TransportOffer(Lower.UDP, (8, 9)),
        ),
        ("RTP/AVP;multicast;client_port=5000-5001", None),
        ("RTP/AVP;unicast", None),
        ("RTP/AVP;client_port=65535", None),
        ("RTP/AVP/TCP;interleaved=255-256", None),
        ('RTP/AVP/TCP;mode="RECORD"', None),
        ("", None),
    ],
)
def test_the_first_transport_that_can_be_served_is_taken(
    header: str, offer: TransportOffer | None
) -> None:
    assert parse_transport(header) == offer


def test_a_response_has_its_status_headers_and_length() -> None:
    response = Response(Status.OK, {"Public": "OPTIONS"}, b"v=0\r\n")
    assert response.encode("7") == (
        b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nPublic: OPTIONS\r\nContent-Length: 5\r\n\r\nv=0\r\n"
    )
    assert Response(Status.BAD_REQUEST).encode(None) == b"RTSP/1.0 400 Bad Request\r\n\r\n"
