"""RTSP 1.0 messages (RFC 2326): reading requests, writing responses."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from urllib.parse import SplitResult, urlsplit

from gateway.errors import Malformed

HEAD_LIMIT = 16 * 1024
"""Bytes a request's line and headers may have; the limit to give to the stream reader."""

_BODY_LIMIT = 64 * 1024
_REQUEST_LINE = re.compile(r"([!-~]+) ([!-~]+) RTSP/(\d\.\d)")
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


class Status(Enum):
    """The answers given (RFC 2326, 7.1.1)."""

    OK = (200, "OK")
    BAD_REQUEST = (400, "Bad Request")
    NOT_FOUND = (404, "Not Found")
    NOT_ACCEPTABLE = (406, "Not Acceptable")
    PARAMETER_NOT_UNDERSTOOD = (451, "Parameter Not Understood")
    SESSION_NOT_FOUND = (454, "Session Not Found")
    NOT_VALID_IN_THIS_STATE = (455, "Method Not Valid in This State")
    UNSUPPORTED_TRANSPORT = (461, "Unsupported Transport")
    NOT_IMPLEMENTED = (501, "Not Implemented")
    SERVICE_UNAVAILABLE = (503, "Service Unavailable")
    VERSION_NOT_SUPPORTED = (505, "RTSP Version Not Supported")
    OPTION_NOT_SUPPORTED = (551, "Option Not Supported")


@dataclass(frozen=True, slots=True)
class Request:
    """A request; names of headers are in lower case."""

    method: str
    url: SplitResult
    version: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class InterleavedFrame:
    """A binary frame between requests, such as a receiver report (RFC 2326, 10.12)."""

    channel: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """A response without the headers every response has."""

    status: Status
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def encode(self, cseq: str | None) -> bytes:
        """The bytes to send; `cseq` is the request's."""
        code, phrase = self.status.value
        headers = {"CSeq": cseq} if cseq is not None else {}
        headers |= self.headers
        if self.body:
            headers["Content-Length"] = str(len(self.body))
        lines = [f"RTSP/1.0 {code} {phrase}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + self.body


class Lower(Enum):
    """What carries RTP."""

    TCP = "RTP/AVP/TCP"
    UDP = "RTP/AVP"


@dataclass(frozen=True, slots=True)
class TransportOffer:
    """One way of receiving that a client offers: its two UDP ports, or two interleaved channels."""

    lower: Lower
    pair: tuple[int, int]


async def read_message(reader: asyncio.StreamReader) -> Request | InterleavedFrame | None:
    """The next message, or None at the end of the stream.

    Raises Malformed for what is none, after which no message can be found any more.
    """
    try:
        first = await reader.readexactly(1)
        if first == b"$":
            channel, high, low = await reader.readexactly(3)
            return InterleavedFrame(channel, await reader.readexactly(high << 8 | low))
        request = parse_head(first + await reader.readuntil(b"\r\n\r\n"))
        body = await reader.readexactly(_content_length(request))
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as error:
        raise Malformed("RTSP request", f"no end within {HEAD_LIMIT} bytes") from error
    return replace(request, body=body)


def parse_head(head: bytes) -> Request:
    """A request's line and headers, up to and with the empty line. Raises Malformed."""
    try:
        first, *lines = head.decode().strip("\r\n").split("\r\n")
    except UnicodeDecodeError as error:
        raise Malformed("RTSP request", "not UTF-8") from error
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise Malformed("RTSP request", f"{first[:80]!r} is not METHOD URL RTSP/1.0")
    try:
        url = urlsplit(line[2])
    except ValueError as error:
        raise Malformed("RTSP request", f"{line[2][:80]!r} is no URL") from error
    return Request(line[1], url, line[3], _parse_headers(lines))


def _parse_headers(lines: list[str]) -> dict[str, str]:
    headers = {}
    for header in lines:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise Malformed("RTSP request", f"{header[:80]!r} is not a header")
        headers[name.strip().lower()] = value.strip()
    return headers


def parse_transport(value: str) -> TransportOffer | None:
    """The first offer of a Transport header that can be served; None if there is none."""
    for offer in value.split(","):
        profile, *parameters = (part.strip() for part in offer.split(";"))
        given = {name: text for name, _, text in (part.partition("=") for part in parameters)}
        if "multicast" in given or given.get("mode", "PLAY").strip('"').upper() != "PLAY":
            continue
        if profile == "RTP/AVP/TCP":
            channels = _pair(given.get("interleaved", "0-1"), limit=0xFF)
            if channels is not None:
                return TransportOffer(Lower.TCP, channels)
        elif profile in {"RTP/AVP", "RTP/AVP/UDP"}:
            ports = _pair(given.get("client_port", ""), limit=0xFFFF)
            if ports is not None:
                return TransportOffer(Lower.UDP, ports)
    return None


def _pair(text: str, limit: int) -> tuple[int, int] | None:
    match = _PORTS.fullmatch(text)
    if match is None:
        return None
    first = int(match[1])
    second = int(match[2]) if match[2] else first + 1
    return (first, second) if second == first + 1 and second <= limit else None


def _content_length(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= _BODY_LIMIT):
        raise Malformed("RTSP request", f"Content-Length {text[:20]!r}")
    return int(text)
