"""What an RTSP server answers to one client's requests, and the session they make."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult

from gateway.model.clock import SECOND, Clock, Micros
from simulators.live_stream import Carrier, LiveStream, StreamFault, Viewer
from simulators.rtp import RtpSender, rtp_time
from simulators.rtp_carriers import Endpoint, InterleavedCarrier, UdpCarrier, UdpPair
from simulators.rtsp_message import (
    Lower,
    Request,
    Response,
    Status,
    TransportOffer,
    parse_transport,
)
from simulators.rtsp_session import Session
from simulators.sdp import TRACK, describe

_SESSION_METHODS = {"PLAY", "PAUSE", "TEARDOWN"}


@dataclass(frozen=True, slots=True)
class Service:
    """What all clients of a server share."""

    streams: Mapping[str, LiveStream]
    udp: UdpPair
    clock: Clock
    dice: random.Random
    session_timeout: Micros
    reader_timeout: Micros


class Responder:
    """One client's side of the service. `transport` is its connection, `peer` its address."""

    def __init__(self, service: Service, transport: asyncio.WriteTransport, peer: Endpoint) -> None:
        self._service = service
        self._transport = transport
        self._peer = peer
        self._session: Session | None = None
        self._methods: Mapping[str, Callable[[Request], Response]] = {
            "OPTIONS": self._options,
            "DESCRIBE": self._describe,
            "SETUP": self._set_up,
            "PLAY": self._play,
            "PAUSE": self._pause,
            "GET_PARAMETER": self._get_parameter,
            "TEARDOWN": self._tear_down,
        }

    def answer(self, request: Request) -> Response:
        """Do what is asked, if it can be done, and say so."""
        try:
            return self._answerer(request)(request)
        except _Declined as declined:
            return declined.response

    def receives_rtcp_at(self, source: Endpoint) -> bool:
        """Whether an RTCP datagram from there is this client's."""
        carrier = self._session.carrier if self._session else None
        return isinstance(carrier, UdpCarrier) and carrier.rtcp_target == source

    def end(self) -> None:
        """The client is gone, and its session with it."""
        if self._session is not None:
            self._session.stream.leave(self._session.viewer)
            self._session = None

    def _answerer(self, request: Request) -> Callable[[Request], Response]:
        """What answers the request, when nothing is wrong with it for any method."""
        if request.version != "1.0":
            raise _Declined(Status.VERSION_NOT_SUPPORTED)
        if not request.headers.get("cseq", "").isdecimal():
            raise _Declined(Status.BAD_REQUEST)
        if request.method not in self._methods:
            raise _Declined(Status.NOT_IMPLEMENTED)
        required = request.headers.get("require")
        if required is not None:
            raise _Declined(Status.OPTION_NOT_SUPPORTED, {"Unsupported": required})
        self._check_session(request)
        return self._methods[request.method]

    def _check_session(self, request: Request) -> None:
        named = request.headers.get("session", "").partition(";")[0].strip()
        if named and (self._session is None or named != self._session.id):
            raise _Declined(Status.SESSION_NOT_FOUND)
        if not named and request.method in _SESSION_METHODS:
            raise _Declined(Status.SESSION_NOT_FOUND)

    def _options(self, _request: Request) -> Response:
        return Response(Status.OK, {"Public": ", ".join(self._methods)})

    def _describe(self, request: Request) -> Response:
        stream = self._stream(request.url)
        accepted = request.headers.get("accept", "application/sdp")
        if not any(kind in accepted for kind in ("application/sdp", "*/*", "application/*")):
            raise _Declined(Status.NOT_ACCEPTABLE)
        headers = {"Content-Base": _base(request.url, stream), "Content-Type": "application/sdp"}
        return Response(Status.OK, headers, describe(stream))

    def _set_up(self, request: Request) -> Response:
        stream = self._stream(request.url)
        offer = parse_transport(request.headers.get("transport", ""))
        if offer is None:
            raise _Declined(Status.UNSUPPORTED_TRANSPORT)
        if self._session is not None and not self._session.allows("SETUP"):
            raise _Declined(Status.NOT_VALID_IN_THIS_STATE)
        carrier, told = self._carrier(offer)
        dice = self._service.dice
        sender = RtpSender(dice.getrandbits(32), dice.getrandbits(16), stream.name)
        viewer = Viewer(carrier, sender, self._service.reader_timeout)
        session_id = self._session.id if self._session else f"{dice.getrandbits(64):016x}"
        self._session = Session(session_id, stream, carrier, viewer)
        headers = {"Transport": f"{told};ssrc={sender.ssrc:08X}"}
        return Response(Status.OK, headers | self._session_header(self._session))

    def _play(self, request: Request) -> Response:
        stream = self._stream(request.url)
        session = self._moved("PLAY")
        track, sequence = _base(request.url, stream) + TRACK, session.viewer.sender.next_sequence
        info = f"url={track};seq={sequence};rtptime={rtp_time(self._service.clock())}"
        headers = {"Range": "npt=now-", "RTP-Info": info}
        return Response(Status.OK, headers | self._session_header(session))

    def _pause(self, _request: Request) -> Response:
        return Response(Status.OK, self._session_header(self._moved("PAUSE")))

    def _get_parameter(self, request: Request) -> Response:
        """Without a parameter it only says that the client lives (RFC 2326, 10.8)."""
        if request.body.strip():
            raise _Declined(Status.PARAMETER_NOT_UNDERSTOOD)
        return Response(Status.OK, self._session_header(self._session) if self._session else {})

    def _tear_down(self, _request: Request) -> Response:
        session = self._moved("TEARDOWN")
        self._session = None
        return Response(Status.OK, self._session_header(session))

    def _moved(self, method: str) -> Session:
        """The session, after the method's step."""
        if self._session is None:
            raise _Declined(Status.SESSION_NOT_FOUND)
        self._session.move(method)
        return self._session

    def _stream(self, url: SplitResult) -> LiveStream:
        stream = self._service.streams.get(url.path.removesuffix(TRACK).strip("/"))
        if stream is None:
            raise _Declined(Status.NOT_FOUND)
        if stream.fault is StreamFault.REFUSE:
            raise _Declined(Status.SERVICE_UNAVAILABLE)
        return stream

    def _carrier(self, offer: TransportOffer) -> tuple[Carrier, str]:
        """The way to the client, and the Transport header that tells of it."""
        first, second = offer.pair
        told = f"{offer.lower.value};unicast;"
        if offer.lower is Lower.TCP:
            carrier = InterleavedCarrier(self._transport, first)
            return carrier, f"{told}interleaved={first}-{second}"
        udp = self._service.udp
        told += f"client_port={first}-{second};server_port={udp.ports[0]}-{udp.ports[1]}"
        return UdpCarrier(udp, self._peer[0], offer.pair, self._transport), told

    def _session_header(self, session: Session) -> dict[str, str]:
        return {"Session": f"{session.id};timeout={self._service.session_timeout // SECOND}"}


class _Declined(Exception):
    """The request is answered so, and nothing else happens."""

    def __init__(self, status: Status, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.response = Response(status, headers or {})


def _base(url: SplitResult, stream: LiveStream) -> str:
    """The stream's URL, with a slash so that the track's can follow, and without credentials."""
    return f"rtsp://{url.netloc.rpartition('@')[2]}/{stream.name}/"
